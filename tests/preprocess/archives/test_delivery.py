import os
import unicodedata
import zipfile
from pathlib import Path

import pytest

from preprocess.archives.byte_source import ByteSource
from preprocess.archives.delivery import Archive, ArchiveFile, Delivery, explain_fault, open_delivery
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.sources.path_names import decode_name
from tests.preprocess.archives.tars import make_tar
from tests.preprocess.archives.test_pieces import ARCHIVE, FRAMES, join_as_text
from tests.preprocess.archives.zips import list_source, make_zip, read_all

LENGTH = 9000
PIECES = {f"ARCH.zip.part{start}": ARCHIVE[start : start + LENGTH] for start in range(0, len(ARCHIVE), LENGTH)}
OTHER = make_zip({"a.json": b"{}"})


def deliver(root: Path, files: dict[str, bytes]) -> Delivery:
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    return open_folder(root)


def open_folder(root: Path) -> Delivery:
    found = sorted(os.fsencode(path) for path in root.rglob("*") if path.is_file())
    return open_delivery(
        [ArchiveFile(0, decode_name(os.path.relpath(path, os.fsencode(root))), path) for path in found]
    )


def only(delivery: Delivery) -> Archive:
    assert delivery.problems == [] and len(delivery.archives) == 1
    return delivery.archives[0]


def pick(first: int, stop: int | None = None) -> dict[str, bytes]:
    return dict(list(PIECES.items())[first:stop])


def in_folder(folder: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": data for name, data in files.items()}


@pytest.mark.parametrize(
    "files",
    [
        {"고양이/ARCH.zip": ARCHIVE},
        in_folder("고양이", PIECES),
        {"고양이/download.tar": make_tar({"ARCH.zip": ARCHIVE})},
        {"download.tar": make_tar({"./고양이/ARCH.zip": ARCHIVE})},
        {"download.tar": make_tar(in_folder("고양이", PIECES))},
        in_folder("고양이", pick(0, 3)) | {"download.tar": make_tar(in_folder("고양이", pick(3)))},
        {f"{n}.tar": make_tar(in_folder("고양이", pick(n, n + 5))) for n in range(0, len(PIECES), 5)},
        {"1.tar": make_tar(in_folder("고양이", PIECES)), "2.tar": make_tar(in_folder("고양이", PIECES))},
        {"고양이/arch.ZIP.PART0": ARCHIVE},
    ],
    ids=[
        "zip",
        "pieces",
        "tar",
        "tar above",
        "pieces in a tar",
        "partly in a tar",
        "three tars",
        "two tars",
        "capitals",
    ],
)
def test_every_form_of_one_archive(tmp_path, files):
    archive = only(deliver(tmp_path, files))
    assert archive.folder.upper() == "고양이/ARCH" and archive.relative.upper() == "고양이/ARCH.ZIP"
    for copy in archive.copies:
        assert read_all(copy) == FRAMES


def test_the_order_of_copies(tmp_path):
    """A file before its pieces, both before a tar's; the pieces of the disk before those of tars."""
    tar = make_tar({"ARCH.zip": ARCHIVE} | PIECES)
    copies = only(deliver(tmp_path, {"ARCH.zip": ARCHIVE, "download.tar": tar} | PIECES)).copies

    def name(copy: ByteSource) -> tuple[str, int]:
        return os.path.basename(copy.parts[0].path.decode()), len(copy.parts)

    zips, pieces = ("ARCH.zip", 1), ("ARCH.zip.part0", len(PIECES))
    assert list(map(name, copies)) == [zips, pieces, ("download.tar", len(PIECES)), ("download.tar", 1)]


def test_a_whole_tar_makes_up_for_pieces_that_are_cut_short(tmp_path):
    short = pick(0, 4) | {"ARCH.zip.part36000": b"x"}
    archive = only(deliver(tmp_path, short | {"download.tar": make_tar(PIECES)}))
    assert [read_all(copy) for copy in archive.copies] == [FRAMES] * len(archive.copies)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (pick(1), "a piece is missing or cut short: from byte 0 to 9,000 (the first piece); download it again"),
        (pick(0, 4) | pick(6), "from byte 36,000 to 54,000 (after ARCH.zip.part27000); download it again"),
        (PIECES | {"ARCH.zip.part09000": b"x"}, "ARCH.zip.part09000 and ARCH.zip.part9000 are the same piece; remove"),
        (PIECES | {"ARCH.zip.part9000": b"x" * 9001}, "part9000 reaches to byte 18,001, beyond the beginning of"),
        (pick(0, 2) | {"a.tar": make_tar(pick(5))}, "from byte 18,000 to 45,000 (after ARCH.zip.part9000)"),
    ],
)
def test_what_is_wrong_with_pieces_is_said_once(tmp_path, files, message):
    delivery = deliver(tmp_path, files)
    assert delivery.archives == [] and len(delivery.problems) == 1
    assert delivery.problems[0].startswith("ARCH.zip: ") and message in delivery.problems[0]


def explain(delivery: Delivery) -> str:
    archive = only(delivery)
    with pytest.raises(DamagedArchive) as caught:
        list_source(archive.copies[0])
    return explain_fault(archive, archive.copies[0], caught.value)


def test_the_last_piece_is_missing(tmp_path):
    last = list(PIECES)[-2]
    assert explain(deliver(tmp_path, pick(0, -1))) == (
        f"ARCH.zip: {last} is cut short, or pieces after it are missing; download them"
    )


def test_a_zip_that_is_cut_short(tmp_path):
    message = "CAT/ARCH.zip: its end is missing, so it is cut short or no zip; download it again"
    assert explain(deliver(tmp_path, {"CAT/ARCH.zip": ARCHIVE[:-1]})) == message


def test_a_zip_that_was_joined_in_text_order(tmp_path):
    message = explain(deliver(tmp_path, {"ARCH.zip": join_as_text(ARCHIVE, LENGTH)}))
    assert message.startswith("ARCH.zip: its pieces were joined in the order of their names as text; join them in ")


def test_advice_that_is_there_is_not_doubled(tmp_path):
    data = bytearray(make_zip({"a.json": b"{}"}, zipfile.ZIP_STORED))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    message = explain(deliver(tmp_path, {"ARCH.zip": bytes(data)}))
    assert message == "ARCH.zip: a.json in it is encrypted; unpack it with its password"


def test_a_tar_that_is_cut_short_names_what_is_whole(tmp_path):
    names = [f"{n}.zip" for n in range(8)]
    tar = make_tar([*((name, OTHER) for name in names), ("고양이.zip", OTHER)])
    stop = tar.rindex(b"PK\x05\x06")
    delivery = deliver(tmp_path, {"CAT/download.tar": tar[: stop - 5]})
    assert delivery.problems == [
        "CAT/download.tar: it was cut short: 27 bytes of 고양이.zip are missing; download it again "
        "(whole in it: 0.zip, 1.zip, 2.zip, 3.zip, 4.zip and 3 more)"
    ]
    assert [archive.relative for archive in delivery.archives] == [f"CAT/{name}" for name in names]
    assert deliver(tmp_path, {"CAT/download.tar": b""}).problems[0].endswith("(whole in it: nothing)")


def test_hostile_members_of_a_tar(tmp_path):
    names = ["../out.zip", "/etc/a.zip", "a/../../b.zip", "C:\\a.zip"]
    delivery = deliver(tmp_path, {"a.tar": make_tar(dict.fromkeys(names, OTHER) | {"ok.zip": OTHER})})
    shown = [name.replace("\\", "/") for name in names]
    assert delivery.problems == [f"a.tar: {name} in it leads out of the tar; remove it" for name in shown]
    assert [archive.relative for archive in delivery.archives] == ["ok.zip"]


def test_what_a_tar_holds_besides_archives(tmp_path):
    members = ["inner.tar", "b/c.txt", "README", "._ARCH.zip", "__MACOSX/x.zip", "a.json", "1", "2", "3"]
    delivery = deliver(tmp_path, {"a.tar": make_tar(dict.fromkeys(members, b"x"))})
    assert delivery == Delivery([], [], ["a.tar: inner.tar", "a.tar: b/c.txt, README, a.json, 1, 2 and 1 more"])


def test_two_members_of_one_name_in_a_tar(tmp_path):
    delivery = deliver(tmp_path, {"a.tar": make_tar([("a.zip", OTHER), ("b.zip", OTHER), ("a.zip", ARCHIVE)])})
    assert delivery.problems == ["a.tar: it holds two members of one name: a.zip; remove one of them"]
    twice = deliver(tmp_path, {"a.tar": make_tar([*PIECES.items(), *PIECES.items()])})
    assert twice.problems == ["ARCH.zip: ARCH.zip.part0 and ARCH.zip.part0 are the same piece; remove one of them"]


def test_names_that_differ_in_their_form_are_two_archives(tmp_path):
    """As where a folder was copied from macOS over itself; a disk holds both."""
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "고양이.zip")).write_bytes(OTHER)
    assert [archive.relative for archive in open_folder(tmp_path).archives] == ["고양이.zip"] * 2


def test_files_that_cannot_be_opened(tmp_path):
    (tmp_path / "folder.zip").mkdir()
    paths = {name: os.fsencode(tmp_path / name) for name in ("gone.zip", "gone.tar", "folder.zip")}
    delivery = open_delivery([ArchiveFile(0, name, path) for name, path in paths.items()])
    assert delivery.archives == [] and [line.split(";")[0] for line in delivery.problems] == [
        "folder.zip: it cannot be read (not a regular file)",
        "gone.tar: it cannot be read (No such file or directory)",
        "gone.zip: it cannot be read (No such file or directory)",
    ]
