"""Runs tasks on Ray: hands them out to nodes, again where they were lost, and twice where a node hangs.

On a single machine a task waits for a free core, and that is all. In a cluster nodes may come and go while tasks run:
every few seconds the tasks under way are fitted to the nodes that are there. Tasks are plain functions that may run
twice at once: what they leave has the same bytes each time and appears by atomic renames.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ray
import ray.exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from console.output.messages import print_message, print_warning
from preprocess.ray_cluster import find_ended_part, is_cluster, is_head_there, list_nodes, restart_ray
from shards.errors import CallError, DataError

_RETRIES = 3  # of a task whose worker or node was killed
_TICK = 1.0  # seconds to wait for a result before looking at Ray itself
_LOOK_SECONDS = 3.0  # from one look at a cluster's nodes to the next
_SLOW_FACTOR = 3  # a task that takes so many times the longest is taken for one that hangs
_LEAST_SLOW_SECONDS = 30.0  # before which none is
_LONGEST_AT_FIRST = 60.0  # seconds, as long as no task has returned: tasks are cut to take 5 to 60 s

_MEMORY_ADVICE = "use fewer --workers or more memory"
_LOSSES = (  # the first that fits; the reasons as they are, since they ask for different things
    (ray.exceptions.OutOfMemoryError, f"Ray ended its worker because memory was short; {_MEMORY_ADVICE}"),
    (ray.exceptions.WorkerCrashedError, f"its worker was killed, as the system does without memory; {_MEMORY_ADVICE}"),
    (
        (ray.exceptions.LocalRayletDiedError, ray.exceptions.NodeDiedError),
        "Ray's raylet on the node that ran it ended; its raylet.out says why",
    ),
)


@dataclass(frozen=True)
class _Attempt:
    """A task that is handed out."""

    place: int  # of its call
    node: str | None  # where it was sent; None where Ray chooses
    start: float  # time.monotonic's seconds


_OF_EARLIER = -1  # the place of an attempt that an earlier stage left behind: it hung, and its copy returned
_left_behind: dict[ray.ObjectRef, _Attempt] = {}


def run_tasks(function: Callable, calls: Sequence[tuple], workers: int | None, what: str) -> Iterator[tuple[int, Any]]:
    """Run function(*call) for each call, at most `workers` at a time. Yields (index of call, result) as they finish.

    Without `workers`, as many as there are cores, also where nodes join a cluster on the way. A task whose worker is
    killed is run again, up to three times, and then raises DataError. Where a local Ray ends, it is started again, up
    to three times in a run, and the tasks that had not returned are run anew. An exception of a task is raised at once:
    OSError, DataError and CallError as they are, others as a DataError that names `what` and the call. The tasks that
    then are running end with this process's Ray; a Ray that is left running completes them.
    """
    handout = _Handout(function, calls, workers, what)
    while not handout.is_done():
        yield from handout.advance()
    _left_behind.update(
        {reference: replace(attempt, place=_OF_EARLIER) for reference, attempt in handout.attempts.items()}
    )


class _Handout:
    """What of the calls waits, is handed out, and has returned."""

    def __init__(self, function: Callable, calls: Sequence[tuple], workers: int | None, what: str):
        self._remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(function)
        self._calls, self._workers, self._what = calls, workers, what
        self._waiting = deque(range(len(calls)))
        self._returned: set[int] = set()
        self._copied: set[int] = set()
        self._longest: float | None = None  # seconds that a task took
        self._nodes: dict[str, int] = {}  # id to cores
        self._looked: float | None = None  # when, on time.monotonic's clock
        self.attempts = {reference: attempt for reference, attempt in _left_behind.items() if is_cluster()}
        _left_behind.clear()

    def is_done(self) -> bool:
        return len(self._returned) == len(self._calls)

    def advance(self) -> Iterator[tuple[int, Any]]:
        """Hand out what there is room for, wait a moment, and yield what has returned."""
        if part := find_ended_part():
            self._start_again(part)
        # While a cluster's head does not answer, whatever needs it would wait, until Ray ends this process.
        if not is_cluster() or is_head_there():
            self._look_at_nodes()
            self._hand_out()
        # Tasks are never cancelled: ray.cancel of a task that is just finishing aborts the whole process.
        done, _ = ray.wait(list(self.attempts), num_returns=1, timeout=_TICK) if self.attempts else ([], [])
        if not find_ended_part():  # else what is done may be the loss of a task
            for reference in done:
                yield from self._take(reference)

    def _start_again(self, part: str) -> None:
        self.attempts.clear()  # before the Ray goes that they belong to
        restart_ray(part)
        self._looked = None
        self._waiting = deque(place for place in range(len(self._calls)) if place not in self._returned)

    def _look_at_nodes(self) -> None:
        if self._looked and (not is_cluster() or time.monotonic() - self._looked < _LOOK_SECONDS):
            return
        nodes = list_nodes()
        if self._looked and nodes != self._nodes:
            print_message(f"cluster  nodes {len(nodes)}, cores {sum(nodes.values())}")
        self._nodes, self._looked = nodes, time.monotonic()

    def _hand_out(self) -> None:
        while self._waiting and self._has_room():
            node = self._choose_node()
            if node is None and self._workers is None and self.attempts:
                return
            self._submit(self._waiting.popleft(), node)
        if self._waiting:
            return
        for attempt in [attempt for attempt in self.attempts.values() if self._is_overdue(attempt)]:
            if attempt.place in self._copied | self._returned | {_OF_EARLIER} or not self._has_room():
                continue
            if node := self._choose_node(instead_of=attempt.node):
                self._copied.add(attempt.place)
                self._submit(attempt.place, node)
                seconds = time.monotonic() - attempt.start
                print_warning(f"{self._name(attempt.place)} has run for {seconds:.0f} s; another node does it as well")

    def _has_room(self) -> bool:
        """Whether another task may run. One that hangs does not count: it may be that it never returns."""
        limit = self._workers or max(1, sum(self._nodes.values()))
        return sum(not self._is_overdue(attempt) for attempt in self.attempts.values()) < limit

    def _choose_node(self, instead_of: str | None = None) -> str | None:
        """The node with the most free cores; one on which a task hangs only where there is no other. None if all work.

        In place of `instead_of` only one on which none hangs will do.
        """
        used = Counter(attempt.node for attempt in self.attempts.values())
        hanging = {attempt.node for attempt in self.attempts.values() if self._is_overdue(attempt)}
        free = {node: cores - used[node] for node, cores in self._nodes.items() if cores > used[node]}
        sound = {node: cores for node, cores in free.items() if node not in hanging}
        chosen = sound if sound or instead_of else free
        return max(chosen, key=lambda node: (chosen[node], node), default=None)

    def _is_overdue(self, attempt: _Attempt) -> bool:
        """Whether a task takes so much longer than others that another node is to do it as well.

        Never on a single node, which is slow as a whole. A task on a node that is gone is run again by Ray, but Ray may
        take minutes to notice that a node is, which does not refuse connections.
        """
        if attempt.node is None or not self._nodes.keys() - {attempt.node}:
            return False
        slow = _SLOW_FACTOR * (_LONGEST_AT_FIRST if self._longest is None else self._longest)
        seconds = time.monotonic() - attempt.start
        return attempt.node not in self._nodes or seconds > max(_LEAST_SLOW_SECONDS, slow)

    def _submit(self, place: int, node: str | None) -> None:
        remote = self._remote
        if node and len(self._nodes) > 1:
            # Elsewhere where that node is gone, or has its cores in use by others.
            strategy = NodeAffinitySchedulingStrategy(node, soft=True, _spill_on_unavailable=True)
            remote = remote.options(scheduling_strategy=strategy)
        self.attempts[remote.remote(*self._calls[place])] = _Attempt(place, node, time.monotonic())

    def _take(self, reference: ray.ObjectRef) -> Iterator[tuple[int, Any]]:
        """Yield what has returned, unless another attempt at it came first, or may still succeed where this failed."""
        attempt = self.attempts.pop(reference)
        is_last = attempt.place not in {other.place for other in self.attempts.values()}
        try:
            result = self._get_result(reference, attempt.place)
        except (OSError, DataError, CallError):
            if is_last and attempt.place not in self._returned | {_OF_EARLIER}:
                raise
            return
        if attempt.place not in self._returned | {_OF_EARLIER}:
            self._longest = max(self._longest or 0.0, time.monotonic() - attempt.start)
            self._returned.add(attempt.place)
            yield attempt.place, result

    def _name(self, place: int) -> str:
        return f"{self._what} {place + 1} of {len(self._calls)}"

    def _get_result(self, reference: ray.ObjectRef, place: int) -> Any:
        try:
            return ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            cause = error.cause
            if isinstance(cause, OSError | DataError | CallError):
                raise cause from error
            name = type(cause).__name__
            raise DataError(f"{self._name(place)} failed: {name}: {cause}; --debug shows where") from error
        except ray.exceptions.RayError as error:
            reason = next((reason for kinds, reason in _LOSSES if isinstance(error, kinds)), None)
            reason = reason or str(error).strip().splitlines()[0]
            raise DataError(f"{self._name(place)} was lost {_RETRIES + 1} times: {reason}") from error
