"""Frames of videos, five a second, by their times."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from shards.jpeg import UnreadableImage
from trainer.clips import read_frames


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
    found = list(read_frames(write_clip(tmp_path / "강아지.mp4", levels, fps)))
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
    _, pixels = next(read_frames(path))
    assert pixels.shape == (48, 64, 3) and np.abs(pixels[20, 20].astype(int) - (220, 0, 0)).max() < 12


def test_names_that_mean_something_to_ffmpeg(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = write_clip(Path("plain.mp4"), [90] * 10, 10).read_bytes()
    for name in ("a:b.mp4", "clip%02d.mp4", "고양이 #1.mp4"):
        Path(name).write_bytes(made)
        assert len(list(read_frames(Path(name)))) == 5


def test_what_a_phone_has_filmed_upright(tmp_path):
    """The display matrix of the track header, 36 bytes, says by how much to turn: here a quarter to the right."""
    path = write_clip(tmp_path / "a.mp4", [200] * 10, 10)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    one = 0x10000
    matrix = (0, one, 0, -one & 0xFFFFFFFF, 0, 0, 48 * one, 0, 0x40000000)
    data[at : at + 36] = b"".join(number.to_bytes(4) for number in matrix)
    path.write_bytes(data)
    _, pixels = next(read_frames(path))
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, :20].mean() > 150 and pixels[:, -20:].mean() < 50  # the black top has come to the right


@pytest.mark.parametrize("data", [b"", b"no video", b"\0\0\0\x18ftypmp42" + b"\0" * 200])
def test_what_is_no_video(data, tmp_path, capfd):
    (tmp_path / "a.mp4").write_bytes(data)
    with pytest.raises(UnreadableImage, match="no video"):
        list(read_frames(tmp_path / "a.mp4"))
    with pytest.raises(UnreadableImage, match="no such file"):
        list(read_frames(tmp_path / "none.mp4"))
    assert capfd.readouterr() == ("", "")


def test_the_real_clip(real_files):
    seconds = [at for at, _ in read_frames(real_files / "clips/01_dog.mp4")]
    assert len(seconds) == 49  # 289 frames at 29.97 a second
    assert np.abs(np.array(seconds) - np.arange(49) / 5).max() < 0.5 / 29.97
