"""run.json, metrics.json and history.csv: what is read is what was written, or an error says which file is damaged."""

import json

import pytest

from shards.errors import DataError
from trainer.evaluation.run_page import read_run_history, read_run_metrics
from trainer.run_files.history import HISTORY_DIGEST, digest_history, write_history
from trainer.run_files.run_record import read_metrics, read_run_object, write_metrics, write_record

METRICS = {"model": "model.keras", "evaluation": {"frames": {"n": 12, "macro_f1": 0.41, "이름": "시험"}}}


def flip(path, word, bit=1):
    data = bytearray(path.read_bytes())
    data[data.index(word)] ^= bit
    path.write_bytes(data)


@pytest.mark.parametrize("word", [b"0.41", b"1,", b'digest"', b'format"', b"pet_mood", "시험".encode()])
def test_metrics_with_another_bit_are_not_believed(tmp_path, word):
    write_metrics(tmp_path, METRICS)
    assert read_metrics(tmp_path) == read_run_metrics(tmp_path) == METRICS
    flip(tmp_path / "metrics.json", word)
    assert read_metrics(tmp_path) is None  # the run computes it again
    with pytest.raises(DataError, match=r"metrics\.json is (damaged|not JSON): .*; restore it or train anew"):
        read_run_metrics(tmp_path)


def test_metrics_whose_format_and_digest_are_other_words(tmp_path):
    write_metrics(tmp_path, METRICS | {HISTORY_DIGEST: digest_history(b"epoch")})
    path = tmp_path / "metrics.json"
    path.write_bytes(path.read_bytes().replace(b'"format"', b'"formau"').replace(b'"digest"', b'"digesu"'))
    assert read_metrics(tmp_path) is None
    with pytest.raises(DataError, match="is damaged: it holds no digest of itself; train anew"):
        read_run_object(path, "train anew")


def test_metrics_of_the_time_before_there_was_a_digest(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(METRICS))
    assert read_metrics(tmp_path) == METRICS


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "{", "\udc80"])
def test_what_is_no_metrics(tmp_path, text):
    (tmp_path / "metrics.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_metrics(tmp_path) is None
    with pytest.raises(DataError, match=r"metrics\.json (is not JSON|holds no JSON object)"):
        read_run_metrics(tmp_path)


def test_a_record_that_is_only_shown_is_compared_with_its_digest_too(tmp_path):
    write_record(tmp_path, {"fingerprint": "0" * 32, "settings": {"epochs": 3}})
    assert read_run_object(tmp_path / "run.json", "")["settings"] == {"epochs": 3}
    flip(tmp_path / "run.json", b"3\n")
    with pytest.raises(DataError, match=r"run\.json is damaged: it differs"):
        read_run_object(tmp_path / "run.json", "remove it")


def test_a_history_with_another_bit(tmp_path):
    write_history(tmp_path, ["epoch", "loss"], [{"epoch": 1, "loss": 1.5}, {"epoch": 2, "loss": 1.25}])
    data = (tmp_path / "history.csv").read_bytes()
    write_metrics(tmp_path, METRICS | {HISTORY_DIGEST: digest_history(data)})
    assert read_run_history(tmp_path)[1] == {"epoch": 2, "loss": 1.25}
    flip(tmp_path / "history.csv", b"1.25", 2)
    with pytest.raises(DataError, match=r"history\.csv differs from what the run wrote; restore it, or remove it"):
        read_run_history(tmp_path)
    (tmp_path / "metrics.json").unlink()
    (tmp_path / "history.csv").write_bytes(b"epoch\n\xff\n")
    with pytest.raises(DataError, match=r"history\.csv is no CSV"):
        read_run_history(tmp_path)
