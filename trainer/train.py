"""python -m trainer.train --train DIR [--valid DIR] [--out runs/NAME] [--config FILE.yaml] [--SETTING VALUE ...]

The same command again goes on with a run that was stopped or killed, from its last checkpoint, with the same batches;
with --deterministic true on a CPU it ends in the same weights as without the stop. The training means of the epoch it
stopped in count all of that epoch's steps; images/s and the share of waiting count the steps since.
"""

import sys

from console import settings_parser
from console.command import run_command
from shards.errors import CallError
from trainer.input import csv_preparation
from trainer.settings import TrainBase, TrainSettings
from trainer.tensorflow_startup import without_notes


def parse_train_settings(arguments: list[str]) -> TrainSettings:
    """Settings from --config files and the command line, see console.settings_parser.

    Raises CallError also where imbalance, to which there is one answer, is given twice.
    """
    if sum(argument.split("=")[0] == "--imbalance" for argument in arguments) > 1:
        raise CallError("imbalance is given twice; exactly one of none, class_weight, logit_adjustment works at a time")
    about = "A dataset of shards, or the student's CSV, -> a model that tells the mood."
    flags = ("tensorboard", "replace", "debug")
    alone = {"train_base": {"nargs": "?", "type": TrainBase, "const": "full", "default": "full"}}
    return settings_parser.parse_settings(TrainSettings, "trainer.train", about, arguments, flags, alone)


def main(arguments: list[str]) -> int:
    settings = parse_train_settings(arguments)
    if settings.from_csv:
        folder = csv_preparation.choose_dataset_folder(settings)
        if status := csv_preparation.run_preprocess(settings, folder):
            print(f"train: preprocess ended with status {status}, for the reason that it gave above", file=sys.stderr)
            return status
        settings = csv_preparation.replace_csv_with_dataset(settings, folder)
    with without_notes():
        from trainer.training import run  # after the arguments are known to be good: its imports take seconds

    if settings.overfit:
        run.learn_by_heart(settings)
    else:
        run.train(settings, ["python", "-m", "trainer.train", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(run_command("train", main, sys.argv[1:]))
