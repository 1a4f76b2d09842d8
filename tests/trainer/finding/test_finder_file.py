"""Opening a finder by what its file is."""

import pytest

from shards.errors import CallError, DataError
from trainer.finding.finder_file import open_finder
from trainer.finding.ssd_finder import SsdFinder


def test_a_litert_file_of_any_name(colour_finder, tmp_path):
    path = tmp_path / "찾기"
    path.write_bytes(colour_finder.read_bytes())
    assert isinstance(open_finder(path, threads=2), SsdFinder)


def test_what_is_no_finder(tmp_path):
    cases = {
        "none": (None, r"there is no such file; give MediaPipe's SSD"),
        "empty.tflite": (b"", "an empty file, not a finder"),
        "model.keras": (b"PK\3\4" + bytes(40), "a zip or .keras file, not a finder"),
        "picture.tflite": (b"\xff\xd8\xff" + bytes(40), "not a LiteRT file, not a finder"),
    }
    for name, (content, message) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(CallError, match=message) as raised:
            open_finder(tmp_path / name)
        assert f"--finder {tmp_path / name}" in str(raised.value)
    with pytest.raises(CallError, match=r"--finder .*folder"):
        (tmp_path / "folder").mkdir()
        open_finder(tmp_path / "folder")


def test_a_damaged_one(colour_finder, tmp_path):
    content = colour_finder.read_bytes()
    for name, part in (("half", content[: len(content) // 2]), ("head", content[:20])):
        (tmp_path / name).write_bytes(part)
        with pytest.raises(DataError, match=r"LiteRT cannot load it: .*; get the file anew"):
            open_finder(tmp_path / name)


def test_another_network(tmp_path):
    """A mood model is a .tflite too."""
    import tensorflow as tf

    signature = [tf.TensorSpec((1, 48, 48, 3), tf.uint8)]
    twice = tf.function(lambda pictures: tf.cast(pictures, tf.float32)[:, 0, 0] * 2, input_signature=signature)
    (tmp_path / "model.tflite").write_bytes(
        tf.lite.TFLiteConverter.from_concrete_functions([twice.get_concrete_function()]).convert()
    )
    with pytest.raises(CallError, match=r"another network: it takes \(1, 48, 48, 3\) and gives \(1, 3\); MediaPipe's"):
        open_finder(tmp_path / "model.tflite")
