"""Which hosts train together: from TF_CONFIG where each is started by hand, else from Ray, which starts the others."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from shards.errors import CallError
from trainer.hosts.host_ring import HostRing
from trainer.settings import TrainSettings

_VARIABLE = "TF_CONFIG"
_EXAMPLE = '{"cluster": {"worker": ["10.0.0.1:2345", "10.0.0.2:2345"]}, "task": {"type": "worker", "index": 0}}'


class HostAddresses(NamedTuple):
    """The HOST:PORT of each host, and the place of this one among them."""

    addresses: list[str]
    place: int

    def dump(self) -> str:
        """As TF_CONFIG has it."""
        return json.dumps({"cluster": {"worker": self.addresses}, "task": {"type": "worker", "index": self.place}})


@contextmanager
def open_hosts(settings: TrainSettings) -> Iterator[HostRing | None]:
    """The hosts of a run, not connected yet; None where it has one. After the block all connections are closed.

    Raises CallError where TF_CONFIG says something else than the settings.
    """
    given = read_addresses()
    count = len(given.addresses) if given else 1
    if given and count != settings.hosts and count > 1:
        raise CallError(f"{_VARIABLE} names {count} hosts and hosts is {settings.hosts}; give --hosts {count}")
    if settings.hosts == 1:
        yield None
    elif given and count > 1:
        with closing(HostRing(given.place, count, lambda: given.addresses)) as ring:
            yield ring
    else:
        # Imported here: it takes a second, and no other run needs it.
        from trainer.hosts.ray_hosts import RayHosts

        with (
            closing(RayHosts(settings)) as others,
            closing(HostRing(0, settings.hosts, others.start, others.explain_loss)) as ring,
        ):
            yield ring


def read_addresses() -> HostAddresses | None:
    """What TF_CONFIG says; None where it is not set. Raises CallError where it cannot be understood."""
    text = os.environ.get(_VARIABLE)
    if not text:
        return None
    try:
        config = json.loads(text)
        addresses, task = config["cluster"]["worker"], config["task"]
        place = task["index"]
        is_good = task["type"] == "worker" and isinstance(place, int) and 0 <= place < len(addresses)
        is_good &= all(re.fullmatch(r".+:[0-9]{1,5}", address) for address in addresses)
        is_good &= len(set(addresses)) == len(addresses)
    except (ValueError, TypeError, KeyError):
        is_good = False
    if not is_good:
        raise CallError(f"{_VARIABLE} does not say which hosts there are and which of them this is; such as {_EXAMPLE}")
    return HostAddresses(addresses, place)
