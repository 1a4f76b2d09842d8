"""What somebody has who unpacks a delivery: by tarfile, zipfile and a join of the pieces, none of our readers."""

import shutil
import tarfile
import zipfile
from pathlib import Path


def unpack_delivery(delivery: Path, folder: Path) -> Path:
    """Unpack tars where they lie, join pieces, and unpack each zip into the folder that it stands for."""
    shutil.copytree(delivery, folder)
    for path in list(folder.rglob("*.tar")):
        with tarfile.open(path) as tar:
            tar.extractall(path.parent, filter="data")
        path.unlink()
    for first in list(folder.rglob("*.zip.part0")):
        join_pieces_of(first.with_suffix(""))
    for path in list(folder.rglob("*.zip")):
        with zipfile.ZipFile(path, metadata_encoding="cp949") as archive:
            archive.extractall(path.with_suffix(""))
        path.unlink()
    return folder


def join_pieces_of(archive: Path) -> None:
    """Join the pieces of an archive in the order of their numbers, and remove them."""
    pieces = list_pieces_of(archive)
    archive.write_bytes(b"".join(piece.read_bytes() for piece in pieces))
    for piece in pieces:
        piece.unlink()


def list_pieces_of(archive: Path) -> list[Path]:
    """The pieces of an archive in the order of their numbers."""
    start = f"{archive.name}.part"
    pieces = [path for path in archive.parent.iterdir() if path.name.startswith(start)]
    return sorted(pieces, key=lambda path: int(path.name.removeprefix(start)))
