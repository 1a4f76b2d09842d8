"""A ring of hosts: gathers, adds up in the same way everywhere, and notices who is gone or not the same."""

import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from shards.errors import CallError, DataError
from tests.conftest import ROOT
from trainer.hosts import host_ring
from trainer.hosts.host_ring import HostRing


def find_addresses(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    addresses = [f"127.0.0.1:{each.getsockname()[1]}" for each in listeners]
    for each in listeners:
        each.close()
    return addresses


def in_each(rings, act):
    """What `act` gives for each ring, all at once; an error counts as what it gives."""

    def attempt(ring):
        try:
            return act(ring)
        except (CallError, DataError) as error:
            return error

    with ThreadPoolExecutor(len(rings)) as pool:
        return list(pool.map(attempt, rings))


@pytest.fixture(params=[2, 3, 5])
def rings(request):
    """Hosts that are connected."""
    addresses = find_addresses(request.param)
    found = [HostRing(place, request.param, lambda: addresses) for place in range(request.param)]
    assert in_each(found, lambda ring: ring.connect("same")) == [None] * request.param
    yield found
    for ring in found:
        ring.close()


@pytest.mark.parametrize("length", [1, 7, 1_000_003])  # fewer than hosts, and more than a connection's buffers hold
def test_sums_have_the_same_bytes_everywhere(rings, length):
    given = np.random.default_rng(length).normal(size=(len(rings), length)).astype(np.float32)
    mine = given.copy()
    in_each(rings, lambda ring: ring.add_up(mine[ring.place]))
    np.testing.assert_allclose(mine[0], given.sum(axis=0), rtol=1e-4, atol=1e-5)
    assert {each.tobytes() for each in mine} == {mine[0].tobytes()}


def test_what_hosts_give_comes_in_their_order(rings):
    texts = [b"x" * 100_000 * ring.place + str(ring.place).encode() for ring in rings]
    assert in_each(rings, lambda ring: ring.gather(texts[ring.place])) == [texts] * len(rings)
    rows = np.arange(len(rings) - 1).repeat(np.arange(len(rings) - 1) + 1).reshape(-1, 1)  # the last has none
    own = in_each(rings, lambda ring: ring.gather_rows(rows[rows[:, 0] == ring.place]))
    assert all(np.array_equal(each, rows) for each in own)
    assert in_each(rings, lambda ring: ring.hand_on(b"first" if ring.is_first else b"")) == [b"first"] * len(rings)


def test_all_notice_a_host_that_is_gone(rings):
    def lose_the_last(ring):
        if ring is rings[-1]:
            ring.close()
            return "gone"
        return ring.gather(b"")

    started = time.monotonic()
    *found, _ = in_each(rings, lose_the_last)
    assert all(isinstance(each, DataError) and "is gone" in str(each) for each in found)
    assert time.monotonic() - started < 10


def test_a_host_with_another_run_is_refused():
    addresses = find_addresses(2)
    found = in_each(
        [HostRing(place, 2, lambda: addresses) for place in range(2)], lambda ring: ring.connect(str(ring.place))
    )
    assert all("has other settings, data, versions" in str(each) for each in found)


def test_strangers_are_passed_over():
    addresses = find_addresses(2)
    pair = [HostRing(place, 2, lambda: addresses) for place in range(2)]
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(pair[0].connect, "same")
        host, port = addresses[0].split(":")
        for said in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100):
            for _ in range(100):
                try:
                    with socket.create_connection((host, int(port))) as stranger:
                        stranger.sendall(said)
                    break
                except ConnectionRefusedError:  # it does not listen yet
                    time.sleep(0.05)
        pair[1].connect("same")
        first.result()
    assert in_each(pair, lambda ring: ring.gather(b"%d" % ring.place)) == [[b"0", b"1"]] * 2
    in_each(pair, HostRing.close)


def test_a_host_that_does_not_come(monkeypatch):
    monkeypatch.setattr(host_ring, "_MEET_SECONDS", 0.3)
    addresses = find_addresses(2)
    with pytest.raises(DataError, match=r"host 2 of 2 \(127.0.0.1:\d+\) did not come within 0.3 s"):
        HostRing(0, 2, lambda: addresses).connect("same")


def test_the_reason_of_a_loss_is_told():
    ring = HostRing(0, 2, lambda: find_addresses(2), lambda _: "host 2 of 2 ended with status 2: no such file")
    with pytest.raises(DataError, match=r"^host 2 of 2 ended with status 2: no such file"):
        ring.connect("same")


def test_a_host_that_says_nothing(monkeypatch):
    monkeypatch.setattr(host_ring, "_SILENT_SECONDS", 0.3)
    addresses = find_addresses(2)
    pair = [HostRing(place, 2, lambda: addresses) for place in range(2)]
    in_each(pair, lambda ring: ring.connect("same"))
    with pytest.raises(DataError, match=r"^host 2 of 2 \(127.0.0.1:\d+\) has said nothing for 0.3 s; run the same"):
        pair[0].gather(b"")
    in_each(pair, HostRing.close)


_STOPPED = """
import sys, time
from trainer.hosts.host_ring import HostRing
ring = HostRing(int(sys.argv[1]), int(sys.argv[2]), lambda: sys.argv[3].split(), pulse_seconds=60)
ring.connect("same")
print("met", flush=True)
while True:
    ring.hand_on(b"x" * 5_000_000)
"""


@pytest.mark.parametrize(("count", "place"), [(2, 1), (3, 1), (3, 2)])
def test_a_host_that_is_stopped_is_given_up(count, place):
    """Its connections live on, and no other host waits: each is in the middle of another call."""
    addresses = find_addresses(count)
    others = [each for each in range(count) if each != place]
    found = {each: HostRing(each, count, lambda: addresses, pulse_seconds=1) for each in others}
    call = [sys.executable, "-c", _STOPPED, str(place), str(count), " ".join(addresses)]
    with subprocess.Popen(call, stdout=subprocess.PIPE, cwd=ROOT) as process, ThreadPoolExecutor(count) as pool:
        try:
            list(pool.map(lambda ring: ring.connect("same"), found.values()))
            assert process.stdout.readline() == b"met\n"
            process.send_signal(signal.SIGSTOP)
            started = time.monotonic()

            def use(ring):
                with pytest.raises(DataError) as raised:
                    while True:
                        ring.hand_on(b"x" * 5_000_000)
                return str(raised.value)

            said = dict(zip(found, pool.map(use, found.values()), strict=True))
            assert time.monotonic() - started < 12
        finally:
            process.kill()
    address = addresses[place]
    assert said[place - 1].startswith(
        f"host {place + 1} of {count} ({address}) has hung, it has had no pulse for 1 s; "
    )
    for each in set(others) - {place - 1}:
        assert "is gone, or has lost another host" in said[each]


def test_a_host_that_lives_may_say_nothing_for_long_and_one_may_be_done_before_the_others():
    addresses = find_addresses(3)
    three = [HostRing(place, 3, lambda: addresses, pulse_seconds=1) for place in range(3)]
    in_each(three, lambda ring: ring.connect("same"))
    time.sleep(1.5)
    assert in_each(three, lambda ring: ring.gather(b"%d" % ring.place)) == [[b"0", b"1", b"2"]] * 3
    three[2].close()
    time.sleep(1.5)
    assert not any(ring._pulse.has_given_up for ring in three)
    in_each(three, HostRing.close)
