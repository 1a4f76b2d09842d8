"""python -m trainer.train_finder --train DIR [--valid DIR] [--out runs/finder] [--config FILE] [--SETTING VALUE ...]

The same command again continues a run that was stopped or killed, as trainer.train does. What comes out, finder.keras,
finds dogs and cats in whole pictures: python -m trainer.inference --finder runs/finder/finder.keras.
"""

import sys

from console import settings_parser
from console.command import run_command
from console.progress import show_waiting
from trainer.finder_settings import FinderSettings
from trainer.tensorflow_startup import without_notes


def parse_finder_settings(arguments: list[str]) -> FinderSettings:
    """Settings from --config files and the command line, see console.settings_parser."""
    about = "The whole frames of a dataset -> a finder of dogs and cats in pictures."
    flags = ("tensorboard", "replace", "debug")
    return settings_parser.parse_settings(FinderSettings, "trainer.train_finder", about, arguments, flags, {})


def main(arguments: list[str]) -> int:
    settings = parse_finder_settings(arguments)
    with (
        show_waiting("loading TensorFlow"),
        without_notes(),
    ):  # imported here, once the arguments are known to be good: it takes seconds
        from trainer.finder_training.train_run import train_finder

    train_finder(settings, ["python", "-m", "trainer.train_finder", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(run_command("train_finder", main, sys.argv[1:]))
