"""python -m preprocess --source DIR [DIR ...] --out DIR [--config FILE.yaml] [--SETTING VALUE ...]"""

import sys

from console import settings_parser
from console.command import run_command
from preprocess.settings import PreprocessSettings
from shards.errors import CallError


def parse_preprocess_settings(arguments: list[str]) -> PreprocessSettings:
    """The settings from --config files and the command line. Raises CallError where they are wrong."""
    about = "Labels and frames of the pet videos -> a shuffled, verified dataset."
    several = {"source": {"nargs": "+", "type": str, "required": True, "metavar": "DIR"}}
    several["valid_source"] = {"nargs": "+", "type": str, "default": [], "metavar": "DIR"}
    try:
        return settings_parser.parse_settings(
            PreprocessSettings, "preprocess", about, arguments, ("replace", "dry_run", "debug"), several
        )
    except CallError as error:
        # The parser's message for `source: DIR` in a file, where it needs a list, does not say what to write.
        if "item assignment" in str(error):
            raise CallError("source takes a list in a file: source: [DIR]; so does valid_source") from error
        raise


def main(arguments: list[str]) -> int:
    settings = parse_preprocess_settings(arguments)
    from preprocess.run import run  # imports take seconds, so only once the arguments are known to be right

    run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("preprocess", main, sys.argv[1:]))
