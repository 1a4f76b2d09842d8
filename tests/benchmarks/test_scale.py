"""The measurements of `python -m benchmarks.scale` at a small size, and the arithmetic of what they are taken for."""

from queue import Queue

import pytest

from benchmarks.scale.__main__ import derive_costs, main
from benchmarks.scale.driver_growth import measure_animal_split, measure_driver, measure_index, write_made_rows
from benchmarks.scale.projection import UnitCosts, count_opened_spills, project
from benchmarks.scale.spill_growth import measure_shard_task
from shards.errors import CallError

UNIT = UnitCosts(200, 1e-5, 100, 10_000_000, 40, 100, 500e6, 1e-4)


def measure(function, *arguments):
    """What a measurement that usually has a process of its own puts into its queue."""
    results = Queue()
    function(*arguments, results)
    return results.get_nowait()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    write_made_rows(folder, 4000)
    return folder


def test_the_driver_plans_and_assembles_made_rows(made):
    found = measure(measure_driver, made)
    assert found["tasks"] == 2 and found["rows"] == 4000
    assert 1900 < found["kept"] < 2100  # half of them; random hashes are near nothing
    assert {"read", "split", "join", "order", "number", "calls", "assemble"} <= found["seconds"].keys()
    assert found["seconds"]["plan"] >= found["seconds"]["read"] > 0
    index = measure(measure_index, made)
    assert 0.85 * found["kept"] < index["records"] < 0.95 * found["kept"]  # each tenth video is of validation
    assert measure(measure_animal_split, made)["videos"] == 40


def test_a_shard_task_opens_one_spill_at_a_time(tmp_path):
    found = measure(measure_shard_task, tmp_path, 50, 400)
    assert found["descriptors"] <= 2  # a spill, or the shard; and the list of them while it is read
    assert found["call_bytes"] > 29 * 400


def test_how_many_spills_a_shard_opens():
    assert count_opened_spills(10_000, 1) == 1
    assert count_opened_spills(10_000, 10) == pytest.approx(10)
    assert count_opened_spills(10_000, 10_000) == pytest.approx(6321, abs=1)
    assert count_opened_spills(10_000, 1e9) == pytest.approx(10_000, rel=1e-3)


def test_costs_grow_as_they_should():
    few, many = ({cost.what: cost.value for cost in project(frames, UNIT)} for frames in (1e8, 1e10))
    assert few["driver memory"] == 20 and few["video tasks"] == 50_000
    assert few["join"] == pytest.approx(100 * 5**1.38 / 3600)
    growth = {what: many[what] / few[what] for what in few}
    assert growth["join"] == pytest.approx(2**1.38 * 50**2)
    assert growth["cutting"] == growth["driver memory"] == growth["manifest"] == pytest.approx(100)
    assert 100 < growth["reads of spills"] < 120  # each record is a read of its own in the end


def test_unit_costs_leave_out_what_is_fixed():
    def driver(rows, gb, seconds):
        return {"rows": rows, "kept": rows // 2, "shards_gb": gb, "seconds": {"plan": seconds + 5, "join": seconds}}

    few = {"driver": driver(1000, 1.0, 1) | {"manifest_bytes": 40_000}, "index": {"records": 500, "peak_gb": 1e-6}}
    more = {"driver": driver(2000, 1.0, 1) | {"manifest_bytes": 80_000}, "index": {"records": 1000, "peak_gb": 2e-6}}
    many = {"driver": driver(1_001_000, 1.2, 9)}
    spills = [
        {"spills": number, "core_seconds": seconds, "verify_mb_a_second": 500}
        for number, seconds in ((10, 1.0), (1010, 1.5))
    ]
    unit = derive_costs([few, more, many], spills)
    assert unit.driver_bytes == pytest.approx(200) and unit.plan_seconds == 0
    assert unit.join_seconds == 9 and unit.join_codes == 500_500
    assert unit.manifest_bytes == 40 and unit.index_bytes == 2 and unit.open_seconds == pytest.approx(5e-4)


@pytest.mark.parametrize("arguments", [["--rows", "1000"], ["--rows", "30000000"], ["--folder", "nowhere/at/all"]])
def test_bad_calls(arguments):
    with pytest.raises(CallError, match=arguments[0]):
        main(arguments)
