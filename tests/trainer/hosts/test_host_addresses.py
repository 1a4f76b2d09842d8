"""TF_CONFIG and the settings of hosts: what fits, and what is refused before anything is started."""

import json

import pytest

from shards.errors import CallError
from trainer.hosts.host_addresses import HostAddresses, open_hosts, read_addresses
from trainer.settings import TrainSettings

PAIR = ["10.0.0.1:2345", "[fe80::1]:2345"]


def write_config(monkeypatch, workers, index=0, kind="worker"):
    config = {"cluster": {"worker": workers}, "task": {"type": kind, "index": index}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))


def test_it_says_which_host_this_is(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", HostAddresses(PAIR, 1).dump())
    assert read_addresses() == (PAIR, 1)
    with open_hosts(TrainSettings("a", hosts=2, batch_size=8)) as ring:
        assert (ring.place, ring.count, ring.is_first) == (1, 2, False)


def test_one_host_needs_none(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with open_hosts(TrainSettings("a")) as ring:
        assert ring is None
    assert "hosts" not in TrainSettings("a").content and TrainSettings("a", hosts=2).content["hosts"] == 2


@pytest.mark.parametrize(
    ("workers", "index", "kind"),
    [
        (PAIR, 2, "worker"),
        (PAIR, -1, "worker"),
        (PAIR, "0", "worker"),
        (PAIR, 0, "ps"),
        (["10.0.0.1", "10.0.0.2:1"], 0, "worker"),  # no port
        ([PAIR[0]] * 2, 0, "worker"),
        (None, 0, "worker"),
    ],
)
def test_what_cannot_be_understood(monkeypatch, workers, index, kind):
    write_config(monkeypatch, workers, index, kind)
    with pytest.raises(CallError, match="TF_CONFIG does not say which hosts there are"):
        read_addresses()


@pytest.mark.parametrize("text", ["{", "[]", "3", '{"cluster": {}}'])
def test_other_text(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(CallError, match="TF_CONFIG does not say"):
        read_addresses()


def test_settings_and_hosts_differ(monkeypatch):
    write_config(monkeypatch, PAIR)
    with (
        pytest.raises(CallError, match="TF_CONFIG names 2 hosts and hosts is 1; give --hosts 2"),
        open_hosts(TrainSettings("a")),
    ):
        pass


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch_size": 9}, "batch_size 9 is no multiple of the 2 hosts"),
        ({"devices": 2}, "each host trains on one device"),
        ({"train": "a.csv"}, "make a dataset of it first"),
        ({"overfit": 8}, "hosts 2 with overfit"),
    ],
)
def test_what_does_not_go_with_hosts(changes, told):
    with pytest.raises(CallError, match=told):
        TrainSettings(**{"train": "a", "hosts": 2, "batch_size": 8} | changes)
