"""The command `petmood NAME ..`: every command by one name; each is the same as its `python -m` form.

petmood shards --source /data/aihub --out data/pets
petmood train --train data/pets
petmood NAME --help
"""

import runpy
import sys
from typing import NamedTuple

from console.calls.completion import format_completion
from console.command import run_command
from console.version import find_version
from shards.errors import CallError


class Command(NamedTuple):
    """What is behind a name: a module that runs as a command, and what it does."""

    module: str
    about: str


# In the order in which one needs them.
COMMANDS = {
    "sample": Command("tools.make_sample", "make a small source of made pet videos to try everything on"),
    "inventory": Command("tools.inventory", "what lies in a source, what is missing, what a run would take"),
    "shards": Command("preprocess", "labels and frames -> a dataset"),
    "verify": Command("tools.verify", "check every byte of a dataset"),
    "show": Command("tools.show", "a picture of a dataset's crops, by mood"),
    "overview": Command("tools.dataset_report", "a page about a dataset: moods, splits, rejections, boxes, samples"),
    "duplicates": Command("tools.dedupe_report", "a page about near-duplicates and what other settings would keep"),
    "csv": Command("tools.to_csv", "a dataset's kept rows as train.csv and val.csv"),
    "coco": Command("tools.to_coco", "a dataset's whole frames and boxes as COCO JSON"),
    "compare": Command("tools.compare", "two datasets or two runs side by side: what differs, and which run is better"),
    "train": Command("trainer.train", "a dataset or a CSV -> a model"),
    "finder": Command("trainer.train_finder", "a dataset's whole frames -> what finds dogs and cats in pictures"),
    "predict": Command("trainer.inference", "pictures, folders and videos -> moods in Korean"),
    "serve": Command("tools.serve", "the page that answers photos, clips and a webcam"),
    "export": Command("trainer.export", "a model as SavedModel, LiteRT and ONNX"),
}


def format_help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:{width}}  {command.about}" for name, command in COMMANDS.items()]
    lines.append(f"  {'completion':{width}}  what a shell completes behind petmood: bash or zsh")
    return "\n".join(["usage: petmood NAME ... | petmood NAME --help | petmood --version", "", *lines])


def choose_module(arguments: list[str]) -> str | None:
    """The module of the named command; None where the call was answered here. Raises CallError for another name."""
    name = arguments[0] if arguments else "--help"
    if name in ("-h", "--help", "help") or (name == "completion" and arguments[1:2] in (["-h"], ["--help"])):
        print(format_help())
        return None
    if name == "--version":
        print(f"petmood {find_version()}")
        return None
    if name == "completion":
        print(format_completion(" ".join(arguments[1:]), COMMANDS))
        return None
    if name not in COMMANDS:
        raise CallError(f"{name}: no command; there are {', '.join(COMMANDS)}")
    return COMMANDS[name].module


def main() -> int:
    chosen: list[str] = []

    def choose(arguments: list[str]) -> int:
        chosen.extend(filter(None, [choose_module(arguments)]))
        return 0

    status = run_command("petmood", choose, sys.argv[1:])
    if not chosen:
        return status
    del sys.argv[1]  # the rest is the module's
    runpy.run_module(chosen[0], run_name="__main__", alter_sys=True)
    return 0  # not reached: the module exits by itself


if __name__ == "__main__":
    sys.exit(main())
