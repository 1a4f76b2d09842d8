"""python -m trainer.train --train DIR [--valid DIR] [--out runs/NAME] [--config FILE.yaml] [--SETTING VALUE ...]

The same command again goes on with a run that was stopped or killed, from its last checkpoint, with the same batches;
with --deterministic true on a CPU it ends in the same weights as without the stop. The training means of the epoch it
stopped in count all of that epoch's steps; images/s and the share of waiting count the steps since.
"""

import sys
from dataclasses import fields

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentParser
from jsonargparse import ArgumentError as ParsingError

from shards.command import run_command
from shards.errors import CallError
from trainer.settings import Settings, TrainBase
from trainer.startup import without_notes

_FLAGS = ("tensorboard", "replace", "debug")


def parse_settings(arguments: list[str]) -> Settings:
    """Settings from --config files and the command line, the later ones over the earlier.

    Raises CallError for anything that is unknown, missing, out of range, or said twice where one answer is wanted.
    """
    if sum(argument.split("=")[0] == "--imbalance" for argument in arguments) > 1:
        raise CallError("imbalance is given twice; exactly one of none, class_weight, logit_adjustment works at a time")
    parser = ArgumentParser(
        prog="python -m trainer.train",
        description="A dataset of shards, or the student's CSV -> a model that tells the mood.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("--config", action=ActionConfigFile, help="a YAML file of settings, as in configs/")
    about = {parameter.arg_name: parameter.description for parameter in parse_docstring(Settings.__doc__).params}
    for flag in _FLAGS:
        parser.add_argument(f"--{flag}", action="store_true", help=about[flag])
    base = {"nargs": "?", "type": TrainBase, "const": "full", "default": "full"}
    parser.add_argument("--train_base", **base, help=about["train_base"])
    parser.add_class_arguments(Settings, as_group=False, skip={*_FLAGS, "train_base"})
    try:
        found = parser.instantiate(parser.parse_args(arguments))
        return Settings(**{field.name: found[field.name] for field in fields(Settings)})
    except ParsingError as error:
        raise CallError(str(error)) from error


def main(arguments: list[str]) -> int:
    settings = parse_settings(arguments)
    settings.check()
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")  # said in a file: run_command looks for it here
    with without_notes():
        from trainer import run  # after the arguments are known to be good: its imports take seconds

    if settings.overfit:
        run.learn_by_heart(settings)
    else:
        run.train(settings, ["python", "-m", "trainer.train", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(run_command("train", main, sys.argv[1:]))
