"""The model of `python -m benchmarks.epoch`, by hand; and its call with rates from a file."""

import json

import numpy as np
import pytest

from benchmarks.epoch.__main__ import combine_entries, main
from benchmarks.epoch.assumptions import AIHUB_FRAMES, ASSUMPTIONS, DISK_BYTES, Assumed
from benchmarks.epoch.epoch_model import (
    count_feeding_cores,
    draw_values,
    model_all,
    model_epoch,
    model_making,
    model_plain_epoch,
    summarize_row,
)
from benchmarks.epoch.measured_rates import RATES, read_rates, read_step_figures, span_rounds
from shards.errors import CallError

GIVEN = {
    "frames a core": [200, 250, 260], "plain a core": 170, "input a core": [3000, 3200, 3300], "frame bytes": 400_000,
    "record bytes": 10_000, "kept share": 0.95,
}  # fmt: skip
# Everything certain, in round numbers: what the model says can be worked out on paper.
CERTAIN = {
    "step rate": 600, "float32 share": 0.5, "validation speed-up": 3, "input loss": 0, "cores": 8, "core speed": 1,
    "threads' efficiency": 1, "validation frames": 360_000, "videos": 50_000, "kept share": 0.5, "whole frames": 0,
    "hard disk": 100, "SATA SSD": 500, "NVMe SSD": 2500, "frames a core": 250, "plain a core": 170,
    "input a core": 3000, "frame bytes": 400_000, "record bytes": 10_000,
}  # fmt: skip
FRAMES = AIHUB_FRAMES + 360_000


def draw(**others):
    return draw_values({name: Assumed(*[value] * 3) for name, value in (CERTAIN | others).items()}, 0, draws=5)


def test_each_assumption_has_an_order_a_unit_and_a_source():
    for name, entry in (ASSUMPTIONS | DISK_BYTES).items():
        assert entry.low <= entry.middle <= entry.high and entry.unit and entry.source, name
    assert ASSUMPTIONS.keys() | DISK_BYTES.keys() | RATES.keys() == CERTAIN.keys()


def test_draws_repeat_and_stay_inside():
    entries = {"a": Assumed(1, 2, 6), "b": Assumed(3, 3, 3), "c": Assumed(1, 5, 5)}
    one, same, other = draw_values(entries, 7), draw_values(entries, 7), draw_values(entries, 8)
    assert all((one[name] == same[name]).all() for name in entries)
    assert (one["a"] != other["a"]).any() and (one["b"] == 3).all()
    assert one["a"].min() >= 1 and one["a"].max() <= 6 and one["a"].mean() == pytest.approx(3, abs=0.05)
    assert abs(np.corrcoef(one["a"], one["c"])[0, 1]) < 0.03
    with pytest.raises(ValueError, match="not in order"):
        draw_values({"a": Assumed(2, 1, 3)}, 0)


def test_the_slowest_part_limits():
    rates = {"GPU": np.array([5, 5, 1, 5]), "cores": np.array([2, 2, 2, 9]), "disk": np.array([9, 9, 9, 1])}
    row = summarize_row("x", rates, np.array([1.0, 2.0, 3.0, 4.0]))
    assert (row.limit, row.limit_share) == ("cores", 0.5) and row.hours[1] == 2.5
    assert row.rates == {"GPU": 5, "cores": 2, "disk": 9}


def test_an_epoch_from_shards():
    whole = model_epoch("x", draw(), "SATA SSD")
    assert whole.rates == {"GPU": 600, "cores": 21_000, "disk": 50_000} and whole.limit == "GPU"
    assert whole.hours[1] == pytest.approx((AIHUB_FRAMES / 600 + 360_000 / 1800) / 3600)
    half = model_epoch("x", draw(), "SATA SSD", is_deduplicated=True)
    assert half.hours[1] == pytest.approx(whole.hours[1] / 2)
    eight = model_epoch("x", draw(), "SATA SSD", per_video=8)
    assert eight.hours[1] == pytest.approx((400_000 / 600 + 200) / 3600)
    few = model_epoch("x", draw(**{"kept share": 0.1}), "SATA SSD", is_deduplicated=True, per_video=8)
    assert few.hours[1] == pytest.approx((AIHUB_FRAMES * 0.1 / 600 + 20) / 3600)  # 4.3 of a video are left
    lossy = model_epoch("x", draw(**{"input loss": 0.1}), "SATA SSD")
    assert lossy.hours[1] == pytest.approx((AIHUB_FRAMES / 600 * 1.1 + 200) / 3600)


@pytest.mark.parametrize(
    ("limit", "rate", "others"),
    [("cores", 70, {"input a core": 10}), ("disk", 100, {"record bytes": 5_000_000})],
)
def test_an_epoch_that_waits_for_its_input(limit, rate, others):
    row = model_epoch("x", draw(**others | {"validation frames": 0}), "SATA SSD")
    assert row.limit == limit and row.hours[1] == pytest.approx(AIHUB_FRAMES / rate / 3600)


def test_validation_decodes_whole_crops():
    row = model_epoch("x", draw(**{"input a core": 10}), "SATA SSD")
    validation = 360_000 / (70 / (256 / 224) ** 2)
    assert row.hours[1] == pytest.approx((AIHUB_FRAMES / 70 + validation) / 3600)


def test_the_plain_pipeline():
    one = model_plain_epoch("x", draw(), "SATA SSD", is_one_thread=True)
    assert one.limit == "cores" and one.hours[1] == pytest.approx(FRAMES / 170 / 3600)
    several = model_plain_epoch("x", draw(), "SATA SSD", is_one_thread=False)
    assert several.limit == "GPU" and several.hours[1] == pytest.approx(FRAMES / 300 / 3600)
    slow = model_plain_epoch("x", draw(), "hard disk", is_one_thread=False)
    assert slow.limit == "disk" and slow.hours[1] == pytest.approx(FRAMES / 250 / 3600)


def test_making_the_dataset():
    fast = model_making("x", draw(**{"whole frames": 0.25}), "NVMe SSD")
    assert fast.limit == "cores" and fast.hours[1] == pytest.approx(FRAMES / 1600 / 3600)
    slow = model_making("x", draw(), "hard disk")
    assert slow.limit == "disk" and slow.hours[1] == pytest.approx(FRAMES * 420_000 / 100e6 / 3600)


def test_how_many_cores_feed_the_gpu():
    assert count_feeding_cores(draw()) == pytest.approx((0.2, 21_000))


def test_the_most_that_is_kept_is_what_was_measured():
    assert combine_entries({"kept share": Assumed(0.97, 0.97, 0.97)})["kept share"][:3] == (0.2, 0.5, 0.97)
    assert combine_entries({"kept share": Assumed(0.1, 0.1, 0.1)})["kept share"][:3] == (0.2, 0.5, 0.5)


def test_wider_intervals_give_wider_hours():
    rows = [row for found in model_all(draw()).values() for row in found]
    assert len(rows) == 12 and all(row.hours[0] == row.hours[2] for row in rows)
    wide = draw_values(ASSUMPTIONS | DISK_BYTES | {name: Assumed(*[CERTAIN[name]] * 3) for name in RATES}, 0)
    assert all(row.hours[0] < row.hours[1] < row.hours[2] for found in model_all(wide).values() for row in found)


def test_rounds_span_an_interval():
    assert span_rounds([3, 1, 2], "frames/s")[:3] == (1, 2, 3)


def test_a_gpu_replaces_what_is_assumed_of_it():
    found = read_step_figures({"model_images_per_second": 512.0, "loss_to_input": -0.01})
    entries = combine_entries({"kept share": Assumed(1, 1, 1)} | found)
    assert entries["step rate"][:3] == (512, 512, 512) and entries["input loss"][:3] == (0, 0, 0)


def test_a_call_with_rates_from_a_file(tmp_path, capsys):
    path = tmp_path / "속도.json"
    path.write_text(json.dumps(GIVEN))
    assert main(["--rates", str(path)]) == 0
    first = capsys.readouterr().out
    figures = json.loads(first.splitlines()[-1])
    assert figures["rates"]["frames a core"] == [200, 250, 260] and len(figures["rows"]) == 12
    assert all(row["hours"][0] < row["hours"][1] < row["hours"][2] for row in figures["rows"])
    assert "no GPU is at hand" in first and "8 frames a video" in first
    path.write_text(first.splitlines()[-1])  # the last line of a call is rates for another
    assert main(["--rates", str(path)]) == 0 and capsys.readouterr().out == first
    assert main(["--rates", str(path), "--seed", "1"]) == 0 and capsys.readouterr().out != first
    path.write_text(json.dumps(GIVEN | {"step rate": 500, "input loss": [0, 0.01, 0.02]}))
    assert main(["--rates", str(path)]) == 0
    said = capsys.readouterr().out
    assert "no GPU is at hand" not in said and json.loads(said.splitlines()[-1])["entries"]["step rate"] == [500] * 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("[1]", "give an object with frames a core"),
        (json.dumps(GIVEN | {"speed": 1}), "give an object"),
        (json.dumps({name: GIVEN[name] for name in list(GIVEN)[1:]}), "give an object"),
        (json.dumps(GIVEN | {"kept share": "all"}), "kept share is all"),
        (json.dumps(GIVEN | {"kept share": True}), "kept share is True"),
        (json.dumps(GIVEN | {"frame bytes": [3, 2, 1]}), "frame bytes is"),
        (json.dumps(GIVEN | {"frame bytes": 0}), "frame bytes is 0"),
        (json.dumps(GIVEN | {"frame bytes": [1, 2]}), "frame bytes is"),
        (json.dumps(GIVEN | {"frame bytes": float("nan")}), "frame bytes is nan"),
    ],
)
def test_bad_rates(tmp_path, text, problem):
    path = tmp_path / "rates.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(CallError, match=problem):
        read_rates(path)


@pytest.mark.parametrize("arguments", [["--rounds", "0"], ["--seed", "-1"]])
def test_bad_calls_of_epoch(arguments):
    with pytest.raises(CallError, match=arguments[0]):
        main(arguments)
