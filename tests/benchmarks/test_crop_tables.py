"""The job `crops`: the check finds a way that lost a frame, made another size, or cut at another box."""

import json

import cv2
import numpy as np
import pytest

from benchmarks.preprocess import list_crops
from benchmarks.side_by_side.linked_tree import link_copies
from benchmarks.side_by_side.tables.crops import find_wrong_crops
from benchmarks.ways.crops.listed_frames import cut_by_opencv, open_writing, read_frame_list
from tests.trees import make_image, write_video


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crops")
    rows = []
    for number, (x, y, size) in enumerate([(100, 50, 400), (7, 20, 600), (300, 0, 256), (0, 80, 630)]):
        file = folder / f"{number}.jpg"
        cv2.imwrite(str(file), make_image(number, 960, 720))
        rows.append({"path": str(file), "x": x, "y": y, "size": size})
    (folder / "frames.json").write_text(json.dumps(rows))
    return {"frames": str(folder / "frames.json"), "shown": [0, 1, 2, 3]}


def take_turn(settings, cut=cut_by_opencv, left_out=0):
    """The turn of a way that is given by how it cuts a frame."""
    frames = read_frame_list(settings)

    def write(folder):
        for frame in frames[left_out:]:
            (folder / f"{frame.number}.jpg").write_bytes(cut(frame))

    def read(folder):
        return [(int(path.stem), path.read_bytes()) for path in folder.iterdir()]

    # As a process answers.
    return json.loads(json.dumps(open_writing(settings, len(frames), write, read)()))


def shift(frame):
    return cut_by_opencv(frame._replace(x=frame.x + frame.size // 50))


def shrink(frame):
    pixels = cv2.imdecode(np.frombuffer(cut_by_opencv(frame), np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(".jpg", pixels[:128])[1].tobytes()


def test_the_same_crops_pass(settings):
    turn = take_turn(settings)
    assert turn["crops"] == turn["count"] == 4
    assert find_wrong_crops({"pet mood": turn, "peer": take_turn(settings), "limit": {"count": 9}}) == {}


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"left_out": 1}, "3 crops of 4 frames"),
        ({"cut": shrink}, "crops of [[128, 256, 3]]"),
        ({"cut": shift}, "a crop differs from ours"),
    ],
)
def test_a_wrong_result_is_found(settings, wrong, fault):
    faults = find_wrong_crops({"pet mood": take_turn(settings), "peer": take_turn(settings, **wrong)})
    assert faults.keys() == {"peer"}
    assert fault in faults["peer"]


def test_a_way_that_cannot_be_compared_is_counted_and_measured(settings):
    alone = {"count": 4, "crops": 4, "shapes": [[256, 256, 3]]}
    assert find_wrong_crops({"pet mood": take_turn(settings), "peer": alone}) == {}
    assert find_wrong_crops({"pet mood": take_turn(settings), "peer": alone | {"crops": 5}})


def test_copies_of_a_tree_have_all_frames_under_other_names(tmp_path):
    for name in ("dog-walkrun-000001", "20201028_cat-arch-000156.mp4"):
        write_video(tmp_path / "tree", name)
    linked = link_copies(tmp_path / "tree", tmp_path / "linked", 2)
    once, twice = list_crops(tmp_path / "tree"), list_crops(linked)
    assert len(once) == 6
    assert sorted(crop for _, crop in twice) == sorted(crop for _, crop in [*once, *once])
    assert len({path for path, _ in twice}) == 12
