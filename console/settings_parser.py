"""Settings from YAML files and the command line, for commands whose settings are a dataclass with a docstring."""

import re
from argparse import SUPPRESS
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from docstring_parser import parse as parse_docstring
from jsonargparse import ActionConfigFile, ArgumentError, ArgumentParser

from console.calls.commands import name_call
from console.calls.completion import offer_parser
from console.calls.examples import format_examples
from console.calls.given_paths import refuse_urls
from console.calls.settings_help import SettingsHelpFormatter
from console.calls.unknown_settings import explain_unknown_setting
from console.output.messages import OUTPUT_FLAGS, be_quiet, open_log, speak
from console.settings_check import check_config_file, find_unknown_name, find_wrong_value
from console.version import VERSION_HELP, VersionAction
from shards.errors import CallError

_T = TypeVar("T")
_CONFIGS = Path(__file__).parent.parent / "configs"  # in a checkout and where the package is installed


def parse_settings(
    kind: type[_T],
    module: str,
    about: str,
    arguments: list[str],
    flags: Sequence[str],
    special: dict[str, dict[str, Any]],
) -> _T:
    """Parse --config files and the command line into an instance of `kind`. Later values override earlier ones.

    Args:
        kind: a dataclass whose docstring describes its fields. One field is `debug`.
        module: the command's module, as in `python -m module`.
        about: what the command does, in one line.
        arguments: the command line. `--debug` is appended where a file sets it, because run_command looks for it here.
        flags: fields that are switched on by their name alone.
        special: for some fields, the arguments of add_argument, where those that follow from the type do not suit.

    Raises CallError for a setting that is unknown, missing, or not of its type or range, and for a missing file.
    """
    expanded = _find_config_files(arguments)
    for path in _list_config_paths(expanded):
        check_config_file(path)
    parser = ArgumentParser(
        prog=" ".join(name_call(module)),
        usage=f"%(prog)s {_word_required(kind, special)} [--config FILE] [--SETTING VALUE ...]",
        description=about,
        epilog=format_examples(module),
        formatter_class=SettingsHelpFormatter,
        exit_on_error=False,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=VersionAction, help=VERSION_HELP)
    parser.add_argument(
        "--config",
        action=ActionConfigFile,
        help=f"a YAML file of settings, or one that comes along: {', '.join(_list_configs())}",
    )
    # python -OO removes docstrings; the help is then shorter.
    descriptions = {
        parameter.arg_name: parameter.description for parameter in parse_docstring(kind.__doc__ or "").params
    }
    for name, options in OUTPUT_FLAGS.items():
        parser.add_argument(f"--{name}", **options)
    for name, options in (special | {flag: {"action": "store_true"} for flag in flags}).items():
        parser.add_argument(f"--{name}", help=descriptions.get(name), **options)
    parser.add_class_arguments(kind, as_group=False, skip={*special, *flags})
    for action in parser._actions:  # of a group, --group.NAME is shown, and not --group with a file or a mapping
        if is_dataclass(get_type_hints(kind).get(action.dest)):
            action.help = SUPPRESS
    offer_parser(parser)
    try:
        parsed = parser.instantiate(parser.parse_args(expanded))
        settings = kind(**{field.name: parsed[field.name] for field in fields(kind)})
    except (ArgumentError, TypeError) as error:  # a value in the place of a group is a TypeError
        if unknown := find_unknown_name(kind, expanded, (*flags, "quiet")):
            raise CallError(explain_unknown_setting(kind, module, unknown)) from error
        found = find_wrong_value(kind, expanded, (*flags, "quiet"))
        if not found and isinstance(error, TypeError):
            raise
        required = re.match("(the following arguments are required: )(.+)", str(error))
        missing = required and required[1] + ", ".join(f"--{name}" for name in required[2].split(", "))
        raise CallError(found or missing or str(error)) from error
    refuse_urls(
        _list_texts(settings), module.removeprefix("trainer.")
    )  # those of files; run_command has seen the others
    if settings.debug and "--debug" not in arguments:
        arguments.append("--debug")
    if parsed["quiet"] and "--quiet" not in arguments:  # as a file says
        be_quiet()
    if parsed["log"] and not any(argument.split("=")[0] == "--log" for argument in arguments):
        open_log(parsed["log"])
    if parsed["lang"] and not any(argument.split("=")[0] == "--lang" for argument in arguments):
        speak(parsed["lang"])
    return settings


def _list_texts(settings: Any) -> Iterator[str]:
    """The texts among the settings, each behind its name, as a command line has them."""
    for field in fields(settings):
        value = getattr(settings, field.name)
        texts = value if isinstance(value, list) else [value]
        yield from (f"--{field.name}={text}" for text in texts if isinstance(text, str))


def _word_required(kind: type, special: Mapping[str, Mapping[str, Any]]) -> str:
    """The settings without a default, as the usage shows them."""
    missing = [field.name for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING]
    several = {name for name, options in special.items() if options.get("nargs") == "+"}
    return " ".join(f"--{name} DIR{' [DIR ...]' if name in several else ''}" for name in missing)


def _list_config_paths(arguments: Sequence[str]) -> Iterator[Path]:
    """The files that --config names and that are there."""
    for argument, following in pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        path = Path(value if equals else following)
        if name == "--config" and path.is_file():
            yield path


def _find_config_files(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the path of a file in configs/ where --config names one that is not below this folder."""
    found = []
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if equals and name == "--config":
            found.append(f"--config={_find_config_file(value)}")
        else:
            found.append(_find_config_file(argument) if place and arguments[place - 1] == "--config" else argument)
    return found


def _find_config_file(value: str) -> str:
    """Raises CallError where there is no such file."""
    known = (_CONFIGS.parent / value, _CONFIGS / f"{value}.yaml")  # configs/pets.yaml and pets
    places = [Path(value), *(path for path in known if path.parent == _CONFIGS)]
    if found := next((str(path) for path in places if path.is_file()), None):
        return found
    if meant := get_close_matches(Path(value).stem, _list_configs(), 1):
        raise CallError(f"--config {value}: there is no such file; did you mean {meant[0]}?")
    raise CallError(f"--config {value}: there is no such file; give one, or one of {', '.join(_list_configs())}")


def _list_configs() -> list[str]:
    return sorted(path.stem for path in _CONFIGS.glob("*.yaml"))
