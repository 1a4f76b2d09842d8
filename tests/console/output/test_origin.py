"""What records say of the program and the machine."""

import os
import platform
from datetime import datetime

from console.output.origin import describe_machine, describe_program, list_gpus, name_time
from console.version import find_version


def test_the_program_is_named_as_its_version_does():
    found = describe_program()
    assert found["release"] in find_version() and (found["commit"] or "") in find_version()
    assert found["changed"] is None or found["changed"] == ("with changes" in find_version())
    assert found["python"] == platform.python_version()


def test_the_machine_is_this_one():
    found = describe_machine()
    with open("/proc/meminfo") as file:
        total = int(next(line.split()[1] for line in file if line.startswith("MemTotal"))) * 1024
    assert found["memory"] == total and found["cores"] == os.cpu_count()
    assert 1 <= found["usable_cores"] <= found["cores"] and found["processor"] and isinstance(found["gpus"], list)


def test_gpus_as_their_driver_names_them(tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for script, names in (("printf 'NVIDIA H100\\nNVIDIA H100\\n'", ["NVIDIA H100"] * 2), ("exit 9", [])):
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        assert list_gpus() == names


def test_times_have_their_zone():
    assert abs((datetime.fromisoformat(name_time()) - datetime.now().astimezone()).total_seconds()) < 5
