"""A page for photos, clips and the webcam: python -m tools.serve RUN [--finder FILE] [--port 8000]

RUN is the folder of a run, or its model.keras. Open the printed address in a browser of this machine: nothing is sent
elsewhere, and nothing of what is shown to it is kept. Programs send a photo or a clip to /api/mood. Ctrl-C stops it.
"""

import argparse
import logging
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from console.command import Parser, run_command
from console.output.ending import print_ending
from console.output.messages import is_terminal, print_result, print_warning
from console.progress import show_waiting
from shards.errors import CallError
from tools.serving.serve_limits import MEGA, ServeLimits

_NEEDED = ("starlette", "uvicorn", "prometheus_client")


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    limits = _check(chosen)
    if missing := [name for name in _NEEDED if find_spec(name) is None]:
        raise CallError(f"{' and '.join(missing)} not installed; pip install 'pet-mood[serve]'")
    from tools.serving.gate import is_loopback, list_hosts
    from tools.serving.mood_server import MoodServer, ServedModel, open_listener
    from tools.serving.page.model_facts import find_model
    from trainer.answering.answers import DecisionRule
    from trainer.answering.pet_judge import open_pet_judge

    log = _open_log()
    if not is_loopback(chosen.host):
        log.warning("listens on %s: whoever reaches this machine may ask, without a password", chosen.host)
    model_path = find_model(chosen.run)
    with open_listener(chosen.host, chosen.port) as listener:  # before the model, which takes seconds
        judge = open_pet_judge(model_path, chosen.finder, chosen.min_pet)
        rule = DecisionRule(judge.metadata, chosen.prior, chosen.min_confidence)
        model = ServedModel(judge, model_path, rule, chosen.finder)
        with show_waiting("trying the model", is_short=True):
            server = MoodServer(model, limits, list_hosts(chosen.host, chosen.allow_host), log)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # uvicorn stops by itself; then it raises the signal anew for us
        name = chosen.allow_host[0] if chosen.allow_host else chosen.host
        print_result(
            f"http://{name}:{listener.getsockname()[1]}/", "브라우저에서 위 주소를 열어 주세요. 끝내려면 Ctrl-C"
        )
        server.serve(listener)
        print_ending([], server.count_requests().describe(), None)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser, limits = Parser("tools.serve", __doc__), ServeLimits()
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="a run's folder, or its model.keras")
    add("--finder", type=Path, metavar="FILE", help="finds the pets; without it whole pictures are judged")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default 127.0.0.1: this machine alone)")
    add("--port", type=int, default=8000, metavar="N", help="to listen on; 0: a free one (default 8000)")
    add("--allow_host", nargs="+", default=[], metavar="NAME", help="more names under which it may be asked")
    add("--min_pet", type=float, default=0.05, metavar="P", help="smallest pet, in shorter sides of the picture")
    add("--min_confidence", type=float, default=0.4, metavar="P", help="below it: not known (default 0.4)")
    add("--prior", choices=("equal", "natural"), default="equal", help="how common the moods are taken to be")
    add("--max_photo_mb", type=float, default=limits.photo_bytes / MEGA, metavar="MB", help="of a photo's file")
    add("--max_clip_mb", type=float, default=limits.clip_bytes / MEGA, metavar="MB", help="of a clip's file")
    add("--max_megapixels", type=float, default=limits.picture_pixels / MEGA, metavar="MP", help="of a picture")
    add("--max_seconds", type=float, default=limits.clip_seconds, metavar="S", help="so much of a clip is judged")
    add("--max_waiting", type=int, default=limits.waiting_photos, metavar="N", help="photos in work at once")
    add("--max_clips", type=int, default=limits.clips_at_once, metavar="N", help="clips in work at once")
    add("--patience", type=float, default=limits.patience, metavar="S", help="for a client that sends nothing")
    return parser.parse_args(arguments)


def _check(chosen: argparse.Namespace) -> ServeLimits:
    """The limits. Raises CallError for values out of range."""
    for name in ("min_pet", "min_confidence"):
        if not 0 <= getattr(chosen, name) <= 1:
            raise CallError(f"--{name} {getattr(chosen, name)}: has to be 0 to 1")
    limits = [name for name in vars(chosen) if name.startswith("max_")]
    for name in (*limits, "patience"):
        if not 0 < getattr(chosen, name) < 1e6:
            raise CallError(f"--{name} {getattr(chosen, name)}: has to be above 0")
    if chosen.host in ("0.0.0.0", "::") and not chosen.allow_host:
        raise CallError(f"--host {chosen.host}: name the machine as its users do, with --allow_host NAME")
    return ServeLimits(
        photo_bytes=round(chosen.max_photo_mb * MEGA),
        clip_bytes=round(chosen.max_clip_mb * MEGA),
        picture_pixels=round(chosen.max_megapixels * MEGA),
        clip_seconds=chosen.max_seconds,
        waiting_photos=chosen.max_waiting,
        clips_at_once=chosen.max_clips,
        patience=chosen.patience,
    )


def _open_log() -> logging.Logger:
    """A log whose lines are said as this command's warnings."""
    log = logging.getLogger("pet_mood.serve")
    log.addHandler(_Warnings())
    log.propagate = False
    return log


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        now = f"{time.strftime('%H:%M:%S')} " if is_terminal() else ""  # elsewhere each line has its date
        print_warning(f"serve: {now}{record.getMessage()}")


if __name__ == "__main__":
    sys.exit(run_command("serve", main, sys.argv[1:], "utf-8"))
