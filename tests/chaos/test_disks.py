"""Disks that fail, are full, lose their power, and limits: a few real tries of each."""

import errno
import os
import subprocess
import sys
from contextlib import nullcontext

import pytest

from chaos.commands.disk_faults import DiskPlan, count_operations, name_environment, write_plan
from chaos.commands.resident_runs import start_resident_runs
from chaos.whole_runs import full_disks, lost_writes, power_cuts, power_loss, tight_limits
from chaos.whole_runs.lost_writes import find_disk_obstacle, open_volatile_disk
from chaos.whole_runs.power_cuts import find_mount_obstacle, list_kinds, make_image, mount_image
from tests.conftest import ROOT

WRITER = """
import os, sys
from pathlib import Path
try:
    with open(sys.argv[1], "wb") as file:
        file.write(b"four")
        file.flush()
        os.fsync(file.fileno())
    os.replace(sys.argv[1], sys.argv[1] + ".done")
except OSError as error:
    print(error.errno, Path(sys.argv[1]).stat().st_size if Path(sys.argv[1]).exists() else None)
"""


@pytest.fixture(scope="module")
def resident_runs(tmp_path_factory):
    with start_resident_runs(tmp_path_factory.mktemp("runs") / "log") as runs:
        yield runs


@pytest.fixture
def share_runs(resident_runs, monkeypatch):
    """Let an experiment, given by its module, use the process that others here have used: a Ray starts in seconds."""
    return lambda module: monkeypatch.setattr(module, "start_resident_runs", lambda log: nullcontext(resident_runs))


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "28 None"), (2, "28 2"), (3, "28 4"), (4, "28 4"), (5, "")],  # opening, writing, fsync, renaming, none is left
)
def test_each_operation_fails_in_its_turn(tmp_path, number, said):
    plan = tmp_path / "plan.json"
    write_plan(plan, DiskPlan(str(tmp_path / "disk"), number, errno.ENOSPC, lasts=True))
    (tmp_path / "disk").mkdir()
    environment = os.environ | name_environment(plan, tmp_path / "startup")
    call = [sys.executable, "-c", WRITER, str(tmp_path / "disk" / "file")]
    done = subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == said and (said or count_operations(plan) == 4)


def test_a_full_disk_is_one_line_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(full_disks, 3)
    findings = full_disks.run(make_bench(full_disks, 2))
    assert findings.measured["operations"] > 100 and findings.outcomes.total() == 3
    assert findings.outcomes["disk full: status 2, then the same bytes"] == 1
    assert len(findings.lost) == 1 and findings.lost[0].endswith("features.json differs"), findings.lost


@pytest.mark.skipif(bool(find_mount_obstacle()), reason=find_mount_obstacle())
def test_the_power_goes_and_a_changed_byte_is_found(make_bench, spoil, share_runs):
    share_runs(power_loss)
    spoil(power_cuts, 2)
    findings = power_loss.run(make_bench(power_loss, 2))
    assert findings.outcomes.total() == 2 and "whole, then other bytes" in findings.outcomes
    assert len(findings.lost) == 1 and findings.lost[0].endswith("done: features.json differs"), findings


@pytest.mark.skipif(bool(find_disk_obstacle()), reason=find_disk_obstacle())
def test_unsynced_writes_are_lost_and_a_changed_byte_is_found(make_bench, spoil, share_runs):
    share_runs(lost_writes)
    spoil(power_cuts, 2)
    findings = lost_writes.run(make_bench(lost_writes, 2))
    assert findings.outcomes.total() == 2 and "whole, then other bytes" in findings.outcomes
    assert len(findings.lost) == 1 and findings.lost[0].endswith("done: features.json differs"), findings
    assert findings.measured["dropped_blocks"] <= findings.measured["unsynced_blocks"]


@pytest.mark.skipif(bool(find_disk_obstacle()), reason=find_disk_obstacle())
def test_an_instant_that_comes_after_the_end_of_its_run_is_made_up_for(make_bench, share_runs, monkeypatch):
    share_runs(lost_writes)
    monkeypatch.setattr(lost_writes, "_count_writes", lambda *call: 1 << 40)
    findings = lost_writes.run(make_bench(lost_writes, 2))
    assert findings.outcomes == {"whole, then the same bytes": 2} and not findings.lost, findings


@pytest.mark.skipif(bool(find_disk_obstacle()), reason=find_disk_obstacle())
@pytest.mark.parametrize("lies", [False, True])
def test_a_disk_keeps_what_was_synced_and_what_chance_keeps_of_the_rest(tmp_path, lies):
    """As a file system sees it: blocks of 4 KB, the first half of them synced."""
    image = tmp_path / "image"
    image.write_bytes(bytes(32 * 4096))
    with open_volatile_disk(image, tmp_path / "disk", lies) as volatile:
        volatile.plan_cut(tmp_path / "planned", 1, 0.0, after_writes=8)
        with open(volatile.disk, "r+b", buffering=0) as file:
            for number in range(32):
                file.write(bytes([number + 1]) * 4096)
                if number == 15:
                    os.fsync(file.fileno())
        half = volatile.cut(tmp_path / "half", 1, 0.5)[str(tmp_path / "half")]
        counts = volatile.cut(tmp_path / "none", 2, 0.0)[str(tmp_path / "none")]
        assert volatile.disk.read_bytes() == b"".join(bytes([number + 1]) * 4096 for number in range(32))
    assert counts["writes"] == 32 and counts["flushes"] == 1
    assert counts["dropped_blocks"] == counts["unsynced_blocks"] and half["dropped_blocks"] < half["unsynced_blocks"]
    assert (tmp_path / "planned").read_bytes() == bytes(32 * 4096)
    synced = b"".join(bytes([number + 1]) * 4096 for number in range(16))
    assert (tmp_path / "none").read_bytes() == (bytes(16 * 4096) if lies else synced) + bytes(16 * 4096)
    left = (tmp_path / "half").read_bytes()
    assert (left[: 16 * 4096] == synced) is not lies
    assert left[16 * 4096 :] != bytes(16 * 4096)


@pytest.mark.skipif(bool(find_disk_obstacle()), reason=find_disk_obstacle())
@pytest.mark.parametrize("kind", list_kinds())
def test_a_loop_device_passes_on_the_syncs_of_its_file_system(tmp_path, kind):
    """What is synced on the file system above is on the disk after its power goes, and nothing else."""
    make_image(kind, tmp_path / "image")
    with (
        open_volatile_disk(tmp_path / "image", tmp_path / "disk") as volatile,
        mount_image(kind, volatile.disk, tmp_path / "mounted") as mounted,
    ):
        (mounted / "unsynced").write_bytes(b"left" * 10_000)
        with open(mounted / "synced", "wb") as file:
            file.write(b"kept" * 10_000)
            file.flush()
            os.fsync(file.fileno())
        volatile.cut(tmp_path / "left", 1, 0.0)
    with mount_image(kind, tmp_path / "left", tmp_path / "mounted"):
        assert (tmp_path / "mounted" / "synced").read_bytes() == b"kept" * 10_000
        unsynced = tmp_path / "mounted" / "unsynced"
        assert not unsynced.exists() or not unsynced.read_bytes()


@pytest.mark.skipif(not tight_limits.can_mount(), reason="mounts need root")
def test_a_read_only_output_is_refused_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(tight_limits, 1)
    findings = tight_limits.run(make_bench(tight_limits, 1))
    assert findings.outcomes == {"output that is read-only: status 2, then other bytes": 1}
    assert findings.lost == ["output that is read-only: features.json differs"]
