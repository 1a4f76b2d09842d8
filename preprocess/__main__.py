"""python -m preprocess --source DIR [DIR ...] --out DIR [--config FILE.yaml] [--SETTING VALUE ...]"""

import sys

from console import settings_parser
from console.calls.given_paths import check_named_paths
from console.command import run_command
from console.progress import show_waiting
from preprocess.outcome import judge_outcome
from preprocess.settings import PreprocessSettings
from shards.errors import DataError


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
    check_named_paths("--source", settings.source)
    check_named_paths("--valid_source", settings.valid_source)
    check_named_paths("--label_map", filter(None, [settings.label_map]))
    with show_waiting("loading Ray", is_short=True):
        from preprocess.run import run  # after the arguments are known to be good: its imports take seconds

    outcome = judge_outcome(run(settings).counts)
    if outcome.faults:
        raise DataError(f"{settings.out} cannot be used as it is: {outcome.faults[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(run_command("preprocess", main, sys.argv[1:]))
