"""A server from its parts: the model's thread, the application, the gate around it, and uvicorn."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import uvicorn

from shards.errors import CallError
from tools.serving.answer_json import AnswerDocument
from tools.serving.api import OWN_PATHS, Api
from tools.serving.connection import make_connection_class
from tools.serving.gate import Gate
from tools.serving.judging import Judging
from tools.serving.model_queue import ModelQueue
from tools.serving.page.model_facts import read_model_facts
from tools.serving.page.page_files import load_page_files
from tools.serving.serve_limits import ServeLimits
from tools.serving.serve_metrics import ServeMetrics
from trainer.answering.answers import DecisionRule
from trainer.answering.pet_judge import PetJudge

_STOPPING_SECONDS = 3  # for the requests in work, when the server is stopped
_MOST_CONNECTIONS = 512


@dataclass(frozen=True)
class ServedModel:
    """What a server answers with.

    Args:
        judge: the networks; only the server's model thread uses them from now on.
        path: of the run's model; metrics.json and run.json are read beside it.
        rule: how logits become a mood.
        finder: the file of the judge's finder; None: it judges whole pictures.
    """

    judge: PetJudge
    path: Path
    rule: DecisionRule
    finder: Path | None


class MoodServer:
    """Serves the page and its API on a socket.

    Args:
        model: what it answers with.
        limits: what clients may ask for.
        hosts: the names under which it may be asked.
        log: gets one line for each request that is not answered.
    """

    def __init__(self, model: ServedModel, limits: ServeLimits, hosts: frozenset[str], log: logging.Logger) -> None:
        files = load_page_files()
        metrics = ServeMetrics(OWN_PATHS | files.keys())
        self.count_requests = metrics.count_requests
        facts = read_model_facts(model.path, model.rule.metadata) | {
            "finder": model.finder and model.finder.name,
            "min_confidence": model.rule.min_confidence,
            "model_prior": model.rule.prior,
            "limits": {"photo_bytes": limits.photo_bytes, "clip_bytes": limits.clip_bytes}
            | {"clip_seconds": limits.clip_seconds},
        }
        warm_up(model.judge)
        self._models = ModelQueue(model.judge.judge, metrics.note_batch)
        metrics.watch_queue(lambda: self._models.length)
        document = AnswerDocument(
            f"{model.path.absolute().parent.name}/{model.path.name}", model.finder and model.finder.name, model.rule
        )
        api = Api(Judging(self._models, model.rule, limits, metrics), document, facts, files, log)
        self._server = uvicorn.Server(
            uvicorn.Config(
                Gate(api, hosts, log, metrics.note_response),
                http=make_connection_class(limits.patience),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",  # its errors come with tracebacks; the gate's log has a line for each
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_graceful_shutdown=_STOPPING_SECONDS,
            )
        )

    def serve(self, listener: socket.socket) -> None:
        """Serve until `stop`, or in the main thread until SIGINT or SIGTERM, which uvicorn raises anew at the end."""
        try:
            self._server.run([listener])
        finally:
            self._models.close()

    def stop(self) -> None:
        self._server.should_exit = True


def warm_up(judge: PetJudge) -> None:
    """Judge some black pictures: a network is compiled for its first batch, and for any size at later ones."""
    black = np.zeros((64, 64, 3), np.uint8)
    judge.judge([black])
    for count in (1, 2, 4):
        judge.judge_whole([black] * count)


@contextmanager
def reserve_address(host: str, port: int) -> Iterator[socket.socket]:
    """A socket at an address, for the block; it takes connections only once it listens, see start_listening.

    Raises CallError where the address is not of this machine, or the port is taken.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        if os.name == "posix":  # elsewhere the flag would let two servers have one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with _explained(host, port):
            listener.bind((host.strip("[]"), port))
        yield listener


def start_listening(listener: socket.socket, host: str, port: int) -> None:
    """Take connections from now on. Raises CallError where another program has come to listen there meanwhile."""
    with _explained(host, port):
        listener.listen()


@contextmanager
def _explained(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CallError(f"--host {host} --port {port}: {reason}; give another one, such as --port 0") from error
