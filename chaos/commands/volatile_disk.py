"""A disk with a volatile cache, a file in a FUSE file system: python -m chaos.commands.volatile_disk IMAGE PLACE

PLACE/disk is the disk, with the contents of IMAGE at first. What is written to it stays in its cache until it is
synced, which a loop device above it does for each flush of its file system. `--lies` syncs nothing and says it has.

Each line on stdin is a cut of the power, as JSON with the fields of PowerCut: what the disk would hold then is written
to its path. All that was synced is in it; of the rest each block is there by chance, the others are as they were.
A cut after so many writes is made when they have come; one without a number is made at once, and is answered by a line
with the counts of all cuts that were made: an object by their paths. When stdin ends, it ends as soon as nothing uses
the disk any more.
"""

import argparse
import errno
import json
import os
import random
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import mfusepy

_DISK = "/disk"


class PowerCut(NamedTuple):
    """When the power goes, and what is left then."""

    copy: str  # a path for what the disk then holds
    seed: int
    share: float  # the chance of an unsynced block to be there
    after_writes: int | None = None  # None: now


class VolatileDisk(mfusepy.Operations):
    """The file system: one file, whose writes reach `image` when they are synced."""

    use_ns = True

    def __init__(self, image: Path, lies: bool):
        self._image, self._lies = image, lies
        self._stable = os.open(image, os.O_RDWR)
        # What the file system above reads: all writes. A sparse copy, for an image is mostly empty.
        current = image.with_name(f"{image.name}.current")
        subprocess.run(["cp", "--sparse=always", str(image), str(current)], check=True)
        self._current = os.open(current, os.O_RDWR)
        current.unlink()
        self._pending: list[tuple[int, bytes]] = []  # offset and bytes of each write since the last sync
        self._lock = threading.Lock()
        self._writes = self._flushes = 0
        self._planned: dict[int, PowerCut] = {}  # by the number of writes
        self._made: dict[str, dict[str, int]] = {}  # what was counted at each cut, by its path

    @mfusepy.overrides(mfusepy.Operations)
    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """The attributes of the folder or of the disk."""
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o700, "st_nlink": 2}
        if path != _DISK:
            raise mfusepy.FuseOSError(errno.ENOENT)
        return {"st_mode": stat.S_IFREG | 0o600, "st_nlink": 1, "st_size": os.fstat(self._current).st_size}

    @mfusepy.overrides(mfusepy.Operations)
    def readdir(self, path: str, fh: int) -> list[str]:
        """The names in the folder."""
        return [".", "..", _DISK[1:]]

    @mfusepy.overrides(mfusepy.Operations)
    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Bytes as they were last written, synced or not."""
        return os.pread(self._current, size, offset)

    @mfusepy.overrides(mfusepy.Operations)
    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """Take a write into the cache."""
        with self._lock:
            os.pwrite(self._current, data, offset)
            self._pending.append((offset, data))
            self._writes += 1
            if cut := self._planned.pop(self._writes, None):
                self._cut(cut)
        return len(data)

    @mfusepy.overrides(mfusepy.Operations)
    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Move the cache to the image."""
        with self._lock:
            self._flushes += 1
            if not self._lies:
                for offset, data in self._pending:
                    os.pwrite(self._stable, data, offset)
                self._pending.clear()
        return 0

    def take(self, cut: PowerCut) -> dict[str, dict[str, int]]:
        """Plan a cut, or make it now. Returns what was counted at each cut so far, by its path."""
        with self._lock:  # no write begins or ends meanwhile: this is one instant
            if cut.after_writes is None:
                self._cut(cut)
            else:
                self._planned[cut.after_writes] = cut
            return dict(self._made)

    def _cut(self, cut: PowerCut) -> None:
        """Write what is left to `cut.copy`: the unsynced blocks that chance keeps come in any order."""
        chance = random.Random(cut.seed)
        block = chance.choice((512, 4096))
        blocks = [
            (offset + start, data[start : start + block])
            for offset, data in self._pending
            for start in range(0, len(data), block)
        ]
        kept = [each for each in blocks if chance.random() < cut.share]
        chance.shuffle(kept)
        subprocess.run(["cp", "--sparse=always", str(self._image), cut.copy], check=True)
        with open(cut.copy, "r+b") as file:
            for offset, data in kept:
                file.seek(offset)
                file.write(data)
        counts = {"unsynced_blocks": len(blocks), "dropped_blocks": len(blocks) - len(kept)}
        self._made[cut.copy] = counts | {"writes": self._writes, "flushes": self._flushes}


def _take_requests(disk: VolatileDisk, place: str) -> None:
    for line in sys.stdin:
        cut = PowerCut(**json.loads(line))
        print(json.dumps(disk.take(cut)), flush=True)
    subprocess.run(["umount", "--lazy", place], check=True)


def main() -> None:
    """Serve the disk until it is unmounted."""
    parser = argparse.ArgumentParser(prog="python -m chaos.commands.volatile_disk", description=__doc__.splitlines()[0])
    parser.add_argument("image", type=Path, metavar="IMAGE", help="what the disk holds; it is written to")
    parser.add_argument("place", metavar="PLACE", help="an empty folder")
    parser.add_argument("--lies", action="store_true", help="sync nothing, and say it has been")
    options = parser.parse_args()
    disk = VolatileDisk(options.image.absolute(), options.lies)
    threading.Thread(target=_take_requests, args=(disk, options.place), daemon=True).start()
    # One thread, so that a sync comes after every write that had returned before it.
    mfusepy.FUSE(disk, options.place, foreground=True, nothreads=True, fsname="volatile_disk")


if __name__ == "__main__":
    main()
