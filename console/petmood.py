"""The command `petmood NAME ..`: every command by one name; each is the same as its `python -m` form.

petmood shards --source /data/aihub --out data/pets
petmood train --train data/pets
petmood NAME --help, or petmood help NAME
"""

import runpy
import sys

from console.calls.commands import COMMANDS, find_petmood, suggest_commands
from console.calls.completion import SHELLS, format_completion
from console.calls.help_format import put_help_in_words
from console.command import Parser, run_command
from console.output.messages import OUTPUT_FLAGS
from shards.errors import CallError

COMPLETION = "what a shell completes behind petmood: bash or zsh"
_COMPLETION_EXAMPLES = """examples:
  eval "$(petmood completion bash)"    # in ~/.bashrc
  petmood completion zsh > ~/.zfunc/_petmood    # where fpath has ~/.zfunc"""
_WITH_VALUE = [f"--{name}" for name, options in OUTPUT_FLAGS.items() if "action" not in options]


def make_call_parser() -> Parser:
    """The parser of what stands before a command's name: the flags that all commands share."""
    abouts = {name: command.about for name, command in COMMANDS.items()} | {"completion": COMPLETION}
    width = max(map(len, abouts))
    lines = [f"  {name:{width}}  {put_help_in_words(about)}" for name, about in abouts.items()]
    return Parser(
        "console.petmood",
        "\n".join([put_help_in_words("commands:"), *lines]),
        prog=" ".join(find_petmood()) or "petmood",
        usage="%(prog)s [--quiet] [--log FILE] [--lang {en,ko}] [--debug] NAME ...",
        epilog=put_help_in_words("petmood NAME --help tells more of a command."),
    )


def make_completion_parser() -> Parser:
    """The parser of `petmood completion`."""
    heading, _, examples = _COMPLETION_EXAMPLES.partition("\n")
    parser = Parser(
        "console.petmood",
        COMPLETION,
        prog=" ".join([*(find_petmood() or ["petmood"]), "completion"]),
        epilog=f"{put_help_in_words(heading)}\n{examples}",
    )
    parser.add_argument("shell", choices=SHELLS)
    return parser


def split_call(arguments: list[str]) -> tuple[list[str], list[str]]:
    """The flags in front of the command's name; and the name with all that follows it, none where there is no name."""
    place = 0
    while place < len(arguments) and arguments[place].startswith("-"):
        place += 2 if arguments[place] in _WITH_VALUE else 1
    return arguments[:place], arguments[place:]


def choose_module(arguments: list[str]) -> str | None:
    """The module of the named command; None where the call was answered here.

    Raises CallError for another name, for none behind flags, and for a wrong flag in front of the name.
    """
    flags, words = split_call(arguments)
    parser = make_call_parser()
    parser.parse_args(flags)  # prints the help or the version where they are asked for, and ends
    name = words[0] if words else ""
    if not arguments or words == ["help"]:
        parser.print_help()
        return None
    if name == "completion" and {"-h", "--help"} & set(words[1:]):
        make_completion_parser().print_help()
        return None
    if not words:
        raise CallError("the following arguments are required: NAME")
    if name == "completion":
        print(format_completion(" ".join(words[1:]), COMMANDS))
        return None
    if name not in COMMANDS:
        raise CallError(_explain_unknown_name(name))
    return COMMANDS[name].module


def _explain_unknown_name(name: str) -> str:
    if meant := suggest_commands(name):
        return f"{name}: no command; did you mean {', '.join(meant)}?"
    return f"{name}: no command; there are {', '.join([*COMMANDS, 'completion'])}"


def main() -> int:
    chosen: list[str] = []

    def choose(arguments: list[str]) -> int:
        chosen.extend(filter(None, [choose_module(arguments)]))
        return 0

    flags, words = split_call(sys.argv[1:])
    if words[:1] == ["help"] and words[1:]:
        words = [words[1], "--help"]
    own = 1 if words and words[0] in COMMANDS else len(words)  # what follows a command's name is for the command to say
    status = run_command("petmood", choose, [*flags, *words[:own]])
    if not chosen:
        return status
    sys.argv[1:] = [*flags, *words[1:]]
    runpy.run_module(chosen[0], run_name="__main__", alter_sys=True)
    return 0  # not reached: the module exits by itself


if __name__ == "__main__":
    sys.exit(main())
