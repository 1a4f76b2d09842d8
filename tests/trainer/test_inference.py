"""The inference command: its answers as text and JSON, and what it does about files and calls that are wrong."""

import io
import json
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from console.command import run_command
from shards.crop_geometry import Box
from shards.emotions import ENGLISH, KOREAN
from shards.errors import CallError
from tests.trainer.answering.test_photo import list_english, with_orientation
from tests.trainer.answering.test_video_file import write_clip, write_noise
from tests.trainer.networks import OFFSET, PRIOR, balanced_logits, build, describe
from tests.trees import make_image, make_jpeg
from trainer.answering import photo
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.inference import main
from trainer.model.model_file import write_model

SIZE, TRAINED = 48, 32
SURE = ("--min_confidence", 0, "--min_margin", 0)  # always
ROOT = Path(__file__).parent.parent.parent


def drop_ending(output: str) -> str:
    """The answers, without the command's last lines."""
    return re.split(r"^(?:made|figures) ", output, flags=re.MULTILINE)[0]


@pytest.fixture
def infer(model_path, capfd):
    """Runs the command in this process; returns its exit status, what it printed, and its lines on stderr."""

    def run(*arguments: object) -> tuple[int, str, list[str]]:
        capfd.readouterr()
        status = main(["--weight_path", str(model_path), *map(str, arguments)])
        shown = capfd.readouterr()
        return status, drop_ending(shown.out), shown.err.splitlines()

    return run


@pytest.fixture
def photos(tmp_path) -> list[Path]:
    paths = [tmp_path / f"사진 {number}.jpg" for number in range(5)]
    for seed, path in enumerate(paths):
        path.write_bytes(make_jpeg(seed))
    return paths


def compute_expected(logits: np.ndarray, prior: np.ndarray | float = 1.0) -> np.ndarray:
    """Softmax at the file's temperature, times a prior, made to add up to 1."""
    weights = np.exp(logits / 1.7) * prior
    return weights / weights.sum(axis=-1, keepdims=True)


def probabilities(result: dict) -> np.ndarray:
    return np.array([mood["probability"] for mood in result["probabilities"]])


def test_text(infer, photos, network):
    dog = photos[0].rename(photos[0].with_name("20201028_dog-lying-000156.jpg"))
    status, out, err = infer("--image", dog, photos[1], "--min_confidence", 0)
    lines = out.splitlines()
    assert (status, err) == (0, []) and lines[0] == str(dog) and lines[3] == str(photos[1])
    assert lines[1].startswith("  강아지가 ") and lines[4].startswith("  이 동물이 ")
    squares = np.stack([crop_square(read_upright_pixels(path), None, 1, SIZE) for path in (dog, photos[1])])
    for line, expected in zip((lines[2], lines[5]), compute_expected(balanced_logits(network, squares)), strict=True):
        best = np.argsort(-expected)[:3]
        assert line == "  " + ", ".join(f"{KOREAN[i]} {100 * expected[i]:.1f}%" for i in best)
    assert "똑같이 흔하다고" in lines[6] and "--box" in lines[7]


def test_json(infer, photos, network):
    status, out, err = infer("--image", *photos, "--json", "--species", "cat", "--min_confidence", 0, "--min_margin", 0)
    assert (status, err) == (0, []) and "편안/안정" in out  # not escaped
    document = json.loads(out)
    assert document["prior"] == "equal" and document["errors"] == []
    squares = np.stack([crop_square(read_upright_pixels(path), None, 1, SIZE) for path in photos])
    expected = compute_expected(balanced_logits(network, squares))
    for path, result, row in zip(photos, document["results"], expected, strict=True):
        np.testing.assert_allclose(probabilities(result), row, atol=1e-4)
        best = int(row.argmax())
        assert result["file"] == str(path) and result["species"] == "cat"
        assert result["mood"] == {"label": best, "korean": KOREAN[best], "english": ENGLISH[best]}
        assert result["sentence"].startswith("고양이가 ") and result["confidence"] == pytest.approx(row[best], abs=1e-4)


def test_the_natural_prior(infer, photos, network):
    _, out, _ = infer("--image", photos[0], "--json", "--prior", "natural")
    square = crop_square(read_upright_pixels(photos[0]), None, 1, SIZE)[None]
    expected = compute_expected(balanced_logits(network, square), np.array(PRIOR))[0]
    document = json.loads(out)
    assert document["prior"] == "natural"
    np.testing.assert_allclose(probabilities(document["results"][0]), expected, atol=1e-4)
    assert "학습 영상에서" in infer("--image", photos[0], "--prior", "natural")[1]


def test_batches_change_nothing(infer, photos):
    answers = [json.loads(infer("--image", *photos, "--json", "--batch_size", size)[1]) for size in (1, 2, 5, 64)]
    found = [[probabilities(result) for result in answer["results"]] for answer in answers]
    np.testing.assert_allclose(found, [found[0]] * 4, atol=2e-5)


def test_not_sure(infer, photos):
    _, out, _ = infer("--image", photos[0], "--json", "--min_confidence", 0.99)
    result = json.loads(out)["results"][0]
    assert result["mood"] is None and result["sentence"] == "이 동물이 지금 어떤 감정인지 잘 모르겠어요."
    assert probabilities(result).sum() == pytest.approx(1, abs=1e-5)
    lines = infer("--image", photos[0], "--min_confidence", 0.99, "--topk", 6)[1].splitlines()
    assert "모르겠어요" in lines[1] and lines[2].count("%") == 6


def test_a_box(infer, photos, network):
    status, out, _ = infer("--image", *photos, "--json", "--box", "200,100,90,70")
    squares = np.stack([crop_square(read_upright_pixels(path), Box(200, 100, 90, 70), 1.1, SIZE) for path in photos])
    found = [probabilities(result) for result in json.loads(out)["results"]]
    assert status == 0
    np.testing.assert_allclose(found, compute_expected(balanced_logits(network, squares)), atol=1e-4)
    assert "--box" not in infer("--image", photos[0], "--box", "200,100,90,70")[1]


def test_a_box_counts_in_turned_coordinates(infer, tmp_path):
    path = tmp_path / "phone.jpg"
    path.write_bytes(with_orientation(make_image(1), ".jpg", 6))  # 320 x 240 as stored
    assert infer("--image", path, "--box", "0,0,240,320")[0] == 0
    with pytest.raises(CallError, match=r"--box 0,0,320,240 leaves .*phone\.jpg, which is 240x320 pixels when upright"):
        infer("--image", path, "--box", "0,0,320,240")


def test_videos(infer, tmp_path, network):
    clip = write_clip(tmp_path / "cat-sitdown-014540.mp4", [40] * 10 + [250] * 10, 10)
    status, out, err = infer("--image", clip, "--json", *SURE, "--smooth", 0, "--batch_size", 4)
    result = json.loads(out)["results"][0]
    assert (status, err) == (0, [])
    assert [frame["seconds"] for frame in result["frames"]] == [round(k / 5, 3) for k in range(10)]
    frames = np.array([probabilities(frame) for frame in result["frames"]])
    mean = 1.7 * np.log(frames).mean(axis=0)  # of logits, but for a constant
    np.testing.assert_allclose(probabilities(result), compute_expected(mean), atol=1e-3)
    assert np.abs(frames[0] - frames[9]).max() > 0.01  # the second half looks otherwise
    assert result["sentence"].startswith("동영상 전체로 보면 고양이는 ")

    lines = infer("--image", clip, *SURE, "--smooth", 0)[1].splitlines()
    stretches = [re.fullmatch(r" +([\d.]+)–([\d.]+)초  \S+ [\d.]+% \(프레임 (\d+)개\)", line) for line in lines[3:-2]]
    assert sum(int(stretch[3]) for stretch in stretches) == 10
    assert float(stretches[0][1]) == 0 and float(stretches[-1][2]) == 1.8
    moods = [frame["mood"]["label"] for frame in result["frames"]]
    assert len(stretches) == 1 + sum(a != b for a, b in pairwise(moods))


def test_unreadable_files_are_named_and_the_others_answered(infer, photos, tmp_path):
    photos[1].write_bytes(photos[1].read_bytes()[:-20])
    (tmp_path / "빈 폴더").mkdir()
    (tmp_path / "a.mp4").write_bytes(b"no video")
    bad = [photos[1], tmp_path / "빈 폴더", tmp_path / "a.mp4"]
    why = ["no end marker", "without pictures", "no video"]
    status, out, err = infer("--image", photos[0], *bad, photos[2], "--json")
    document = json.loads(out)
    assert status == 1 and [result["file"] for result in document["results"]] == [str(photos[0]), str(photos[2])]
    assert [error["file"] for error in document["errors"]] == list(map(str, bad))
    for line, path, reason in zip(err, bad, why, strict=True):
        assert line.startswith(f"inference: {path}: ") and reason in line
    status, out, err = infer("--image", photos[1], photos[2])
    assert status == 1 and len(err) == 1 and out.startswith(str(photos[2]))
    with pytest.raises(CallError, match=r"--image .*none\.jpg does not exist"):  # named and missing: nothing is done
        infer("--image", photos[0], tmp_path / "none.jpg")


def test_truncated_files_are_not_answered(infer, photos, tmp_path):
    """A truncated video is detected at its end, when most of it is predicted; the files around it are answered."""
    clip = write_noise(tmp_path / "fast.mp4", "mp4v")
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    cut = photos[1].read_bytes()
    photos[1].write_bytes(cut[: len(cut) // 2] + b"\xff\xd9")
    for size in (1, 3, 64):
        call = ("--image", photos[0], clip, photos[2], photos[1], clip, "--json", "--batch_size", size)
        status, out, err = infer(*call)
        document = json.loads(out)
        assert status == 1 and [result["file"] for result in document["results"]] == [str(photos[0]), str(photos[2])]
        assert [error["file"] for error in document["errors"]] == list(map(str, (clip, photos[1], clip)))
        assert len(err) == 3 and "frames end after 1." in err[0] and "its scan ends before" in err[1]


def test_reasons_in_korean(model_path, photos, tmp_path, capfd):
    """Whatever a folder holds, a Korean reads why it is not answered, but for names and kinds of files."""
    whole = photos[1].read_bytes()
    contents = {
        "사진 0.jpg": whole[:-20],
        "사진 1.jpg": whole[: len(whole) // 2] + b"\xff\xd9",
        "사진 2.jpg": b"",
        "사진 3.jpg": b"hello",
        "사진 4.jpg": b"II*\0" + bytes(20),
        "a.heic": b"\0\0\0\x18ftypheic" + bytes(50),
        "b.gif": b"GIF89a" + bytes(50),
        "산책.mp4": b"",
        "메모.txt": b"",
        "이름": b"",
    }
    for name, data in contents.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "빈 폴더").mkdir()
    clip = write_noise(tmp_path.parent / f"{tmp_path.name}.mp4", "mp4v")
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    files = (tmp_path, tmp_path / "빈 폴더", clip, tmp_path / "산책.mp4", tmp_path / "*.webp")
    call = ["--weight_path", str(model_path), "--lang", "ko", "--image", *map(str, files)]
    assert run_command("inference", main, call) == 1
    lines = capfd.readouterr().err.replace(str(tmp_path), "").splitlines()
    told = [line for line in lines if "inference: " in line]
    assert len(told) == 13  # 7 pictures, the folder, 2 clips and the pattern; and two lines about what is passed over
    for line in told:
        reason = re.sub(r"[^\s:(]*\.\w+", "", line.partition("inference: ")[2])
        assert not list_english(reason) and re.search("[가-힣]{2}", reason), line


class PipedInput:
    """Standard input that is a file or a pipe."""

    def __init__(self, data: bytes):
        self.buffer = io.BytesIO(data)

    def isatty(self) -> bool:
        return False


def test_a_folder_of_a_phone(infer, photos, tmp_path):
    """What cannot be read is named and makes the status 1; what nobody asks about is only said."""
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(50))
    (tmp_path / "b.gif").write_bytes(b"GIF89a" + bytes(50))
    photos[0].rename(tmp_path / "사실은 JPEG.heic")
    (tmp_path / "산책.mp4").touch()
    status, out, err = infer("--image", tmp_path, "--json")
    document = json.loads(out)
    assert status == 1 and len(document["results"]) == 5
    whys = {Path(error["file"]).name: error["why"] for error in document["errors"]}
    assert whys.keys() == {"a.heic", "b.gif"} and "HEIC" in whys["a.heic"] and "GIF" in whys["b.gif"]
    [passed] = document["passed_over"]
    assert passed == {"file": str(tmp_path), "why": "1 video in it (산책.mp4): give each by its name"}
    assert err[0] == f"inference: {tmp_path}: passed over {passed['why']}" and len(err) == 3  # no date, as errors
    (tmp_path / "a.heic").unlink()
    (tmp_path / "b.gif").unlink()
    assert infer("--image", tmp_path)[0] == 0


def test_standard_input(infer, photos, monkeypatch):
    data = photos[1].read_bytes()
    expected = json.loads(infer("--image", photos[1], "--json", "--box", "20,10,90,70")[1])["results"]
    monkeypatch.setattr(sys, "stdin", PipedInput(data))
    status, out, err = infer("--image", "-", "--json", "--box", "20,10,90,70")  # which looks at the picture before
    assert (status, err) == (0, []) and json.loads(out)["results"] == [expected[0] | {"file": "-"}]
    monkeypatch.setattr(sys, "stdin", PipedInput(data[:-20]))
    status, out, err = infer("--image", "-", photos[0], "--jsonl")
    assert status == 1 and err[0].startswith("inference: -: ") and len(out.splitlines()) == 2
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CallError, match="--image -: a picture is read from standard input"):
        infer("--image", "-")


def test_json_lines(infer, photos, tmp_path, monkeypatch):
    """Each file's line is there before the next batch is read; one that cannot be read has a line too."""
    photos[2].write_bytes(b"")
    seen, written, read_file = [], io.StringIO(), photo.read_file

    def note_lines(path: Path) -> bytes:
        seen.append(len(written.getvalue().splitlines()))
        return read_file(path)

    monkeypatch.setattr(photo, "read_file", note_lines)
    with redirect_stdout(written):
        status, _, _ = infer("--image", *photos, "--jsonl", "--batch_size", 1)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    expected = json.loads(infer("--image", *photos, "--json", "--batch_size", 1)[1])
    assert status == 1
    assert [line for line in lines if "error" not in line] == expected["results"]
    assert [line for line in lines if "error" in line] == [{"file": str(photos[2]), "error": "empty file"}]
    assert seen[3] >= 1 and seen[4] >= 3  # lines that were there when the last two photos were read


def test_clips_are_smoothed(infer, tmp_path):
    """A single frame of another kind changes the mood of no moment, or of one that is said to be smoothed over less."""
    levels = [40] * 30
    levels[14:16] = [250] * 2  # one sampled frame
    clip = write_clip(tmp_path / "a.mp4", levels, 10)

    def answer(*arguments: object) -> dict:
        return json.loads(infer("--image", clip, "--json", *SURE, *arguments)[1])["results"][0]

    raw, smooth = answer("--smooth", 0), answer()
    assert (raw["smoothed_seconds"], smooth["smoothed_seconds"]) == (0, 1)
    logits = 1.7 * np.log([probabilities(frame) for frame in raw["frames"]])
    for place, frame in enumerate(smooth["frames"]):
        expected = compute_expected(logits[max(0, place - 2) : place + 3].mean(axis=0))  # five frames a second
        np.testing.assert_allclose(probabilities(frame), expected, atol=1e-3)
    assert raw["probabilities"] == smooth["probabilities"]  # those of the whole clip


def test_two_moods_that_are_nearly_equal(infer, photos):
    [result] = json.loads(infer("--image", photos[0], "--json", *SURE)[1])["results"]
    second, first = np.sort(probabilities(result))[-2:]
    for margin, is_known in ((first - second - 1e-4, True), (first - second + 1e-4, False)):
        _, out, _ = infer("--image", photos[0], "--json", "--min_confidence", 0, "--min_margin", margin)
        document = json.loads(out)
        assert (document["results"][0]["mood"] is not None) is is_known
        assert document["min_margin"] == margin


PEAKS = """
import sys
from trainer.inference import main
for clip in sys.argv[1:3]:
    assert main([*sys.argv[3:], "--image", clip]) == 0
    print("\\0")
    print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")), file=sys.stderr)
"""


def test_memory_does_not_grow_with_a_clip(tmp_path):
    """13 minutes hold no more than one, of squares of 49 kB each: 200 MB, were they kept."""
    model = tmp_path / "model.keras"
    write_model(model, build(resolution=128), OFFSET, describe(image_size=128))
    lengths = (300, 4000)
    clips = [tmp_path / f"{frames}.avi" for frames in lengths]
    for frames, clip in zip(lengths, clips, strict=True):
        writer = cv2.VideoWriter(str(clip), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*"MJPG"), 5, (32, 32))
        for level in range(frames):
            writer.write(np.full((32, 32, 3), level % 256, np.uint8))
        writer.release()
    command = [sys.executable, "-c", PEAKS, *map(str, clips), "--weight_path", str(model), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\0\n")[:-1]
    assert [len(json.loads(answer)["results"][0]["frames"]) for answer in answers] == list(lengths)
    peaks = [int(line) / 1024 for line in done.stderr.splitlines()]
    assert peaks[1] - peaks[0] < 60, peaks


LISTS = {
    "labels.txt": "\n".join(KOREAN),
    "english.txt": "\n".join(ENGLISH) + "\n\n",
    "bom.txt": "\ufeff" + "\n".join(KOREAN),
    "labels.csv": "".join(f"{number},{name}\r\n" for number, name in enumerate(KOREAN)),
    "head.csv": "number,name\n" + "".join(f"{number},{name}\n" for number, name in reversed(list(enumerate(ENGLISH)))),
    "list.json": json.dumps(KOREAN),
    "object.json": json.dumps(dict(enumerate(KOREAN)), ensure_ascii=False),
}


@pytest.mark.parametrize("name", LISTS)
def test_flags_that_agree_with_the_model(infer, photos, name, tmp_path):
    (tmp_path / name).write_text(LISTS[name], encoding="utf-8")
    arguments = ["--label", tmp_path / name, "--classes", 6, "--input_size", SIZE if "csv" in name else TRAINED]
    assert infer("--image", photos[0], *arguments)[0] == 0


SWAPPED = [KOREAN[1], KOREAN[0], *KOREAN[2:]]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "\n".join(SWAPPED), r"0 is '공포', in the model it is 화남/불쾌 \(anger\)"),
        ("a.json", json.dumps(SWAPPED), "0 is '공포'"),
        ("a.csv", "0,화남/불쾌\n1,행복/즐거움\n", "1 is '행복/즐거움', in the model it is 공포"),
        ("a.txt", "\n".join(KOREAN[:5]), "has no name for 5"),
        ("a.txt", "\n".join([*KOREAN, "졸림"]), "names number 6"),
        ("a.json", '{"0": ', "is no list of labels"),
        ("a.csv", "0,a,b\n", "is no list of labels"),
        ("a.txt", "", "has no name for 0"),
    ],
)
def test_labels_that_differ_from_the_models(infer, name, text, message, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(CallError, match=message):
        infer("--image", "x.jpg", "--label", tmp_path / name)


def test_labels_that_are_no_text(infer, tmp_path):
    (tmp_path / "a.txt").write_bytes("화남/불쾌".encode("cp949"))
    with pytest.raises(CallError, match="not UTF-8"):
        infer("--image", "x.jpg", "--label", tmp_path / "a.txt")
    with pytest.raises(CallError, match=r"none\.txt: No such file"):
        infer("--image", "x.jpg", "--label", tmp_path / "none.txt")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--classes", "5"], "--classes 5: .*6 moods"),
        (["--input_size", "224"], r"--input_size 224: .*squares of 48 pixels \(trained at 32\)"),
        (["--topk", "7"], "1 to 6"),
        (["--topk", "0"], "1 to 6"),
        (["--min_confidence", "40"], "0 to 1"),
        (["--min_margin", "-1"], "--min_margin -1.0: is a difference"),
        (["--smooth", "-1"], "--smooth -1.0: is a number of seconds"),
        (["--smooth", "nan"], "number of seconds"),
        (["--json", "--jsonl"], "not allowed with"),
        (["-", "-"], "standard input can be read only once"),
        (["--batch_size", "0"], "1 or more"),
        (["--box", "1,2,3"], "four whole numbers"),
        (["--box", "1,2,0,4"], "1 or more"),
        (["--box", "-1,2,3,4"], "expected one argument|0 or more"),
        (["--box=-1,2,3,4"], "0 or more"),
        (["--species", "horse"], "dog"),
        (["--prior", "none"], "equal"),
        (["--images", "y.jpg"], "unrecognized"),
    ],
)
def test_wrong_calls(infer, arguments, message):
    with pytest.raises(CallError, match=message):
        infer("--image", __file__, *arguments)


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "trainer.inference", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, env=os.environ | environment)


def test_as_a_command(model_path, photos):
    arguments = ("--weight_path", model_path, "--image", photos[0], "--min_confidence", "0")
    done = run(*arguments, PYTHONIOENCODING="cp1252")  # a console without Korean
    assert (done.returncode, done.stderr) == (0, b"")  # not one note of TensorFlow's
    assert done.stdout.decode("utf-8").splitlines()[1].startswith("  이 동물이 ")
    closed = subprocess.run(
        ["sh", "-c", 'exec "$@" >&- 2>&-', "-", sys.executable, "-m", "trainer.inference", *map(str, arguments)],
        cwd=ROOT,
    )
    assert closed.returncode == 0
    done = run("--weight_path", "none.keras", "--image", photos[0])
    assert done.returncode == 2 and done.stderr.startswith(b"inference: --weight_path none.keras does not exist")
    assert len(done.stderr.splitlines()) == 1


def test_a_run_is_named_by_its_folder(infer, model_path, photos):
    assert infer("--weight_path", model_path.parent, "--image", photos[0])[0] == 0
    with pytest.raises(CallError, match=r"holds no model\.keras; give the folder of a run"):
        infer("--weight_path", photos[0].parent, "--image", photos[0])
    with pytest.raises(CallError, match=r"holds no finder\.keras; give the folder of a finder's run"):
        infer("--finder", photos[0].parent, "--image", photos[0])
    with pytest.raises(CallError, match=r"--weight_path runs/없음 does not exist"):  # not that it is no .keras file
        infer("--weight_path", "runs/없음", "--image", photos[0])


WHAT_STARTED = """
import sys
from trainer.inference import main
try:
    status = main(sys.argv[1:])
except Exception as error:
    status = type(error).__name__
print(status, "tensorflow" in sys.modules, "keras" in sys.modules)
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--classes", "5"], "CallError False False"),
        (["--box", "0,0,999,9"], "CallError False False"),
        (["--species", "dog"], "0 True True"),
    ],
)
def test_nothing_starts_for_a_wrong_call(model_path, photos, arguments, expected):
    command = [sys.executable, "-c", WHAT_STARTED, "--weight_path", str(model_path), "--image", str(photos[0])]
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == expected


def test_real_photos_and_the_real_clip(infer, real_files):
    folder = real_files / "boxes/coco_permissive/images"
    status, out, err = infer("--image", folder, real_files / "clips/01_dog.mp4", "--json")
    results = json.loads(out)["results"]
    assert (status, err) == (0, []) and len(results) == len(list(folder.glob("*.jpg"))) + 1
    assert len(results[-1]["frames"]) == 49 and results[-1]["species"] == "dog"
