"""python -m preprocess --source DIR [DIR ...] --out DIR [--config FILE.yaml] [--SETTING VALUE ...]"""

import sys
from dataclasses import fields

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentParser
from jsonargparse import ArgumentError as ParsingError

from preprocess.settings import Settings
from shards.command import run_command
from shards.errors import CallError


def parse_settings(arguments: list[str]) -> Settings:
    """Settings from --config files and the command line, the later ones over the earlier.

    Raises CallError for anything that is unknown, missing or out of range.
    """
    parser = ArgumentParser(
        prog="python -m preprocess",
        description="Labels and frames of the pet videos -> a shuffled, verified dataset.",
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("--config", action=ActionConfigFile, help="a YAML file of settings, as in configs/")
    about = {parameter.arg_name: parameter.description for parameter in parse_docstring(Settings.__doc__).params}
    parser.add_argument("--source", nargs="+", type=str, required=True, metavar="DIR", help=about["source"])
    for flag in ("replace", "debug"):
        parser.add_argument(f"--{flag}", action="store_true", help=about[flag])
    parser.add_class_arguments(Settings, as_group=False, skip={"source", "replace", "debug"})
    try:
        found = parser.instantiate(parser.parse_args(arguments))
        return Settings(**{field.name: found[field.name] for field in fields(Settings)})
    except ParsingError as error:
        # What the parser says of `source: DIR` in a file, where it wants several, would help nobody.
        is_list = "item assignment" in str(error)
        raise CallError("source takes a list in a file: source: [DIR]" if is_list else str(error)) from error


def main(arguments: list[str]) -> int:
    settings = parse_settings(arguments)
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")  # said in a file: run_command looks for it here
    from preprocess.run import run  # after the arguments are known to be good: its imports take seconds

    run(settings)
    return 0


if __name__ == "__main__":
    sys.exit(run_command("preprocess", main, sys.argv[1:]))
