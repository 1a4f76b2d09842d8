"""The inference command with a finder: pets on photos and in clips, pictures of them, and what is wrong."""

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from shards.crop_geometry import Box
from shards.emotions import KOREAN
from shards.errors import CallError
from tests.conftest import ROOT
from tests.trainer.answering.test_photo import with_orientation
from tests.trainer.finding.coloured_pets import find_box, paint
from tests.trainer.networks import SIZE, balanced_logits
from tests.trainer.test_inference import PipedInput, compute_expected, drop_ending, probabilities
from trainer.answering import annotated_pictures
from trainer.answering.annotated_pictures import PetLabel, draw_labels
from trainer.answering.box_crop import crop_square
from trainer.answering.korean_sentences import NO_PET_SENTENCE
from trainer.answering.photo import read_upright_pixels
from trainer.finding.box_overlap import compute_overlaps, list_corners
from trainer.inference import main

TWO = [("cat", 2, 3), ("dog", 6, 7)]


@pytest.fixture
def infer(model_path, colour_finder, capfd):
    """Runs the command with the finder of coloured pets; returns its exit status, its output, and lines on stderr."""

    def run(*arguments: object, finder: Path = colour_finder) -> tuple[int, str, list[str]]:
        capfd.readouterr()
        call = ["--weight_path", model_path, "--finder", finder, "--min_confidence", 0, "--min_margin", 0, *arguments]
        status = main(list(map(str, call)))
        shown = capfd.readouterr()
        return status, drop_ending(shown.out), shown.err.splitlines()

    return run


def write_photo(path: Path, pets: list, *size: int, ext: str = ".png") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(ext, paint(pets, *size)[:, :, ::-1])[1].tobytes())
    return path


_paint_once = cache(paint)


def write_pet_clip(path: Path, frames: list[list], fps: float = 5) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), fps, (320, 240))
    for pets in frames:
        writer.write(cv2.cvtColor(_paint_once(tuple(pets)), cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def get_box(pet: dict) -> Box:
    return Box(**pet["box"])


def is_close(box: Box, other: Box) -> bool:
    return bool(compute_overlaps(list_corners([box]), list_corners([other])) > 0.9)


def read_picture(path: str) -> np.ndarray:
    return read_upright_pixels(Path(path))


def test_every_pet_of_a_photo(infer, network, tmp_path):
    path = write_photo(tmp_path / "두 마리.png", TWO)
    status, out, err = infer("--image", path, "--json")
    document = json.loads(out)
    [result] = document["results"]
    assert (status, err, document["errors"]) == (0, [], []) and document["finder"].endswith(".tflite")
    assert (result["file"], result["width"], result["height"], result["whole"]) == (str(path), 320, 240, None)
    assert [pet["species"] for pet in result["pets"]] == ["cat", "dog"]
    assert result["sentence"] == " ".join(pet["sentence"] for pet in result["pets"])
    for pet, (_, row, column), subject in zip(result["pets"], TWO, ("고양이가 ", "강아지가 "), strict=True):
        assert is_close(get_box(pet), find_box(row, column)) and 0.35 < pet["score"] <= 1
        square = crop_square(paint(TWO), get_box(pet), 1.1, SIZE)[None]
        np.testing.assert_allclose(probabilities(pet), compute_expected(balanced_logits(network, square))[0], atol=1e-4)
        assert pet["sentence"].startswith(subject) and "frames" not in pet

    lines = infer("--image", path, "--topk", 2)[1].splitlines()
    assert lines[0] == str(path) and lines[1] == f"  1. {result['pets'][0]['sentence']}"
    assert lines[2].startswith("     ") and lines[2].count("%") == 2
    assert lines[3] == "     자리 {x},{y},{width},{height}".format(**result["pets"][0]["box"]) + (
        f", 찾은 확신 {100 * result['pets'][0]['score']:.0f}%"
    )
    assert lines[4] == f"  2. {result['pets'][1]['sentence']}"
    assert len(lines) == 8 and "똑같이 흔하다고" in lines[7]  # and no advice to name a box


def test_a_photo_without_a_pet(infer, network, tmp_path):
    path = write_photo(tmp_path / "cat-chair.png", [], 200, 100)
    status, out, err = infer("--image", path)
    assert (status, err) == (0, []) and out.splitlines()[:2] == [str(path), f"  {NO_PET_SENTENCE}"]
    assert not any(name in out for name in KOREAN)
    [result] = json.loads(infer("--image", path, "--json")[1])["results"]
    assert (result["pets"], result["whole"], result["sentence"]) == ([], None, NO_PET_SENTENCE)
    [result] = json.loads(infer("--image", path, "--json", "--whole")[1])["results"]
    square = crop_square(paint([], 200, 100), None, 1, SIZE)[None]
    found = probabilities(result["whole"])
    np.testing.assert_allclose(found, compute_expected(balanced_logits(network, square))[0], atol=1e-4)
    assert result["pets"] == [] and result["whole"]["species"] == "cat"  # as the file's name says
    lines = infer("--image", path, "--whole")[1].splitlines()
    assert lines[1:4] == [f"  {NO_PET_SENTENCE}", "  사진 전체를 보면:", f"    {result['whole']['sentence']}"]


def test_files_are_listed_before_a_finder_is_opened(infer, tmp_path):
    """Whoever names nothing that can be read does not wait for a finder, even where it is damaged."""
    (tmp_path / "빈 폴더").mkdir()
    damaged, photo = tmp_path / "finder.tflite", write_photo(tmp_path / "a.png", TWO)
    damaged.write_bytes(b"no finder")
    status, out, err = infer("--image", tmp_path / "빈 폴더", "--json", finder=damaged)
    assert status == 1 and json.loads(out)["results"] == [] and "without pictures" in err[0]
    with pytest.raises(CallError, match=r"--image .*none\.png does not exist"):
        infer("--image", tmp_path / "none.png", finder=damaged)
    with pytest.raises(CallError, match="not a finder"):
        infer("--image", tmp_path / "빈 폴더", photo, finder=damaged)


def test_many_files_in_small_batches(infer, tmp_path):
    """With and without pets, large and small: each file gets its own pets, whatever the batches."""
    pets = [
        TWO,
        [],
        [("dog", 1, 1)],
        [],
        [(("cat", "dog")[i % 2], 1 + 2 * (i // 5), 2 * (i % 5)) for i in range(3, 8) if i != 5],
    ]
    files = [write_photo(tmp_path / f"{i}.png", on, 300 + 50 * i, 200) for i, on in enumerate(pets)]
    answers = [
        json.loads(infer("--image", *files, "--json", "--whole", "--batch_size", size)[1])["results"]
        for size in (1, 2, 64)
    ]
    for results in answers:
        assert [len(result["pets"]) for result in results] == [len(on) for on in pets]
        assert [result["whole"] is None for result in results] == [bool(on) for on in pets]
        for result, first in zip(results, answers[0], strict=True):
            assert [pet["box"] for pet in result["pets"]] == [pet["box"] for pet in first["pets"]]


def test_small_pets_and_a_given_species(infer, tmp_path):
    path = write_photo(tmp_path / "a.png", TWO)
    assert json.loads(infer("--image", path, "--json", "--min_pet", 0.3)[1])["results"][0]["pets"] == []
    pets = json.loads(infer("--image", path, "--json", "--min_pet", 0, "--species", "dog")[1])["results"][0]["pets"]
    assert [(pet["species"], pet["found_species"]) for pet in pets] == [("dog", "cat"), ("dog", "dog")]
    assert all(pet["sentence"].startswith("강아지가 ") for pet in pets)


def test_boxes_count_in_upright_pixels(infer, tmp_path):
    path = tmp_path / "phone.jpg"
    path.write_bytes(with_orientation(cv2.rotate(paint(TWO)[:, :, ::-1], cv2.ROTATE_90_COUNTERCLOCKWISE), ".jpg", 6))
    [result] = json.loads(infer("--image", path, "--json")[1])["results"]
    assert (result["width"], result["height"]) == (320, 240)
    cat, dog = result["pets"]
    assert is_close(get_box(cat), find_box(2, 3)) and is_close(get_box(dog), find_box(6, 7))


def test_pets_are_followed_through_a_clip(infer, tmp_path):
    """A dog goes right; a cat sits for a second; something is red for two frames."""
    frames = [[("dog", 2, 1 + i // 2)] for i in range(15)]
    for i in range(5):
        frames[i] = [*frames[i], ("cat", 7, 3)]
    for i in (10, 11):
        frames[i] = [*frames[i], ("dog", 7, 7)]
    clip = write_pet_clip(tmp_path / "산책.avi", frames)
    status, out, err = infer("--image", clip, "--json", "--batch_size", 4, "--smooth", 0)
    [result] = json.loads(out)["results"]
    assert (status, err, result["judged_frames"], result["whole"]) == (0, [], 15, None)
    dog, cat = sorted(result["pets"], key=lambda pet: pet["track"])
    assert (dog["species"], cat["species"]) == ("dog", "cat")
    assert (dog["first_seconds"], dog["last_seconds"], cat["last_seconds"]) == (0, 2.8, 0.8)
    assert [frame["seconds"] for frame in dog["frames"]] == [round(i / 5, 3) for i in range(15)]
    for i, frame in enumerate(dog["frames"]):
        assert is_close(get_box(frame), find_box(2, 1 + i // 2))
        assert probabilities(frame).sum() == pytest.approx(1, abs=1e-5) and frame["mood"]["korean"] in KOREAN
    assert dog["sentence"].startswith("동영상 전체로 보면 강아지는 ") and len(cat["frames"]) == 5
    mean = 1.7 * np.log([probabilities(frame) for frame in dog["frames"]]).mean(axis=0)
    np.testing.assert_allclose(probabilities(dog), compute_expected(mean), atol=1e-3)

    text = infer("--image", clip)[1]
    stretches = re.findall(r"^ +[\d.]+–[\d.]+초  .*\(프레임 (\d+)개\)$", text, re.MULTILINE)
    assert sum(map(int, stretches)) == 20 and "0.0–2.8초에 프레임 15개" in text


def test_a_gap_in_a_clip_is_told(infer, tmp_path):
    """For 1.6 s the dog is hidden: its mood is not told of that time. A single frame that misses it is none."""
    frames = [[("dog", 4, 4)] if i not in (2, *range(8, 16)) else [] for i in range(22)]
    clip = write_pet_clip(tmp_path / "숨바꼭질.avi", frames)
    lines = infer("--image", clip)[1].splitlines()
    stretches = [re.fullmatch(r" +([\d.]+)–([\d.]+)초  (.+) \(프레임 (\d+)개\)", line) for line in lines[4:-1]]
    [gap] = [stretch for stretch in stretches if stretch[3] == "찾지 못함"]
    assert gap.groups() == ("1.6", "3.0", "찾지 못함", "8")
    before, after = stretches[: stretches.index(gap)], stretches[stretches.index(gap) + 1 :]
    assert sum(int(stretch[4]) for stretch in before) == 7 and sum(int(stretch[4]) for stretch in after) == 6
    assert (before[0][1], before[-1][2], after[0][1], after[-1][2]) == ("0.0", "1.4", "3.2", "4.2")


def test_a_clip_without_a_pet(infer, tmp_path):
    clip = write_pet_clip(tmp_path / "a.avi", [[]] * 6)
    assert infer("--image", clip)[1].splitlines()[1] == f"  {NO_PET_SENTENCE}"
    [result] = json.loads(infer("--image", clip, "--json", "--whole", "--batch_size", 4)[1])["results"]
    assert result["pets"] == [] and len(result["whole"]["frames"]) == result["judged_frames"] == 6
    assert "  동영상 전체를 보면:" in infer("--image", clip, "--whole")[1].splitlines()


def test_annotated_pictures(infer, tmp_path):
    """Files of one name in two folders, beside a picture that is in the way: nothing is overwritten but our own."""
    out = tmp_path / "그림" / "안"
    photos = [write_photo(tmp_path / folder / "사진.png", pets) for folder, pets in (("a", TWO), ("b", []))]
    clip = write_pet_clip(tmp_path / "사진.avi", [TWO] * 4)
    call = ("--image", *photos, clip, "--annotated", out, "--json")
    before = {path: path.read_bytes() for path in (*photos, clip)}
    results = json.loads(infer(*call)[1])["results"]
    drawn = [Path(path) for result in results for path in result["annotated"]]
    assert [len(result["annotated"]) for result in results] == [1, 1, 2]
    assert sorted(drawn) == sorted(out.iterdir()) and len(set(drawn)) == 4
    assert all(path.name.startswith("사진-") for path in drawn)
    picture, box = read_picture(drawn[0]), get_box(results[0]["pets"][0])
    assert picture.shape == (240, 320, 3)
    middle = picture[box.y + box.height // 2, box.x]
    assert np.abs(middle.astype(int) - (214, 39, 40)).max() < 60  # the frame's colour, on a blue cat
    assert np.abs(picture.astype(int) - paint(TWO)).max(axis=2)[:80].max() > 100  # and a label above it
    for name in drawn:
        name.write_bytes(b"of an earlier run")
    assert f"  이미지: {drawn[0]}" in infer(*call[:-1])[1].splitlines()
    assert all(read_picture(name).ndim == 3 for name in drawn)
    assert {path: path.read_bytes() for path in before} == before


def test_standard_input_and_lines(infer, tmp_path, monkeypatch):
    """A picture from standard input is drawn too; each file's line is as in the document."""
    path, out = write_photo(tmp_path / "a.png", TWO), tmp_path / "그림"
    monkeypatch.setattr("sys.stdin", PipedInput(path.read_bytes()))
    (tmp_path / "none.jpg").touch()
    status, text, _ = infer("--image", "-", tmp_path / "none.jpg", path, "--annotated", out, "--jsonl")
    lines = [json.loads(line) for line in text.splitlines()]
    [error] = [line for line in lines if "error" in line]
    piped, named = [line for line in lines if "error" not in line]
    [drawn] = piped.pop("annotated")
    assert status == 1 and error == {"file": str(tmp_path / "none.jpg"), "error": "empty file"}
    assert named | {"file": "-"} == piped | {"annotated": named["annotated"]}
    assert Path(drawn).name.startswith("stdin-") and read_picture(drawn).shape == (240, 320, 3)


def test_annotated_pictures_of_annotated_pictures(infer, tmp_path):
    out = tmp_path / "out"
    [first] = json.loads(infer("--image", write_photo(tmp_path / "a.png", TWO), "--annotated", out, "--json")[1])[
        "results"
    ]
    source = Path(first["annotated"][0])
    data = source.read_bytes()
    [second] = json.loads(infer("--image", source, "--annotated", out, "--json")[1])["results"]
    assert second["annotated"] != first["annotated"] and source.read_bytes() == data


def test_long_names(infer, tmp_path):
    path = write_photo(tmp_path / f"{'긴' * 80}.png", TWO)
    [result] = json.loads(infer("--image", path, "--annotated", tmp_path / "out", "--json")[1])["results"]
    assert Path(result["annotated"][0]).exists()


def test_a_machine_without_hangul(monkeypatch):
    picture, label = paint([], 640, 480), PetLabel(Box(200, 200, 100, 100), "강아지 편안/안정", "dog calm")
    korean = draw_labels(picture, [label])
    monkeypatch.setattr(annotated_pictures, "find_hangul_font_file", lambda: None)
    english, empty = draw_labels(picture, [label]), draw_labels(picture, [label._replace(english=" ")])
    assert english not in (korean, empty)


def test_large_pictures_are_drawn_smaller():
    data = np.frombuffer(draw_labels(paint([], 4000, 100), [PetLabel(Box(0, 0, 4000, 100), "가", "a")]), np.uint8)
    assert cv2.imdecode(data, cv2.IMREAD_COLOR).shape == (48, 1920, 3)


def test_a_photo_of_100_megapixels(infer, tmp_path):
    small = paint([("dog", 4, 4)], 125, 80)[:, :, ::-1]
    path = tmp_path / "huge.jpg"
    path.write_bytes(
        cv2.imencode(".jpg", cv2.resize(small, (12_500, 8000), interpolation=cv2.INTER_NEAREST))[1].tobytes()
    )
    [result] = json.loads(infer("--image", path, "--json")[1])["results"]
    assert is_close(get_box(result["pets"][0]), find_box(4, 4, 12_500, 8000))


def test_unreadable_files_are_named_and_the_others_answered(infer, tmp_path):
    good = write_photo(tmp_path / "good.png", TWO)
    bad = {
        "a.gif": (b"GIF89a" + bytes(50), "a GIF file; JPEG, PNG and WebP can be read, save it as one of them"),
        "a.heic": (b"\0\0\0\x18ftypheic" + bytes(50), "a HEIC picture, which cannot be read: save it as JPEG"),
        "a.mp4": (b"no video", "no video, or none with a frame that can be decoded"),
        "cut.png": (good.read_bytes()[:-20], "the PNG has no end"),
    }
    for name, (data, _) in bad.items():
        (tmp_path / name).write_bytes(data)
    paths = [tmp_path / name for name in bad]
    status, out, err = infer("--image", *paths[:2], good, *paths[2:], "--json")
    document = json.loads(out)
    assert status == 1 and [result["file"] for result in document["results"]] == [str(good)]
    assert [error["file"] for error in document["errors"]] == [str(path) for path in paths]
    for line, path, (_, why) in zip(err, paths, bad.values(), strict=False):
        assert line.startswith(f"inference: {path}: ") and why in line
    assert infer("--image", *paths)[:2] == (1, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--box", "1,2,3,4"], "--box and --finder"),
        (["--min_pet", "40"], "--min_pet 40.0: is a share of the picture's shorter side, 0 to 1"),
        (["--min_pet", "nan"], "0 to 1"),
        (["--annotated", __file__], "there is a file in its place"),
        (["--annotated", f"{__file__}/folder"], "there is a file in its place"),
    ],
)
def test_wrong_calls(infer, arguments, message, tmp_path):
    with pytest.raises(CallError, match=message):
        infer("--image", write_photo(tmp_path / "a.png", TWO), *arguments)


@pytest.mark.parametrize("arguments", [["--min_pet", "0"], ["--whole"], ["--annotated", "out"]])
def test_what_needs_a_finder(model_path, arguments):
    with pytest.raises(CallError, match=f"{arguments[0]} needs --finder FILE"):
        main(["--weight_path", str(model_path), "--image", "x.jpg", *arguments])


def test_a_finder_of_another_kind_is_said_before_a_picture_is_read(infer, model_path):
    with pytest.raises(CallError, match=r"a zip or .keras file, not a finder; give MediaPipe's"):
        infer("--image", __file__, finder=model_path)


PEAKS = """
import sys
from trainer.inference import main
for clip in sys.argv[1:3]:
    status = main(sys.argv[3:] + ["--image", clip])
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def test_memory_does_not_grow_with_a_clip(model_path, colour_finder, tmp_path):
    """Frames of 230 kB: 140 MB, were they kept. A pet is followed through all of them."""
    clips = [write_pet_clip(tmp_path / f"{count}.avi", [[("dog", 4, 4)]] * count) for count in (100, 700)]
    call = ["--weight_path", model_path, "--finder", colour_finder, "--annotated", tmp_path, "--min_confidence", "0"]
    command = [sys.executable, "-c", PEAKS, *map(str, clips + call)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert "프레임 100개" in done.stdout and "프레임 700개" in done.stdout
    first, second = done.stderr.splitlines()  # nor does LiteRT say anything
    assert int(second) - int(first) < 60 * 1024


def test_the_real_clip_has_one_dog(infer, real_files):
    finder = real_files / "finders/ssd_mobilenetv2_oidv4_fp16.tflite"
    [result] = json.loads(infer("--image", real_files / "clips/01_dog.mp4", "--json", finder=finder)[1])["results"]
    [dog] = result["pets"]
    assert result["judged_frames"] == 49 and dog["species"] == "dog" and len(dog["frames"]) > 35
