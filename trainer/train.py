"""python -m trainer.train --train DIR [--valid DIR] [--out runs/NAME] [--config FILE.yaml] [--SETTING VALUE ...]

The same command again continues a run that was stopped or killed, from its last checkpoint and with the same batches.
With --deterministic true on a CPU it ends with the same weights as a run that was never stopped. Of the epoch that it
continues, loss and accuracy are means over all steps; images/s and the waiting share count the steps after the stop.
"""

import sys

from console import settings_parser
from console.command import run_command
from console.output.messages import print_error
from console.progress import show_waiting
from shards.errors import CallError
from trainer.input import csv_preparation
from trainer.settings import TrainBase, TrainSettings
from trainer.tensorflow_startup import without_notes


def parse_train_settings(arguments: list[str]) -> TrainSettings:
    """Settings from --config files and the command line, see console.settings_parser.

    Raises CallError where a setting is wrong, and where imbalance is given twice, since only one value can hold.
    """
    if sum(argument.split("=")[0] == "--imbalance" for argument in arguments) > 1:
        raise CallError("imbalance is given twice; exactly one of none, class_weight, logit_adjustment works at a time")
    about = "A dataset of shards, or a CSV of image_path,bbox,labels, -> a model that tells the mood."
    flags = ("tensorboard", "replace", "debug")
    default = TrainSettings.train_base
    special = {"train_base": {"nargs": "?", "type": TrainBase, "const": "full", "default": default}}
    return settings_parser.parse_settings(TrainSettings, "trainer.train", about, arguments, flags, special)


def main(arguments: list[str]) -> int:
    settings = parse_train_settings(arguments)
    if settings.from_csv:
        folder = csv_preparation.choose_dataset_folder(settings)
        if status := csv_preparation.run_preprocess(settings, folder):
            print_error(f"train: preprocess ended with status {status}, for the reason that it gave above")
            return status
        settings = csv_preparation.replace_csv_with_dataset(settings, folder)
    with (
        show_waiting("loading TensorFlow"),
        without_notes(),
    ):  # imported here, once the arguments are known to be good: it takes seconds
        from trainer.checks.overfit import check_by_overfitting
        from trainer.mood_training.run import train

    if settings.overfit:
        check_by_overfitting(settings)
    else:
        train(settings, ["python", "-m", "trainer.train", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(run_command("train", main, sys.argv[1:]))
