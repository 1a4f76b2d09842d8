"""All commands by name, and how one is called: as this process was called itself, by `petmood` or by `python -m`."""

import re
import shutil
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple


class Command(NamedTuple):
    """What is behind a name: a module that runs as a command, and what it does."""

    module: str
    about: str


# In the order in which one needs them.
COMMANDS = {
    "sample": Command("tools.make_sample", "make a small source of made pet videos to try everything on"),
    "inventory": Command("tools.inventory", "what lies in a source, what is missing, what a run would take"),
    "advise": Command("tools.advise", "how long a run and an epoch take here, what limits, which settings to use"),
    "shards": Command("preprocess", "labels and frames -> a dataset"),
    "verify": Command("tools.verify", "check every byte of a dataset"),
    "show": Command("tools.show", "a picture of a dataset's crops, by mood"),
    "overview": Command("tools.dataset_report", "a page about a dataset: moods, splits, rejections, boxes, samples"),
    "duplicates": Command("tools.dedupe_report", "a page about near-duplicates and what other settings would keep"),
    "csv": Command("tools.to_csv", "a dataset's kept rows as train.csv and val.csv"),
    "coco": Command("tools.to_coco", "a dataset's whole frames and boxes as COCO JSON"),
    "compare": Command("tools.compare", "two datasets or two runs side by side: what differs, and which run is better"),
    "train": Command("trainer.train", "a dataset or a CSV -> a model"),
    "finder": Command("trainer.train_finder", "a dataset's whole frames -> what finds dogs and cats in pictures"),
    "predict": Command("trainer.inference", "pictures, folders and videos -> moods in Korean"),
    "serve": Command("tools.serve", "the page that answers photos, clips and a webcam"),
    "export": Command("trainer.export", "a model as SavedModel, LiteRT and ONNX"),
}
_GOING_ON = ("shards", "train", "finder")  # the same command takes up the work of one that was stopped


def find_name(module: str) -> str | None:
    """The name of the command behind a module, such as "predict"; None where it is no command's."""
    return next((name for name, command in COMMANDS.items() if command.module == module), None)


def find_petmood() -> list[str]:
    """The words by which this process was called as petmood; none where it was called by `python -m`."""
    called = sys.orig_argv[1:3]
    if called and Path(called[0]).name == "petmood":
        return ["petmood" if shutil.which("petmood") else called[0]]
    return ["python", "-m", "console.petmood"] if called == ["-m", "console.petmood"] else []


def name_call(module: str) -> list[str]:
    """The words that call a module, in the way in which this process was: `petmood NAME`, or `python -m MODULE`."""
    petmood, name = find_petmood(), find_name(module)
    return [*petmood, name] if petmood and name else ["python", "-m", module]


def name_shortly(module: str) -> str:
    """A command in a sentence: its name where petmood was called, else its module; by the module's last part too."""
    names = {part: name for name, command in COMMANDS.items() for part in _list_spellings(command)}
    return names.get(module, module) if find_petmood() else module


def can_go_on(module: str) -> bool:
    """Whether the same command takes up the work of one that was stopped; by the module's last part too."""
    return any(module in _list_spellings(COMMANDS[name]) for name in _GOING_ON)


def name_calls(text: str) -> str:
    """A text with every `python -m MODULE` in it, and a command in front of it, as this process was called."""
    if not find_petmood():
        return text
    text = _CALL.sub(lambda found: " ".join(name_call(found[1])), text)
    return _FRONT.sub(lambda found: name_shortly(found[0]), text)


def suggest_commands(word: str) -> list[str]:
    """The commands that a word which is none may stand for, the likeliest first, at most three.

    By the name of a module; by the beginning of a name, a module or a word in it; by near spelling; and by a word of
    what the commands do.
    """
    wanted = word.lower().replace("-", "_").removesuffix(".py")
    spellings = {name: [name, *_list_spellings(command)] for name, command in COMMANDS.items()}
    exact = [name for name, several in spellings.items() if wanted in several]
    begun = [name for name, several in spellings.items() if len(wanted) > 2 and _begins_one(wanted, several)]
    near = get_close_matches(wanted, [one for several in spellings.values() for one in several], 3, 0.72)
    alike = [name for one in near for name, several in spellings.items() if one in several]
    told = [name for name, command in COMMANDS.items() if wanted.rstrip("s") in re.split(r"s?\W+|s$", command.about)]
    return list(dict.fromkeys(exact or [*(begun or alike), *told]))[:3]


def _begins_one(wanted: str, spellings: list[str]) -> bool:
    words = [word for one in spellings for word in (one, *one.rpartition(".")[2].split("_"))]
    return any(word.startswith(wanted) for word in words)


def _list_spellings(command: Command) -> list[str]:
    """What a command may be called after its module: trainer.inference and inference."""
    return [command.module, command.module.rpartition(".")[2]]


_FRONT = re.compile(r"^[a-z_]+(?=: )")
_CALL = re.compile(rf"python -m ({'|'.join(re.escape(command.module) for command in COMMANDS.values())})\b(?!\.\w)")
