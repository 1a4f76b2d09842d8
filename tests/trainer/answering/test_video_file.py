"""Frames of videos, five a second, by their times."""

import os
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from shards.jpeg_headers import UnreadableImage
from trainer.answering.video_file import read_stated_size, sample_video_frames


def write_clip(path: Path, levels: list[int], fps: float) -> Path:
    """A video whose frame i is grey of levels[i], its upper half black."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, (64, 48))
    for level in levels:
        image = np.full((48, 64, 3), level, np.uint8)
        image[:24] = 0
        writer.write(image)
    writer.release()
    return path


@pytest.mark.parametrize("fps", [30, 25, 24, 15, 7, 5, 2])
def test_frames_nearest_to_each_fifth_of_a_second(fps, tmp_path):
    levels = [40 + 5 * i for i in range(40)]
    found = list(sample_video_frames(write_clip(tmp_path / "강아지.mp4", levels, fps)))
    times = np.arange(40) / fps
    wanted = np.arange(0, times[-1] + 1e-6, 0.2)
    nearest = np.unique([np.abs(times - at).argmin() for at in wanted.round(6)])
    assert np.abs(np.array([seconds for seconds, _ in found]) - times[nearest]).max() < 1e-3
    shown = np.array([pixels[-10:].mean() for _, pixels in found])
    brighter = np.array(levels)[nearest] - levels[0]
    assert np.abs(shown - shown[0] - brighter).max() < 2.4  # not the frame beside it, which is off by 5


def test_colours_and_shape(tmp_path):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (64, 48))
    for _ in range(3):
        writer.write(np.full((48, 64, 3), (0, 0, 220), np.uint8))  # BGR
    writer.release()
    _, pixels = next(sample_video_frames(path))
    assert pixels.shape == (48, 64, 3) and np.abs(pixels[20, 20].astype(int) - (220, 0, 0)).max() < 12


def test_all_frames_have_the_stated_size(tmp_path):
    """Also where one is larger: it is known before any is given out how much memory a frame takes."""
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 5, (64, 48))
    for seed in range(4):
        writer.write(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    data = bytearray(path.read_bytes())
    larger = cv2.imencode(".jpg", np.full((300, 400, 3), 90, np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 10])[1].tobytes()
    place = data.rindex(b"00dc", 0, data.index(b"idx1"))  # the last frame's chunk: name, size, JPEG
    size = int.from_bytes(data[place + 4 : place + 8], "little")
    data[place + 8 : place + 8 + size] = larger.ljust(size, b"\0")
    path.write_bytes(data)
    assert read_stated_size(path) == (64, 48)
    shapes = [pixels.shape for _, pixels in sample_video_frames(path)]
    assert shapes == [(48, 64, 3)] * 4
    path.write_bytes(b"no video")
    assert read_stated_size(path) == (0, 0)


def test_names_that_mean_something_to_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = write_clip(Path("plain.mp4"), [90] * 10, 10).read_bytes()
    for name in ("a:b.mp4", "clip%02d.mp4", "고양이 #1.mp4"):
        Path(name).write_bytes(made)
        assert len(list(sample_video_frames(Path(name)))) == 5


def test_what_a_phone_has_filmed_upright(tmp_path):
    """The display matrix of the track header, 36 bytes, says by how much to turn: here a quarter to the right."""
    path = write_clip(tmp_path / "a.mp4", [200] * 10, 10)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 0x10000
    matrix = (0, one, 0, -one & 0xFFFFFFFF, 0, 0, 48 * one, 0, 0x40000000)
    data[at : at + 36] = b"".join(number.to_bytes(4) for number in matrix)
    path.write_bytes(data)
    _, pixels = next(sample_video_frames(path))
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, :20].mean() > 150 and pixels[:, -20:].mean() < 50  # the black top has come to the right


@pytest.mark.parametrize("data", [b"", b"no video", b"\0\0\0\x18ftypmp42" + b"\0" * 200])
def test_what_is_no_video(data, tmp_path, capfd):
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(UnreadableImage, match="no video"):
        list(sample_video_frames(tmp_path / "a.mp4"))
    with pytest.raises(UnreadableImage, match="no such file"):
        list(sample_video_frames(tmp_path / "none.mp4"))
    assert capfd.readouterr() == ("", "")


CONTAINERS = {
    "a.avi": "MJPG",
    "b.avi": "XVID",
    "c.mkv": "mp4v",
    "d.webm": "VP90",
    "e.mov": "mp4v",
    "f.3gp": "mp4v",
    "fast.mp4": "mp4v",  # the index first
}


def write_noise(path: Path, code: str, frames: int = 100) -> Path:
    """Noise, whose frames take about as many bytes each, 25 a second, in any container."""
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), 25, (64, 48))
    noise = np.random.default_rng(0)
    for _ in range(frames):
        writer.write(noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    writer.release()
    if path.name.startswith("fast"):
        path.write_bytes(put_index_first(path.read_bytes()))
    return path


def put_index_first(data: bytes) -> bytes:
    """An MP4 as it is made for the web; stco holds the places of the frames, which move by the index's length."""
    at, boxes = 0, []
    while at < len(data):
        length = int.from_bytes(data[at : at + 4])
        boxes.append(data[at : at + length])
        at += length
    index = bytearray(next(box for box in boxes if box[4:8] == b"moov"))
    first = index.index(b"stco") + 12
    for place in range(first, first + 4 * int.from_bytes(index[first - 4 : first]), 4):
        index[place : place + 4] = (int.from_bytes(index[place : place + 4]) + len(index)).to_bytes(4)
    return boxes[0] + bytes(index) + b"".join(box for box in boxes[1:] if box[4:8] != b"moov")


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_clip_that_is_cut_short_is_told(name, tmp_path, capfd):
    path = write_noise(tmp_path / name, CONTAINERS[name])
    capfd.readouterr()
    whole = path.read_bytes()
    assert len(list(sample_video_frames(path))) == 20
    for part in (0.8, 0.5, 0.3):
        path.write_bytes(whole[: int(len(whole) * part)])
        seen = []
        with pytest.raises(UnreadableImage, match="cut short") as raised:
            seen.extend(sample_video_frames(path))
        found = re.search(r"end after ([\d.]+) of 4\.0 seconds", str(raised.value))
        assert bool(found) == (not name.startswith(("e.", "f.")))  # those have lost their index
        assert not found or abs(float(found[1]) - 4 * part) < 0.8
    assert capfd.readouterr() == ("", "")


def test_frames_that_stop_decoding(tmp_path):
    """The index is whole and says four seconds; what it points to is not there, or is something else."""
    path = write_noise(tmp_path / "fast.mp4", "mp4v")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    with pytest.raises(UnreadableImage, match=r"cut short or damaged: its frames end after [12]\.\d of 4\.0 seconds"):
        list(sample_video_frames(path))


def set_durations(data: bytes, durations: list[int], unit: int) -> bytes:
    """An MP4 whose frames last so many units of 1 / unit seconds each."""
    table = b"".join((1).to_bytes(4) + duration.to_bytes(4) for duration in durations)
    at = data.index(b"stts")
    old = int.from_bytes(data[at - 4 : at])
    box = b"stts" + bytes(4) + len(durations).to_bytes(4) + table
    more = len(box) + 4 - old
    changed = bytearray(data)
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = data.index(name) - 4
        changed[place : place + 4] = (int.from_bytes(data[place : place + 4]) + more).to_bytes(4)
    seconds = sum(durations) / unit
    for name, skip, rate in ((b"mvhd", 20, 1000), (b"tkhd", 24, 1000), (b"elst", 12, 1000), (b"mdhd", 20, unit)):
        if (place := data.find(name)) >= 0:
            changed[place + skip : place + skip + 4] = round(seconds * rate).to_bytes(4)
    place = data.index(b"mdhd") + 16
    changed[place : place + 4] = unit.to_bytes(4)
    return bytes(changed[: at - 4]) + (len(box) + 4).to_bytes(4) + box + data[at - 4 + old :]


@pytest.mark.parametrize(
    "durations",
    [[40] * 100, [20, 60] * 50, [33] * 90 + [500] * 4, [1000] + [40] * 60, [40] * 60 + [3000], [10] * 200 + [100] * 20],
    ids=["even", "uneven", "slow at the end", "a still first", "a still last", "fast and slow"],
)
def test_whole_clips_of_a_variable_rate_are_whole(durations, tmp_path):
    path = write_noise(tmp_path / "a.mp4", "mp4v", len(durations))
    path.write_bytes(put_index_first(set_durations(path.read_bytes(), durations, 1000)))
    seconds = [at for at, _ in sample_video_frames(path)]
    assert seconds[-1] == pytest.approx(sum(durations[:-1]) / 1000, abs=0.21)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(UnreadableImage, match="cut short"):
        list(sample_video_frames(path))


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(UnreadableImage, match="not a regular file"):
        next(sample_video_frames(tmp_path / "a.mp4"))


def test_the_real_clip(real_files):
    seconds = [at for at, _ in sample_video_frames(real_files / "clips/01_dog.mp4")]
    assert len(seconds) == 49  # 289 frames at 29.97 a second
    assert np.abs(np.array(seconds) - np.arange(49) / 5).max() < 0.5 / 29.97
