"""Two examples for the help of every command, each with a clause on what it is for."""

from typing import NamedTuple

from console.calls.commands import name_call
from console.calls.help_format import put_help_in_words


class Example(NamedTuple):
    """Arguments of a command, and what they are for."""

    arguments: str
    purpose: str


# By the command's module. The folders and files are those of the README; nobody has to have them.
EXAMPLES: dict[str, tuple[Example, ...]] = {
    "tools.make_sample": (
        Example("data/sample", "24 videos of 16 frames, as folders"),
        Example(
            "data/sample-zips --as zips --videos 48 --height 480", "more and smaller, in zips as AI Hub packs them"
        ),
    ),
    "tools.inventory": (
        Example("/data/aihub", "tables on the terminal"),
        Example("/data/aihub /data/more.csv --html inventory.html", "two sources, as a page"),
    ),
    "tools.advise": (
        Example("/data/aihub --out data/pets", "about a minute; times for preprocess and for an epoch of training"),
        Example("/data/aihub --train_config pets_train --seconds 120 --json advice.json", "for longer, with settings"),
    ),
    "preprocess": (
        Example("--source /data/aihub --out data/pets", "archives or folders, as AI Hub delivers them"),
        Example("--source train.csv --valid_source val.csv --out data/mine --dry_run", "only tell what would be kept"),
    ),
    "tools.verify": (
        Example("data/pets", "a dataset of this machine"),
        Example("/mnt/copy/pets && echo whole", "a copy; the status says whether it is whole"),
    ),
    "tools.show": (
        Example("data/pets", "six crops of each mood, as data/pets.png"),
        Example("data/pets --split val --columns 12 --png val.png", "more, of the validation frames"),
    ),
    "tools.to_coco": (
        Example("data/pets", "data/pets.coco/train.json and val.json, with the paths of the frames"),
        Example("data/pets --images --out pets-coco", "with copies of the frames, to take along"),
    ),
    "tools.compare": (
        Example("data/pets-old data/pets", "two datasets: what came, went and changed"),
        Example("runs/pets-128 runs/pets --json compared.json", "two runs; the figures too"),
    ),
    "tools.dataset_report": (
        Example("data/pets", "the page data/pets.dataset.html"),
        Example("data/pets --source /mnt/aihub --json pets.json", "where the source has moved; the figures too"),
    ),
    "tools.dedupe_report": (
        Example("data/pets", "the page data/pets.dedupe.html"),
        Example("data/pets --dry_run --csv dropped.csv", "before the shards are made; what would go, as a table"),
    ),
    "tools.to_csv": (
        Example("data/pets", "data/pets.csv/train.csv and val.csv"),
        Example("data/pets --all --out annotations", "duplicates and rejected rows too"),
    ),
    "trainer.train": (
        Example("--train data/pets", "a run in runs/pets; the same command again continues it"),
        Example(
            "--config pets_train --train data/pets --batch_size 32 --out runs/small", "settings of a file, one changed"
        ),
    ),
    "trainer.train_finder": (
        Example("--config finder --train data/pets", "a run in runs/finder"),
        Example("--train data/pets --resolution 416 --epochs 60 --out runs/fine", "larger pictures, for longer"),
    ),
    "trainer.inference": (
        Example("--weight_path runs/pets/model.keras --image dog.jpg --box 196,144,222,216", "a picture, and where"),
        Example(
            "--weight_path runs/pets/model.keras --finder runs/finder/finder.keras --image photos walk.mp4",
            "a folder and a clip; the finder finds the pets",
        ),
    ),
    "tools.serve": (
        Example("runs/pets --finder runs/finder/finder.keras", "on this machine alone, at port 8000"),
        Example("runs/pets --host 0.0.0.0 --allow_host pets.local --port 80", "for others in the network"),
    ),
    "trainer.export": (
        Example("--weight_path runs/pets/model.keras --out runs/pets-export", "all three formats"),
        Example("--weight_path runs/pets/model.keras --out phone --format litert", "for a phone alone"),
    ),
}


def format_examples(module: str) -> str:
    """The examples of a command as the end of its help; empty for a module that has none."""
    call = " ".join(name_call(module))
    lines = [
        f"  # {put_help_in_words(example.purpose)}\n  {call} {example.arguments}"
        for example in EXAMPLES.get(module, ())
    ]
    return "\n".join([put_help_in_words("examples:"), *lines]) if lines else ""
