"""Counts and times of a running server, as Prometheus reads them."""

from collections.abc import Callable
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

from shards.emotions import ENGLISH
from tools.serving.model_queue import MOST_PICTURES

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BATCHES = tuple(2**i for i in range(MOST_PICTURES.bit_length()))
MOOD_PATH = "/api/mood"
UNKNOWN = "unknown"  # in the place of a mood


class RequestCounts(NamedTuple):
    """What a server has done."""

    answered: int  # photos and clips
    pictures: int  # of them, that were judged
    refused: int  # requests of any kind

    def describe(self) -> list[str]:
        """The figures with their names."""
        return [
            f"{self.answered:,} photos and clips answered",
            f"{self.pictures:,} pictures judged",
            f"{self.refused:,} requests refused",
        ]


class ServeMetrics:
    """All figures of one server, in a registry of its own. `paths` are those that there are."""

    def __init__(self, paths: frozenset[str]) -> None:
        self._paths = paths
        self._registry = registry = CollectorRegistry()
        disable_created_metrics()  # when each figure was first there: as many lines again

        def count(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"petmood_{name}", about, labels, registry=registry)

        def measure(name: str, about: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"petmood_{name}", about, buckets=buckets, registry=registry)

        self._responses = count("responses", "Responses; status 499: the client went away", "path", "status")
        self._pictures = count("pictures", "Pictures that were judged, by what they came from", "source")
        self._pets = count("pets", "Pets that were judged, by mood", "mood")
        self._batch = measure("batch_pictures", "Pictures in a batch", _BATCHES)
        self._model = measure("model_seconds", "Seconds of a batch in the model", _SECONDS)
        self.answer = measure("answer_seconds", "Seconds from a photo's last byte to its answer", _SECONDS)
        self.clips = Gauge("petmood_clips_open", "Clips that are being received or judged", registry=registry)
        for mood in (*ENGLISH, UNKNOWN):
            self._pets.labels(mood)  # a figure that is 0 is shown, too

    def watch_queue(self, length: Callable[[], float]) -> None:
        """Let a figure follow the number of pictures that wait."""
        gauge = Gauge("petmood_waiting_pictures", "Pictures that wait for the model", registry=self._registry)
        gauge.set_function(length)

    def note_response(self, path: str, status: int) -> None:
        # Paths that clients think of do not become figures: there would be no end of them.
        self._responses.labels(path if path in self._paths else "other", str(status)).inc()

    def note_picture(self, source: str, moods: list[str | None]) -> None:
        """Count a picture from a photo or a clip, and the moods of its pets; None where one is not known."""
        self._pictures.labels(source).inc()
        for mood in moods:
            self._pets.labels(mood or UNKNOWN).inc()

    def note_batch(self, pictures: int, seconds: float) -> None:
        self._batch.observe(pictures)
        self._model.observe(seconds)

    def count_requests(self) -> RequestCounts:
        """What was done so far."""
        responses = _read_totals(self._responses)
        answered = sum(n for labels, n in responses if labels["path"] == MOOD_PATH and labels["status"] < "4")
        refused = sum(n for labels, n in responses if labels["status"] >= "4")
        return RequestCounts(round(answered), round(sum(n for _, n in _read_totals(self._pictures))), round(refused))

    def encode(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self._registry)


def _read_totals(counter: Counter) -> list[tuple[dict[str, str], float]]:
    """The labels and the count of everything that a counter counts."""
    samples = (sample for family in counter.collect() for sample in family.samples)
    return [(sample.labels, sample.value) for sample in samples if sample.name.endswith("_total")]
