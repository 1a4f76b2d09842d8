"""The student's CSV: which of its rows are used, what is known of them, and what is said of the others."""

import csv
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from shards.emotions import KOREAN
from shards.errors import CallError, DataError
from shards.geometry import Box, place_crop
from tests.trees import HEIGHT, WIDTH, make_jpeg
from trainer.data import check_apart, check_moods, open_split
from trainer.frames import list_frames

VIDEOS = {"20201028_cat-arch-000156.mp4": 5, "dog-walkrun-000001": 7, "사진": 2}
HEAD = ["image_path", "bbox", "labels"]


def write_csv(path: Path, rows: list, head: list[str] = HEAD, encoding: str = "utf-8") -> Path:
    with open(path, "w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([head, *rows])
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory) -> Path:
    """A folder of videos, each a folder of JPEGs."""
    root = tmp_path_factory.mktemp("images")
    for video, frames in VIDEOS.items():
        (root / video).mkdir()
        for number in range(frames):
            (root / video / f"frame_{number}.jpg").write_bytes(make_jpeg(number))
    size = HEIGHT.to_bytes(2) + WIDTH.to_bytes(2)
    (root / "huge.jpg").write_bytes(make_jpeg(0).replace(size, b"\x7f\xff\x7f\xff"))
    return root


def rows_of(images: Path) -> list[list]:
    return [
        [f"{video}/frame_{number}.jpg", f"{40 + number},60,100,150", label]
        for label, (video, frames) in enumerate(VIDEOS.items())
        for number in range(frames)
    ]


def test_rows_as_the_student_wrote_them(images):
    rows = rows_of(images)
    frames = list_frames(write_csv(images / "plain.csv", rows))
    assert [Path(path).relative_to(images).as_posix() for path in frames.paths] == [row[0] for row in rows]
    assert frames.labels.tolist() == [row[2] for row in rows] and frames.labels.dtype == np.int64
    assert (frames.sizes == [WIDTH, HEIGHT]).all()
    assert frames.crops[3].tolist() == list(place_crop(Box(60, 43, 150, 100), WIDTH, HEIGHT, 1.1))
    assert frames.video_names == tuple(VIDEOS) and frames.passed_over == {}
    assert np.bincount(frames.videos).tolist() == list(VIDEOS.values())
    assert [frames.species[place] for place in (0, 5, 12)] == ["CAT", "DOG", ""]


def test_a_place_in_its_video_hangs_on_the_frame_alone(images):
    rows = rows_of(images)
    frames = list_frames(write_csv(images / "plain.csv", rows))
    turned = list_frames(write_csv(images / "turned.csv", rows[::-1]))
    for video, count in enumerate(VIDEOS.values()):
        index = frames.video_index[frames.videos == video]
        assert sorted(index) == list(range(count)) and set(frames.video_count[frames.videos == video]) == {count}
    assert (frames.video_index == turned.video_index[::-1]).all()
    assert frames.video_index[:12].tolist() != [*range(5), *range(7)]


@pytest.mark.parametrize(
    ("path", "bbox", "label", "expected"),
    [
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "5", 5),
        ("dog-walkrun-000001/frame_0.jpg", " 40, 60,100 ,150", " 0", 0),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "편안/안정", 3),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", unicodedata.normalize("NFD", "공격성"), 4),
        ("dog-walkrun-000001/../사진/frame_0.jpg", f"0,0,{HEIGHT},{WIDTH}", "2", 2),  # touching the border is inside
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "6", "label_unknown"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "-1", "label_unknown"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "기쁨", "label_unknown"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150", "", "label_unknown"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100", "3", "box_invalid"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,150,7", "3", "box_invalid"),
        ("dog-walkrun-000001/frame_0.jpg", "40.5,60,100,150", "3", "box_invalid"),
        ("dog-walkrun-000001/frame_0.jpg", "", "3", "box_invalid"),
        ("dog-walkrun-000001/frame_0.jpg", "-1,60,100,150", "3", "box_negative"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,100,-150", "3", "box_negative"),
        ("dog-walkrun-000001/frame_0.jpg", "40,60,0,150", "3", "box_empty"),
        ("dog-walkrun-000001/frame_0.jpg", f"40,60,{HEIGHT - 39},150", "3", "box_outside"),
        ("dog-walkrun-000001/frame_0.jpg", f"40,{WIDTH - 149},100,150", "3", "box_outside"),
        ("dog-walkrun-000001/frame_99.jpg", "40,60,100,150", "3", "image_missing"),
        ("dog-walkrun-000001", "40,60,100,150", "3", "image_missing"),
        ("plain.csv", "40,60,100,150", "3", "image_unreadable"),
        ("huge.jpg", "40,60,100,150", "3", "image_unreadable"),  # 1 gigapixel, by its header
    ],
)
def test_one_odd_row(images, capsys, path, bbox, label, expected):
    good = ["사진/frame_1.jpg", "1,1,20,20", "1"]
    frames = list_frames(write_csv(images / "odd.csv", [good, [path, bbox, label]]))
    if isinstance(expected, int):
        assert frames.labels.tolist() == [1, expected] and not frames.passed_over
        assert capsys.readouterr().err == ""
    else:
        assert frames.labels.tolist() == [1] and frames.passed_over == {expected: 1}
        told = capsys.readouterr().err
        assert "1 of 2 rows passed over" in told and f"{expected} 1 (line 3: " in told


def test_other_columns_blank_lines_absolute_paths_and_a_byte_order_mark(images, tmp_path):
    image = str(images / "사진" / "frame_0.jpg")
    rows = [["강아지", "1,1,20,20", "1", image], [], ["", "1,1,20,x", "1", image]]
    path = write_csv(tmp_path / "other.csv", rows, ["메모", "bbox", "labels", "image_path"], "utf-8-sig")
    frames = list_frames(path)
    assert frames.paths.tolist() == [image] and frames.passed_over == {"box_invalid": 1}
    assert frames.video_names == (str(images / "사진"),)


def test_examples_are_few_and_named_by_their_lines(images, capsys):
    rows = [*rows_of(images)[:2], [], *([f"none/{i}.jpg", "1,1,20,20", "1"] for i in range(9))]
    list_frames(write_csv(images / "many.csv", rows))
    told = capsys.readouterr().err
    assert "9 of 11 rows" in told and "image_missing 9 (line 5: 'none/0.jpg'" in told and "none/3.jpg" not in told


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        (None, CallError, "does not exist"),
        (b"", DataError, "is empty"),
        (b"image_path,labels\na.jpg,1\n", DataError, "has no column bbox"),
        (b"image_path,bbox,labels\n", DataError, "none of its 0 rows"),
        (b'image_path,bbox,labels\na.jpg,"1,1,2,2",1\n', DataError, "none of its 1 rows .* image_missing 1"),
        (b"image_path,bbox,labels\na.jpg,1,1,2,2,1\n", DataError, "each bbox within quotes"),
        ("image_path,bbox,labels\n고양이.jpg".encode("cp949"), DataError, "no CSV in UTF-8"),
        (b'image_path,bbox,labels\na.jpg,"1,1,2,2,1\n', DataError, "no CSV in UTF-8"),
    ],
)
def test_a_csv_that_is_of_no_use(tmp_path, data, error, message):
    path = tmp_path / "list.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(error, match=message) as raised:
        open_split(path, "train")
    assert str(path) in str(raised.value)


def test_what_training_and_validation_may_not_share(images, tmp_path):
    rows = rows_of(images)
    cats, dogs = rows[:5], rows[5:]
    train = open_split(write_csv(images / "dogs.csv", dogs), "train")
    check_apart(train, open_split(write_csv(images / "cats.csv", cats), "val"))
    far = [[str(images / path), *rest] for path, *rest in dogs[7:]]
    for path in (write_csv(images / "both.csv", cats + dogs[:1]), write_csv(tmp_path / "far.csv", far)):
        with pytest.raises(DataError, match=r"1 videos are in .*dogs.csv .*(dog-walkrun-000001|사진)"):
            check_apart(train, open_split(path, "val"))
    with pytest.raises(DataError, match="2 videos"):
        check_apart(train, open_split(images / "dogs.csv", "val"))


def test_one_mood_alone_teaches_nothing(images):
    with pytest.raises(DataError, match=f"all 5 frames are {KOREAN[0]}"):
        check_moods(open_split(write_csv(images / "cats.csv", rows_of(images)[:5]), "train"))
    check_moods(open_split(write_csv(images / "all.csv", rows_of(images)), "train"))
