"""A tree of labels and frames in each form in which it may be delivered."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

from tests.preprocess.archives.tars import make_tar
from tests.preprocess.archives.zips import make_zip
from tests.trees import write_video


def write_pets(root: Path, parts: Iterable[str]) -> Path:
    """Write a cat's and a dog's video into each of AI Hub's parts, such as Training/CAT; returns `root`."""
    for number, part in enumerate(parts):
        write_video(root, f"cat-arch-00000{number}", 4, part=f"01.데이터/{part}")
        write_video(root, f"20201028_dog-sit-00000{number}.mp4", 3, part=f"01.데이터/{part}")
    return root


def zip_folder(folder: Path, method: int = zipfile.ZIP_STORED, encoding: str = "cp949") -> bytes:
    """A zip of what lies in a folder; its names have no UTF-8 flag, as those of Korean Windows."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return make_zip({str(path.relative_to(folder)).encode(encoding): path.read_bytes() for path in files}, method)


def zip_tree(tree: Path, method: int = zipfile.ZIP_STORED) -> dict[str, bytes]:
    """A zip for each folder that holds folders of frames or labels, by its path."""
    folders = sorted({path.parent if path.suffix == ".json" else path.parent.parent for path in list_files(tree)})
    return {f"{folder.relative_to(tree)}.zip": zip_folder(folder, method) for folder in folders}


def list_files(tree: Path) -> list[Path]:
    return [path for path in tree.rglob("*") if path.is_file()]


def cut_into_pieces(zips: dict[str, bytes], length: int) -> dict[str, bytes]:
    """AI Hub's pieces of each zip."""
    return {
        f"{name}.part{start}": data[start : start + length]
        for name, data in zips.items()
        for start in range(0, len(data), length)
    }


def write_files(root: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return root


def deliver_tree(tree: Path, root: Path, form: str) -> Path:
    """The source that a tree becomes, below `root`."""
    zips = zip_tree(tree, zipfile.ZIP_DEFLATED if form == "deflated" else zipfile.ZIP_STORED)
    pieces = cut_into_pieces(zips, max(map(len, zips.values())) // 12 + 1)
    if form in ("stored", "deflated"):
        return write_files(root, zips)
    if form == "pieces":
        return write_files(root, pieces)
    tar = make_tar(zips if form == "tar of zips" else pieces)
    root = write_files(root, {"download.tar": tar})
    return root / "download.tar" if form == "tar as source" else root


FORMS = ("stored", "deflated", "pieces", "tar of zips", "tar of pieces", "tar as source")


def flip(data: bytes, places: Iterable[int]) -> bytes:
    """The bytes with one bit flipped at each of some places."""
    flipped = bytearray(data)
    for place in places:
        flipped[place] ^= 1
    return bytes(flipped)
