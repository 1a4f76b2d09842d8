"""How long a run and an epoch will take on this machine: python -m tools.advise SOURCE [SOURCE ..] [--out DIR]

Draws videos at random, does real video tasks and real steps of training on them for about a minute, and says what
limits (cores, disk, memory, GPU), how long `preprocess`, an epoch and a whole run of `trainer.train` take, each with a
95% interval, and which settings to use. What it writes meanwhile lies beside OUT and is removed. Exit status 1 where no
dataset could be made, or none that a mood model could be trained on.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console.calls.given_paths import check_named_paths
from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.stops import interrupt_on_sigterm
from preprocess.__main__ import parse_preprocess_settings
from preprocess.settings import PreprocessSettings
from shards.errors import CallError, DataError
from shards.storage.stores.remote_path import is_store_url, locate
from trainer.settings import TrainSettings
from trainer.train import parse_train_settings

_LEAST_SECONDS = 5.0


def _parse(arguments: list[str]) -> Any:
    parser = Parser("tools.advise", __doc__)
    parser.add_argument(
        "sources", nargs="+", metavar="SOURCE", help="what preprocess would be given: folders, CSVs, URLs"
    )
    parser.add_argument("--out", default="data/pets", metavar="DIR", help="where preprocess would write the dataset")
    parser.add_argument("--valid_source", nargs="+", default=[], metavar="SOURCE", help="as preprocess is given it")
    parser.add_argument("--label_map", metavar="FILE", help="as preprocess is given it")
    parser.add_argument("--work", metavar="DIR", help="as preprocess would be given it: another disk for its work")
    parser.add_argument("--workers", type=int, metavar="N", help="as preprocess would be given it")
    parser.add_argument("--shards_config", metavar="FILE", help="settings of preprocess, as its --config")
    parser.add_argument("--train_config", metavar="FILE", help="settings of training, as its --config")
    parser.add_argument("--seconds", type=float, default=60.0, help="about how long to look (default: 60)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything there, for machines")
    return parser.parse_args(arguments)


def choose_settings(chosen: Any) -> tuple[PreprocessSettings, TrainSettings]:
    """The settings of both commands. Raises CallError for what they refuse, and for what cannot be tried here."""
    words = ["--config", chosen.shards_config] if chosen.shards_config else []
    words += ["--source", *chosen.sources, "--out", chosen.out]
    words += ["--valid_source", *chosen.valid_source] if chosen.valid_source else []
    for name in ("label_map", "work", "workers"):
        words += [f"--{name}", str(getattr(chosen, name))] if getattr(chosen, name) is not None else []
    shards = parse_preprocess_settings(words)
    config = ["--config", chosen.train_config] if chosen.train_config else []
    train = parse_train_settings([*config, "--train", chosen.out])
    if shards.address:
        raise CallError(f"address {shards.address}: advise looks at this machine alone; leave the cluster out")
    if shards.work and is_store_url(shards.work):
        raise CallError(f"work {shards.work}: advise measures disks of this machine; give a folder")
    if train.hosts > 1 or train.devices > 1:
        raise CallError("hosts and devices: advise tries training on one device; leave them out of --train_config")
    return shards, train


def main(arguments: list[str]) -> int:
    chosen = _parse(arguments)
    if chosen.seconds < _LEAST_SECONDS:
        raise CallError(f"--seconds {chosen.seconds:g}: too short to measure anything; give at least 5")
    check_named_paths("SOURCE", chosen.sources)
    check_named_paths("--valid_source", chosen.valid_source)
    check_named_paths("--label_map", filter(None, [chosen.label_map]))
    shards, train = choose_settings(chosen)
    # Only now: these imports take a second.
    from tools.advice.advice_figures import Question, take_advice
    from tools.advice.advice_text import format_span, print_advice
    from tools.reporting.report_files import REPORT_MARK, check_report_files, write_text

    files = {"--json": chosen.json} if chosen.json else {}
    check_report_files(None, files, map(locate, chosen.sources))
    with interrupt_on_sigterm():  # the sample is removed then too
        figures = take_advice(Question(shards, train, chosen.seconds))
    advised = figures["settings"]
    given = _list_given(chosen, "shards_config", "valid_source", "label_map", "work")
    training = ["--train", chosen.out, *_list_flags(advised["train"])]
    config = ["--config", chosen.train_config] if chosen.train_config else []
    print_advice(figures, name_command("trainer.train", *config, *training))
    if chosen.json:
        write_text(chosen.json, json.dumps({"made_by": REPORT_MARK} | figures, ensure_ascii=False, indent=1) + "\n")
    if figures["obstacle"]:
        raise DataError(f"{', '.join(chosen.sources)}: no mood model could be trained on it: {figures['obstacle']}")
    following = name_command(
        "preprocess", "--source", *chosen.sources, *given, "--out", chosen.out, *_list_flags(advised["shards"])
    )
    told = [format_count(figures["videos"], "video"), format_count(figures["frames"], "frame")]
    told += [f"shards in {format_span(figures['shards']['seconds'])}"]
    told += [f"an epoch in {format_span(epoch['seconds'])}" for epoch in figures["epochs"][:1]]
    told += [f"a training in at most {format_span(training['seconds'])}" for training in figures["trainings"][:1]]
    print_ending([*files.values()], told, following)
    return 0


def _list_given(chosen: Any, *names: str) -> list[str]:
    """The flags that were given and that preprocess takes as well."""
    words = []
    for name in names:
        if value := getattr(chosen, name):
            flag = "config" if name == "shards_config" else name
            words += [f"--{flag}", *(value if isinstance(value, list) else [value])]
    return words


def _list_flags(settings: dict[str, Any]) -> list[str]:
    return [word for name, value in settings.items() for word in (f"--{name}", str(value))]


if __name__ == "__main__":
    sys.exit(run_command("advise", main, sys.argv[1:]))
