"""A page for photos, clips and the webcam: python -m tools.serve RUN [--finder FILE] [--port 8000]

RUN is the folder of a run, or its model.keras. Open the printed address in a browser of this machine: nothing is sent
elsewhere, and nothing of what is shown to it is kept. Programs send a photo or a clip to /api/mood. Ctrl-C stops it.
"""

import argparse
import logging
import signal
import sys
import time
from pathlib import Path

from console.calls.extras import explain_missing_packages, list_missing
from console.calls.given_paths import check_named_paths
from console.command import Parser, run_command
from console.output.ending import print_ending
from console.output.messages import is_terminal, print_result, print_warning
from console.progress import show_waiting
from shards.errors import CallError
from tools.serving.serve_limits import MEGA, ServeLimits
from trainer.answer_flags import ANSWER_FLAGS, add_answer_flag, check_answer_flags

_NEEDED = ("starlette", "uvicorn", "prometheus_client")


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    limits = _check(chosen)
    check_named_paths("RUN", [chosen.run])
    check_named_paths("--finder", filter(None, [chosen.finder]))
    if missing := list_missing(_NEEDED):
        raise CallError(explain_missing_packages(*missing))
    from tools.serving.gate import is_loopback, list_hosts
    from tools.serving.mood_server import MoodServer, ServedModel, reserve_address, start_listening
    from trainer.answering.answers import DecisionRule
    from trainer.answering.pet_judge import open_pet_judge
    from trainer.finding.finder_json import find_finder
    from trainer.model.mood_json import find_model

    log = _open_log()
    if not is_loopback(chosen.host):
        log.warning("listens on %s: whoever reaches this machine may ask, without a password", chosen.host)
    model_path = find_model(chosen.run)
    finder = chosen.finder and find_finder(chosen.finder)
    # The address before the model, which takes seconds; while it loads, clients are refused instead of left waiting.
    with reserve_address(chosen.host, chosen.port) as listener:
        judge = open_pet_judge(model_path, finder, chosen.min_pet)
        rule = DecisionRule(judge.metadata, chosen.prior, chosen.min_confidence, chosen.min_margin, chosen.smooth)
        model = ServedModel(judge, model_path, rule, finder)
        with show_waiting("trying the model", is_short=True):
            server = MoodServer(model, limits, list_hosts(chosen.host, chosen.allow_host), log)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)  # uvicorn stops by itself; then it raises the signal anew for us
        name = chosen.allow_host[0] if chosen.allow_host else chosen.host
        start_listening(listener, chosen.host, chosen.port)
        print_result(f"http://{name}:{listener.getsockname()[1]}/", "open this address in a browser; Ctrl-C ends it")
        server.serve(listener)
        print_ending([], server.count_requests().describe(), None)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser, limits = Parser("tools.serve", __doc__), ServeLimits()
    add = parser.add_argument
    add("run", type=Path, metavar="RUN", help="a run's folder, or its model.keras")
    add("--finder", type=Path, metavar="FILE", help="finds the pets; without it whole pictures are judged")
    add("--host", default="127.0.0.1", metavar="ADDRESS", help="to listen on (default 127.0.0.1: this machine alone)")
    add("--port", type=int, default=8000, metavar="N", help="to listen on, to 65535; 0: a free one (default 8000)")
    add("--allow_host", nargs="+", default=[], metavar="NAME", help="more names under which it may be asked")
    for name in ANSWER_FLAGS:
        add_answer_flag(parser, name)
    add(
        "--prior",
        choices=("equal", "natural"),
        default="equal",
        help="how common the moods are taken to be (default equal)",
    )
    for flag, kind, default, metavar, what in (
        ("--max_photo_mb", float, limits.photo_bytes / MEGA, "MB", "largest file of a photo, above 0"),
        ("--max_clip_mb", float, limits.clip_bytes / MEGA, "MB", "largest file of a clip, above 0"),
        (
            "--max_megapixels",
            float,
            limits.picture_pixels / MEGA,
            "MP",
            "largest picture, in millions of pixels, above 0",
        ),
        ("--max_seconds", float, limits.clip_seconds, "S", "seconds of a clip that are judged, above 0"),
        ("--max_waiting", int, limits.waiting_photos, "N", "photos in work at once, from 1"),
        ("--max_clips", int, limits.clips_at_once, "N", "clips in work at once, from 1"),
        ("--patience", float, limits.patience, "S", "seconds for a client that sends nothing, above 0"),
    ):
        add(flag, type=kind, default=default, metavar=metavar, help=f"{what} (default %(default)g)")
    return parser.parse_args(arguments)


def _check(chosen: argparse.Namespace) -> ServeLimits:
    """The limits. Raises CallError for values out of range."""
    check_answer_flags(chosen)
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
