"""A sample in the forms in which AI Hub hands out its data: zips, their pieces, and a tar that holds both.

The archives lie and are named as in the real delivery: one for each species and action, named by the action alone, so
that their names repeat over species, kinds and splits. An archive CAT/ARCH.zip stands for the folder CAT/ARCH/.
"""

import shutil
import tarfile
import unicodedata
from collections.abc import Container, Iterator
from pathlib import Path

from tools.sample.video_plans import VideoPlan
from tools.sample.zip_writer import ZipMember, encode_member_name, write_zip

SAMPLE_FORMS = ("folders", "zips", "pieces", "tar")

_DELIVERY = "123.반려동물 구분을 위한 동물 영상 데이터셋(종류 구분, 행동 구분)/01.데이터"
_SPLITS = {"Training": "1.Training", "Validation": "2.Validation"}
_ARCHIVES = "*/*/*/*/*/*"  # the folders that become archives: delivery, data, split, kind, species, action
_PART_OF_SORTED = 9  # the number of the parts whose files the folders' form sorts by species and action
_JUNK = "__MACOSX"
_LEAST_PIECES = 11  # of the largest archive: from the eleventh on, the pieces' names sort in another order as text


def find_delivery_path(path: str, plan: VideoPlan) -> str:
    """The path of a video's file in an unpacked delivery; `path` is the file's in the folders' form."""
    junk, path = path.startswith(f"{_JUNK}/"), path.removeprefix(f"{_JUNK}/")
    split, kind, *rest = path.split("/")
    species, action = plan.animal.species, plan.action_code
    if rest[:2] == [species, action]:
        rest = rest[2:]
    word, _, part = kind.partition("_")
    folder = f"{unicodedata.normalize('NFC', word)}_{int(part or _PART_OF_SORTED):02d}"
    inside = [_JUNK, word] if junk else [word]  # macOS puts its files into the archive itself
    return "/".join([_DELIVERY, _SPLITS[split], folder, species, action, *inside, *rest])


def pack_delivery(root: Path, form: str) -> None:
    """Pack an unpacked delivery below `root` into one of the forms but the first, and remove what was packed."""
    archives = []
    for number, folder in enumerate(sorted(root.glob(_ARCHIVES))):
        archives.append(folder.with_name(f"{folder.name}.zip"))
        pack_folder(folder, archives[-1], in_utf8=number % 3 == 2)
        shutil.rmtree(folder)
    length = choose_piece_length(max(archive.stat().st_size for archive in archives))
    for archive in archives if form in ("pieces", "tar") else ():
        if form == "pieces" or archive.stat().st_size > length:
            cut_into_pieces(archive, length)
    if form == "tar":
        folders = list(root.iterdir())
        pack_tar(root, root / "download.tar")
        for folder in folders:
            shutil.rmtree(folder)


def pack_folder(
    folder: Path, archive: Path, in_utf8: bool = False, deflated: Container[str] = frozenset({".json"})
) -> None:
    """Pack all files below a folder into a zip; those with a suffix in `deflated` are made smaller. Names are in CP949
    without a flag, or in UTF-8.
    """
    with open(archive, "xb") as file:
        write_zip(file, _read_members(folder, in_utf8, deflated))


def _read_members(folder: Path, in_utf8: bool, deflated: Container[str]) -> Iterator[ZipMember]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name, is_flagged = encode_member_name(path.relative_to(folder).as_posix(), in_utf8)
            yield ZipMember(name, is_flagged, path.read_bytes(), path.suffix in deflated)


def choose_piece_length(largest: int) -> int:
    """The length of pieces, a power of two, for archives of at most `largest` bytes."""
    return 1 << max(1, largest // _LEAST_PIECES).bit_length() - 1


def cut_into_pieces(archive: Path, length: int) -> None:
    """Replace an archive by pieces of `length` bytes, each named by its first byte in the archive."""
    with open(archive, "rb") as file:
        for start in range(0, archive.stat().st_size, length):
            archive.with_name(f"{archive.name}.part{start}").write_bytes(file.read(length))
    archive.unlink()


def pack_tar(folder: Path, tar: Path) -> None:
    """Pack all files below a folder into a tar of the kind that GNU tar writes; the same files give the same bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    with tarfile.open(tar, "x", format=tarfile.GNU_FORMAT, encoding="utf-8", errors="surrogateescape") as archive:
        for path in paths:
            header = tarfile.TarInfo(path.relative_to(folder).as_posix())
            header.size = path.stat().st_size
            with open(path, "rb") as file:
                archive.addfile(header, file)
