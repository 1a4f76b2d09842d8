"""Tell the mood of pictures, folders of pictures and videos, in Korean.

    python -m trainer.inference --weight_path runs/NAME/model.keras --image dog.jpg more/ walk.mp4

    python -m trainer.inference --weight_path runs/NAME/model.keras --finder finder.tflite --image dog.jpg walk.mp4

    curl -s ADDRESS | python -m trainer.inference --weight_path runs/NAME/model.keras --image - --jsonl

With --finder, every dog and cat is found, cut out as in training, and judged; in clips each is followed. Where there is
none, that is said. Without it, each picture is cropped to a square around the animal, which --box names, or used whole.
Probabilities are for moods that are equally common, unless --prior natural. What is passed over in a folder is said.
Exit status 1: a file could not be read, the others are answered.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from console.calls.given_paths import check_named_paths
from console.command import Parser, run_command
from console.output.messages import print_error, print_warning
from shards.crop_geometry import Box
from shards.emotions import EMOTIONS
from shards.errors import CallError
from shards.jpeg_headers import UnreadableImage
from shards.storage.atomic_write import remove_abandoned
from trainer.answer_flags import ANSWER_FLAGS, add_answer_flag, check_answer_flags
from trainer.answering.answers import PRIOR_NOTES, DecisionRule, build_json_answer, format_answer
from trainer.answering.judged_files import JudgedClip, JudgedPhoto, judge_files
from trainer.answering.media_files import MediaFile, list_media_files
from trainer.answering.pet_answers import build_json_file, format_file
from trainer.answering.pet_judge import make_pet_judge
from trainer.answering.prediction import check_box_fits, predict_files
from trainer.finding.finder_file import open_finder
from trainer.finding.finder_json import find_finder
from trainer.finding.found_pet import Finder
from trainer.inference_end import WatchedAnswers, print_inference_end
from trainer.inference_output import Answer, InferenceOutcome, print_json, print_json_lines, print_text
from trainer.model.label_list import check_labels
from trainer.model.mood_json import Metadata, find_model, read_metadata


def main(arguments: list[str]) -> int:
    options = _parse_options(arguments)
    metadata = read_metadata(options.weight_path)
    _check_options(options, metadata)
    _check_finder_options(options)
    check_named_paths("--image", options.image)
    files, passed_over = list_media_files(options.image)
    if options.box:
        check_box_fits(files, options.box)
    has_pictures = any(file.problem is None for file in files)  # else no finder is waited for
    finder = open_finder(options.finder) if options.finder and has_pictures else None
    if options.annotated:
        _make_annotated_folder(options.annotated)
    for folder, why in passed_over:
        print_warning(f"inference: {folder}: passed over {why}", dated=False)
    problems: list[tuple[MediaFile, str]] = []

    def report_problem(file: MediaFile, reason: str) -> None:
        problems.append((file, reason))
        print_error(f"inference: {file.path}: {reason}")

    rule = DecisionRule(metadata, options.prior, options.min_confidence, options.min_margin, options.smooth)
    if options.finder:
        answers = _answer_pets(options, finder, files, rule, report_problem)
    else:
        answers = _answer_without_finder(options, metadata, files, rule, report_problem)
    watched = WatchedAnswers(answers)
    outcome = InferenceOutcome(options.weight_path, options.finder, rule, problems, passed_over)
    if options.json:
        print_json(watched, outcome)
    elif options.jsonl:
        print_json_lines(watched, outcome)
    else:
        print_text(watched, rule, is_whole=not (options.finder or options.box))
        print_inference_end(watched, len(problems), options)
    return 1 if problems else 0


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("trainer.inference", __doc__)
    add = parser.add_argument
    add(
        "--weight_path",
        type=Path,
        required=True,
        metavar="FILE",
        help="a run's folder or its model.keras, or the model.onnx of an export, which starts sooner",
    )
    add(
        "--image",
        type=Path,
        required=True,
        nargs="+",
        metavar="FILE",
        help="pictures, folders of them, videos, patterns such as 'photos/*.jpg', or - for a picture's bytes from "
        "standard input",
    )
    add("--box", type=_parse_box, metavar="X,Y,W,H", help="the animal, in pixels of the upright picture")
    add(
        "--finder",
        type=Path,
        metavar="FILE",
        help="finds dogs and cats: its run's folder, finder.keras, .onnx, or MediaPipe's SSD",
    )
    add_answer_flag(parser, "min_pet", is_noted=True)
    add("--whole", action="store_true", help="judge the whole picture where the finder finds no pet")
    add("--annotated", type=Path, metavar="DIR", help="write pictures with boxes and moods; of a clip one for each pet")
    add(
        "--species",
        choices=("dog", "cat"),
        help="for the sentence; else the finder's, or from names such as cat-sitdown-014540",
    )
    formats = parser.add_mutually_exclusive_group()
    formats.add_argument("--json", action="store_true", help="one JSON document instead of text")
    formats.add_argument(
        "--jsonl",
        action="store_true",
        help="a line of JSON for each file, as soon as it is answered",
    )
    add("--topk", type=int, default=3, metavar="N", help="moods to name with their probability, 1 to 6 (default 3)")
    for name in ("min_confidence", "min_margin", "smooth"):
        add_answer_flag(parser, name)
    add(
        "--prior",
        choices=tuple(PRIOR_NOTES),
        default="equal",
        help="how common the moods are taken to be (default equal)",
    )
    add("--batch_size", type=int, default=32, metavar="N", help="pictures at a time, from 1 (default 32)")
    add("--label", type=Path, metavar="FILE", help="a list of labels; only checked against the model's")
    add("--classes", type=int, metavar="N", help="number of moods; only checked")
    add("--input_size", type=int, metavar="N", help="side of the model's pictures; only checked")
    options = parser.parse_args(arguments)
    check_named_paths("--weight_path", [options.weight_path])
    options.weight_path = find_model(options.weight_path)
    options.finder = options.finder and find_finder(options.finder)
    return options


def _parse_box(text: str) -> Box:
    try:
        box = Box(*map(int, text.split(",")))
    except (ValueError, TypeError):
        raise argparse.ArgumentTypeError(f"{text!r} is not four whole numbers x,y,width,height") from None
    if min(box.x, box.y) < 0 or min(box.width, box.height) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: x and y have to be 0 or more, width and height 1 or more")
    return box


def _check_options(options: argparse.Namespace, metadata: Metadata) -> None:
    """Raise CallError for values out of range and for flags that contradict the model."""
    file = options.weight_path
    if not 1 <= options.topk <= len(EMOTIONS):
        raise CallError(f"--topk {options.topk}: there are 1 to {len(EMOTIONS)} moods to name")
    check_answer_flags(options)
    if options.batch_size < 1:
        raise CallError(f"--batch_size {options.batch_size}: has to be 1 or more")
    if options.classes not in (None, len(EMOTIONS)):
        raise CallError(f"--classes {options.classes}: {file} tells {len(EMOTIONS)} moods; leave the flag out")
    sizes = [metadata.image_size, metadata.trained.get("resolution", metadata.image_size)]
    if options.input_size not in (None, *sizes):
        known = " (trained at {1})".format(*sizes) if sizes[0] != sizes[1] else ""
        raise CallError(
            f"--input_size {options.input_size}: {file} takes squares of {sizes[0]} pixels{known}; leave the flag out"
        )
    if options.label:
        check_labels(options.label)


def _check_finder_options(options: argparse.Namespace) -> None:
    """Raise CallError for flags that contradict each other."""
    if options.finder and options.box:
        raise CallError("--box and --finder: either you say where the animal is, or the finder does; leave one out")
    given = {"min_pet": options.min_pet is not None, "whole": options.whole, "annotated": options.annotated is not None}
    for name in (name for name, is_given in given.items() if is_given and not options.finder):
        raise CallError(f"--{name} needs --finder FILE, which finds the pets")


def _make_annotated_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise CallError(f"--annotated {folder}: there is a file in its place; name a folder") from error
    remove_abandoned(folder)


def _answer_pets(
    options: argparse.Namespace,
    finder: Finder | None,
    files: list[MediaFile],
    rule: DecisionRule,
    report_problem: Callable[[MediaFile, str], None],
) -> Iterator[Answer]:
    """Answer for every pet on each file, and write annotated pictures. Without a finder no file can be read."""
    min_pet = ANSWER_FLAGS["min_pet"].default if options.min_pet is None else options.min_pet
    open_judge = partial(make_pet_judge, options.weight_path, finder, min_pet, options.batch_size)
    sources = {file.path.resolve() for file in files}
    for file in judge_files(open_judge, files, options.whole, options.batch_size, report_problem):
        try:
            drawn = _draw(file, rule, options, sources) if options.annotated else []
        except UnreadableImage as error:  # it has changed since it was read
            report_problem(MediaFile(file.path), str(error))
            continue
        if options.json or options.jsonl:
            paths = {"annotated": [str(path) for path in drawn]} if options.annotated else {}
            yield build_json_file(file, rule, options.species) | paths
        else:
            yield [*format_file(file, rule, options.topk, options.species), *(f"  이미지: {path}" for path in drawn)]


def _draw(
    file: JudgedPhoto | JudgedClip, rule: DecisionRule, options: argparse.Namespace, sources: set[Path]
) -> list[Path]:
    from trainer.answering.annotated_pictures import write_annotated  # imports fonts and Matplotlib

    return write_annotated(file, rule, options.annotated, sources, options.species)


def _answer_without_finder(
    options: argparse.Namespace,
    metadata: Metadata,
    files: list[MediaFile],
    rule: DecisionRule,
    report_problem: Callable[[MediaFile, str], None],
) -> Iterator[Answer]:
    """Answer for the box, or for the whole of each picture."""
    for file in predict_files(
        options.weight_path, metadata, files, options.box, options.species, options.batch_size, report_problem
    ):
        if options.json or options.jsonl:
            yield build_json_answer(file, rule)
        else:
            yield list(format_answer(file, rule, options.topk))


if __name__ == "__main__":
    # UTF-8 for Korean, whatever encoding the console has. A closed stream is None.
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run_command("inference", main, sys.argv[1:]))
