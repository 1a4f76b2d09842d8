"""The sample tree: the same bytes each time, and as many labels, frames and defects as it says."""

import json
import re
import unicodedata
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from console.command import run_command
from shards.emotions import KOREAN, parse_emotion
from shards.errors import CallError
from shards.manifest import REJECTIONS
from tests.conftest import ROOT
from tools.make_sample import main
from tools.sample.animal_drawing import place_animal
from tools.sample.animals import MOOD_POSES, choose_view, make_coat
from tools.sample.defects import DEFECTS, plan_defects
from tools.sample.filming import film_video
from tools.sample.tree import make_sample
from tools.sample.video_files import name_image
from tools.sample.video_plans import SampleSpec, plan_videos

SPEC = SampleSpec(videos=6, frames=5, height=270, seed=3)
JUNK = ("._", "@eaDir", "__MACOSX", ".DS_Store", "Thumbs.db")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample") / "pets"
    return root, make_sample(root, SPEC, workers=2)


def files(root: Path) -> list[Path]:
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [path for path in paths if not any(part.startswith(JUNK) for part in path.relative_to(root).parts)]


def digests(root: Path) -> dict[str, str]:
    paths = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest() for path in paths}


def labels(root: Path) -> dict[Path, dict]:
    """The labels that can be read and hold annotations."""
    found = {}
    for path in (path for path in files(root) if path.suffix == ".json"):
        try:
            label = json.loads(path.read_bytes().decode("utf-8-sig"))
            assert label["annotations"]
            found[path] = label
        except (ValueError, KeyError, AssertionError):
            continue
    return found


def reason_why_not(row: dict, label: dict, image: Path | None, seen: set) -> str:
    """A reader as simple as can be: the first reason that applies, or nothing."""
    box = {name: as_number(value) for name, value in (row.get("bounding_box") or {}).items()}
    if row["timestamp"] is None or None in box.values():
        return "annotation_invalid"
    if mood(label) is None:
        return "emotion_unknown"
    if image is None:
        return "image_missing"
    if image in seen:
        return "frame_repeated"
    seen.add(image)
    content = image.read_bytes()
    if not content.endswith(b"\xff\xd9"):
        return "image_unreadable"
    size = [
        int.from_bytes(content[at : at + 2]) for at in (content.index(b"\xff\xc0") + 7, content.index(b"\xff\xc0") + 5)
    ]
    if size != [label["metadata"]["width"], label["metadata"]["height"]]:
        return "image_size"
    return reason_against(box or None, *size)


def as_number(value) -> float | None:
    return float(value) if str(value).lstrip("-").replace(".", "", 1).isdecimal() else None


def mood(label: dict) -> int | None:
    return parse_emotion(label["metadata"].get("inspect", {}).get("emotion", ""))


def reason_against(box: dict | None, width: int, height: int) -> str:
    if box is None:
        return "box_missing"
    if min(box.values()) < 0:
        return "box_negative"
    if 0 in (box["width"], box["height"]):
        return "box_empty"
    return "box_outside" if box["x"] + box["width"] > width or box["y"] + box["height"] > height else ""


def test_the_counts_are_what_lies_on_disk(sample):
    root, counts = sample
    images = {(path.parent.name, path.name): path for path in files(root) if path.suffix == ".jpg"}
    found, names, usable = Counter(), set(), Counter()
    for path, label in labels(root).items():
        if path.name in names:
            found["video_repeated"] += len(label["annotations"])
            continue
        names.add(path.name)
        seen = set()
        for row in label["annotations"]:
            image = images.get((path.stem, f"frame_{row['frame_number']}_timestamp_{row['timestamp']}.jpg"))
            reason = reason_why_not(row, label, image, seen)
            found[reason] += 1
            if not reason:
                usable[path.relative_to(root).parts[0], mood(label)] += 1
    found["label_unreadable"], found["label_invalid"] = 1, 1
    assert counts.usable == usable
    assert counts.rejected == Counter({reason: number for reason, number in found.items() if reason})
    assert set(counts.rejected) == set(REJECTIONS) - {"label_conflict"}  # which only a policy rejects
    assert counts.rows == sum(found.values())
    assert counts.frames == len(images)
    assert counts.labels == sum(path.suffix == ".json" for path in files(root))
    assert counts.tolerated["junk files"] == sum(path.is_file() for path in root.rglob("*")) - len(files(root))
    assert counts.tolerated["label folders in NFD"] == sum(
        str(path) != unicodedata.normalize("NFC", str(path)) for path in files(root)
    )


def test_the_same_call_gives_the_same_bytes(sample, tmp_path):
    root, counts = sample
    assert make_sample(tmp_path / "again", SPEC, workers=1) == counts
    assert digests(tmp_path / "again") == digests(root)


def test_defects_leave_the_sound_videos_alone(sample, tmp_path):
    counts = make_sample(tmp_path / "sound", replace(SPEC, defects=False), workers=2)
    assert counts.rows == counts.frames == counts.usable.total() == SPEC.videos * SPEC.frames
    assert digests(tmp_path / "sound").items() < digests(sample[0]).items()
    assert 0 < counts.near_duplicates < counts.frames


@pytest.mark.parametrize("videos", [1, 5, 6, 12, 24, 60])
def test_moods_animals_and_splits(videos):
    plans = plan_videos(SampleSpec(videos=videos))
    moods = Counter(plan.mood for plan in plans)
    assert len(plans) == videos == len({plan.name for plan in plans})
    assert moods[KOREAN.index("편안/안정")] == max(moods.values())
    assert videos < 12 or min(moods[mood] for mood in range(6)) >= 2
    assert videos < 24 or len({(plan.split, plan.mood) for plan in plans}) == 12
    splits = {plan.animal: {other.split for other in plans if other.animal == plan.animal} for plan in plans}
    assert all(len(split) == 1 for split in splits.values())
    assert videos < 5 or len(splits) < videos  # some were filmed twice


def test_half_of_many_videos_show_the_moods_evenly():
    moods = Counter(plan.mood for plan in plan_videos(SampleSpec(videos=240)))
    assert min(moods.values()) >= 20 and moods[KOREAN.index("편안/안정")] > 90


def test_the_picture_that_the_demo_asks_about_is_in_its_sample():
    """The Makefile names the sample's arguments, a zip, a frame of validation and its box."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    numbers = [int(re.search(rf"--{name} (\d+)", text)[1]) for name in ("videos", "frames", "height")]
    video, file = re.search(r"^DEMO_FRAME := .*/(.+)/(.+)$", text, re.MULTILINE).groups()
    (plan,) = (plan for plan in plan_videos(SampleSpec(*numbers)) if plan.name == video)
    images, boxes, _ = film_video(plan)
    box = dict(zip((name_image(*time) for time in images), boxes, strict=True))[file]
    assert plan.split == "Validation" and plan.mood == KOREAN.index("행복/즐거움")
    assert f"--box {','.join(map(str, box))}" in text
    assert re.search(rf"^DEMO_ZIP := .*/{plan.animal.species}/{plan.action_code}\.zip$", text, re.MULTILINE)


def test_each_defect_has_a_video_of_its_own():
    sound, spoilt = plan_videos(SPEC), plan_defects(SPEC)
    assert [plan.defect for plan in sound + spoilt] == [""] * SPEC.videos + list(DEFECTS)
    assert [plan.number for plan in sound + spoilt] == list(range(SPEC.videos + len(DEFECTS)))
    assert len({plan.name for plan in sound + spoilt}) == len(sound + spoilt)
    assert plan_defects(replace(SPEC, defects=False)) == []


def test_the_box_holds_all_of_the_animal_and_no_more():
    for seed in range(6):
        rng = np.random.default_rng(seed)
        grey = np.full((540, 960, 3), 128, np.uint8)
        coat = make_coat(rng, dog=seed % 2 == 1)
        frame, box = place_animal(rng, grey, coat, choose_view(rng, MOOD_POSES[seed], coat, None))
        assert min(box) >= 0 and box.x + box.width <= 960 and box.y + box.height <= 540
        assert 0.335 * 540 <= max(box.width, box.height) <= 0.79 * 540
        colourful = cv2.absdiff(frame, grey).max(axis=2) > 12
        colourful[box.y + box.height * 9 // 10 :] = False  # the shadow lies on the ground
        x, y, width, _ = cv2.boundingRect(colourful.astype(np.uint8))
        assert abs(x - box.x) <= 3 and abs(y - box.y) <= 3 and abs(x + width - box.x - box.width) <= 3


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["{full}"], "not an empty directory"),
        (["{full}/kept.txt"], "not an empty directory"),
        (["{full}/kept.txt/new"], "a file is in the way"),
        (["{new}", "--videos", "0"], "videos is 0"),
        (["{new}", "--height", "tall"], "invalid int value"),
        (["{new}", "--height", "4321"], "more than 4320"),
        (["{new}", "--workers", "0"], "workers is 0"),
        (["{new}", "--colour"], "unrecognized"),
        ([], "required"),
    ],
)
def test_a_wrong_call_is_refused_in_one_line(tmp_path, capsys, arguments, words):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "kept.txt").write_text("mine")
    arguments = [argument.format(full=tmp_path / "full", new=tmp_path / "new") for argument in arguments]
    with pytest.raises(CallError, match=words):
        main(arguments)
    assert run_command("make_sample", main, arguments) == 2
    message = capsys.readouterr().err
    assert message.startswith("make_sample: ") and words in message and message.count("\n") == 1
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["full", "kept.txt"]
