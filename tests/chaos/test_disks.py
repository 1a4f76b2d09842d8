"""Disks that fail, are full, lose their power, and limits: a few real tries of each."""

import errno
import os
import subprocess
import sys

import pytest

from chaos.commands.disk_faults import DiskPlan, count_operations, name_environment, write_plan
from chaos.whole_runs import full_disks, power_loss, tight_limits
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


@pytest.mark.skipif(bool(power_loss.find_obstacle()), reason=power_loss.find_obstacle())
def test_the_power_goes_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(power_loss, 2)
    findings = power_loss.run(make_bench(power_loss, 2))
    assert findings.outcomes.total() == 2 and "whole, then other bytes" in findings.outcomes
    assert findings.lost == ["ext4, done: features.json differs"]


@pytest.mark.skipif(not tight_limits.can_mount(), reason="mounts need root")
def test_a_read_only_output_is_refused_and_a_changed_byte_is_found(make_bench, spoil):
    spoil(tight_limits, 1)
    findings = tight_limits.run(make_bench(tight_limits, 1))
    assert findings.outcomes == {"output that is read-only: status 2, then other bytes": 1}
    assert findings.lost == ["output that is read-only: features.json differs"]
