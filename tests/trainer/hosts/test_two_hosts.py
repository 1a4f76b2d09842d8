"""Two hosts train as one process would with the whole batch, and a run that loses one of them goes on exactly."""

import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import psutil
import pytest

from tests.conftest import ROOT
from tests.trainer.hosts.other_host import hash_weights, kept_run
from tests.trainer.runs import TINY, acting_after, read_weights, train_here
from trainer.hosts.host_addresses import HostAddresses
from trainer.run_files.checkpoint import list_checkpoints, read_progress

ONE_THREAD = dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"), "1")  # as in Ray
TWO = ("--hosts", "2")


@pytest.fixture(scope="module")
def arguments(small_weights):
    """Both stages, with dropout in the head and random numbers for each picture."""
    stages = ("--weights", str(small_weights), "--probe.epochs", "1", "--epochs", "1")
    return *stages, "--deterministic", "true", "--checkpoint_steps", "2", "--augment", "true"


@pytest.fixture(scope="module")
def by_ray(pets, arguments, tmp_path_factory):
    """A run of two hosts, of which Ray starts the second; nothing disturbs it."""
    out = tmp_path_factory.mktemp("hosts") / "둘"
    result = train_here(pets, out, *arguments, *TWO)
    assert result.returncode == 0, result.stderr
    assert "this is host 1 of 2, with 6 frames of a batch" in result.stderr
    return out


@contextmanager
def other_host(pets, out, arguments, steps=0):
    """The second host in a process of its own, by TF_CONFIG, which this process has as the first meanwhile."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in listeners]
    for each in listeners:
        each.close()
    call = ["--train", str(pets), "--out", str(out), *TINY, *arguments, *TWO]
    other = subprocess.Popen(
        [sys.executable, "-m", "tests.trainer.hosts.other_host", str(steps), *call],
        env=os.environ | ONE_THREAD | {"TF_CONFIG": HostAddresses(addresses, 1).dump()},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with other, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_CONFIG", HostAddresses(addresses, 0).dump())
        try:
            yield other
        finally:
            other.kill()


def test_two_hosts_do_what_one_process_does_with_the_whole_batch(by_ray, pets, arguments, tmp_path):
    """Losses, weights and the optimizer's means of the gradients, but for the order in which floats are added."""
    one = tmp_path / "하나"
    assert train_here(pets, one, *arguments).returncode == 0
    (alone, arrays), (together, others) = read_progress(one), read_progress(by_ray)
    for row, other in zip(alone.history, together.history, strict=True):
        for figure in ("loss", "train_accuracy", "val_loss", "macro_f1"):
            assert other[figure] == pytest.approx(row[figure], abs=1e-4), figure
    for name, array in arrays.items():
        np.testing.assert_allclose(others[name], array, rtol=1e-2, atol=2e-4, err_msg=name)
    moved = [name for name, array in arrays.items() if array.dtype == np.float32 and np.abs(array).max() > 1e-3]
    assert len(moved) > 10  # or nothing would have been compared


def test_a_run_says_how_many_hosts_it_has(by_ray, pets, arguments):
    assert json.loads((by_ray / "run.json").read_text())["settings"]["hosts"] == 2
    again = train_here(pets, by_ray, *arguments)
    assert again.returncode == 2 and "hosts was 2 and is not given" in again.stderr


def test_a_run_that_loses_its_other_host_twice_goes_on_exactly(by_ray, pets, arguments, tmp_path):
    """Ray's worker is killed in mid-epoch; then a host that was started by hand."""
    out = tmp_path / "둘"
    with acting_after(2, kill_the_worker):
        first = train_here(pets, out, *arguments, *TWO)
    assert first.returncode == 1 and not (out / "metrics.json").exists()
    assert first.stderr.splitlines()[-1] == (
        "train: host 2 of 2 was killed, or its node was lost; run the same command again, it goes on from there"
    )
    assert read_progress(out)[0].total_steps == 4
    with other_host(pets, out, arguments, steps=9) as other:
        second = train_here(pets, out, *arguments, *TWO)
        assert other.wait() == -9
    assert second.returncode == 1 and "goes on after 0 epochs and 4 of 6 steps" in second.stderr, second.stderr
    last = second.stderr.splitlines()[-1]
    assert "host 2 of 2 (127.0.0.1:" in last and "is gone" in last and "it goes on from there" in last
    assert read_progress(out)[0].total_steps == 8
    with other_host(pets, out, arguments) as other, kept_run() as runs:
        third = train_here(pets, out, *arguments, *TWO)
        output, messages = other.communicate()
    assert (third.returncode, other.returncode) == (0, 0), third.stderr + messages
    assert "goes on after 1 epochs and 2 of 6 steps" in third.stderr and "host 2 of 2 is done" in output
    assert output.split()[-1] == hash_weights(runs[0])  # both hosts end with the same
    assert len(list_checkpoints(out)) == 2
    undisturbed, resumed = read_weights(by_ray / "model.keras"), read_weights(out / "model.keras")
    for name, weights in undisturbed.items():
        np.testing.assert_array_equal(resumed[name], weights, err_msg=name)


def kill_the_worker():
    workers = [each for each in psutil.Process().children(recursive=True) if "_OtherHost" in " ".join(each.cmdline())]
    assert len(workers) == 1
    workers[0].kill()
