"""A real server in a thread of the tests' process, with a small mood model, and clients that speak HTTP by hand."""

import http.client
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.trainer.finding.coloured_pets import make_colour_finder
from tests.trainer.networks import OFFSET, build, describe
from tools.serving.gate import list_hosts
from tools.serving.mood_server import MoodServer, ServedModel, reserve_address, start_listening
from tools.serving.serve_limits import ServeLimits
from trainer.answering.answers import DecisionRule
from trainer.answering.pet_judge import PetJudge, open_pet_judge
from trainer.evaluation.metrics import Predictions
from trainer.evaluation.metrics_json import evaluate
from trainer.model.model_file import write_model
from trainer.run_files.run_record import write_metrics, write_record

SSD = "finders/ssd_mobilenetv2_oidv4_fp16.tflite"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """Why the request was refused."""
        return self.json["error"]["code"]


class Served(NamedTuple):
    """A server that runs."""

    port: int
    log: list[str]  # its lines

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, path: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method or ("GET" if body is None else "POST"), path, body, names)
            return read_reply(connection.getresponse())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def read_metric(self, name: str) -> float:
        lines = self.ask("/metrics").body.decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


Serve = Callable[..., AbstractContextManager[Served]]


def read_reply(response: http.client.HTTPResponse) -> Reply:
    return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


def read_raw_reply(client: socket.socket) -> Reply:
    """The reply on a socket on which a request was written by hand."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return read_reply(response)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def run_server(judge: PetJudge, model_path: Path, finder: Path | None, limits: ServeLimits) -> Iterator[Served]:
    log, handler = logging.Logger("test"), _Lines()
    log.addHandler(handler)
    model = ServedModel(judge, model_path, DecisionRule(judge.metadata, min_confidence=0, min_margin=0), finder)
    with reserve_address("127.0.0.1", 0) as listener:
        server = MoodServer(model, limits, list_hosts("127.0.0.1", []), log)
        thread = threading.Thread(target=server.serve, args=[listener])
        start_listening(listener, "127.0.0.1", 0)
        thread.start()
        try:
            yield Served(listener.getsockname()[1], handler.lines)
        finally:
            server.stop()
            thread.join(20)
            assert not thread.is_alive()


@pytest.fixture(scope="session")
def served_model(tmp_path_factory) -> Path:
    """A model in a run's folder, whose files are as a run writes them."""
    folder = tmp_path_factory.mktemp("실행")
    write_model(folder / "model.keras", build(), OFFSET, describe())
    labels = np.repeat([3, 3, 3, 3, 1, 1, 5, 5], 5)
    logits = np.random.default_rng(0).normal(size=(40, 6)) + 2 * np.eye(6)[labels]
    predictions = Predictions(logits, labels, np.repeat(np.arange(8), 5), np.full(40, "DOG", object))
    write_metrics(folder, {"evaluation": evaluate(predictions, np.array([0, 0.25, 0, 0.5, 0, 0.25]), 1.0, 0)})
    data = {"path": "/somewhere/secret/pets", "records": 4000, "videos": 40}
    write_record(folder, {"data": {"train": data, "valid": data | {"records": 40, "videos": 8}}})
    return folder / "model.keras"


@pytest.fixture(scope="session")
def whole_judge(served_model) -> PetJudge:
    return open_pet_judge(served_model, None)


@pytest.fixture(scope="session")
def serve(served_model, whole_judge) -> Serve:
    """Runs a server that judges whole pictures; its arguments are those of ServeLimits."""
    return lambda **limits: run_server(whole_judge, served_model, None, ServeLimits(**limits))


@pytest.fixture(scope="session")
def served(serve) -> Iterator[Served]:
    with serve() as server:
        yield server


@pytest.fixture(scope="session")
def finding(served_model, real_files) -> Iterator[Served]:
    """A server that finds pets."""
    judge = open_pet_judge(served_model, real_files / SSD)
    with run_server(judge, served_model, real_files / SSD, ServeLimits()) as server:
        yield server


@pytest.fixture(scope="session")
def finding_colours(served_model, tmp_path_factory) -> Iterator[Served]:
    """A server whose finder takes red squares for dogs and blue ones for cats."""
    finder = tmp_path_factory.mktemp("finder") / "colours.tflite"
    finder.write_bytes(make_colour_finder())
    with run_server(open_pet_judge(served_model, finder), served_model, finder, ServeLimits()) as server:
        yield server
