"""python -m preprocess --source DIR [DIR ...] --out DIR [--config FILE.yaml] [--SETTING VALUE ...]"""

import sys

from console import settings_parser
from console.command import run_command
from console.progress import show_waiting
from preprocess.settings import PreprocessSettings


def parse_preprocess_settings(arguments: list[str]) -> PreprocessSettings:
    """Settings from --config files and the command line, see console.settings_parser."""
    about = "Labels and frames of the pet videos -> a shuffled, verified dataset."
    several = {"source": {"nargs": "+", "type": str, "required": True, "metavar": "DIR"}}
    several["valid_source"] = {"nargs": "+", "type": str, "default": [], "metavar": "DIR"}
    return settings_parser.parse_settings(
        PreprocessSettings, "preprocess", about, arguments, ("replace", "dry_run", "debug"), several
    )


def main(arguments: list[str]) -> int:
    settings = parse_preprocess_settings(arguments)
    with show_waiting("loading Ray", is_short=True):
        from preprocess.run import run  # after the arguments are known to be good: its imports take seconds

    run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("preprocess", main, sys.argv[1:]))
