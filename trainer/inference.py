"""Tell the mood of pictures, folders of pictures and videos, in Korean.

    python -m trainer.inference --weight_path runs/NAME/model.keras --image dog.jpg more/ walk.mp4

    python -m trainer.inference --weight_path runs/NAME/model.keras --finder finder.tflite --image dog.jpg walk.mp4

With --finder, every dog and cat is found, cut out as in training, and judged; in clips each is followed. Where there is
none, that is said. Without it, each picture is cropped to a square around the animal, which --box names, or used whole.
Probabilities are for moods that are equally common, unless --prior natural. Exit status 1: a file could not be read,
the others are answered.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from console.command import Parser, run_command
from console.output.messages import print_error
from shards.crop_geometry import Box
from shards.emotions import EMOTIONS
from shards.errors import CallError
from shards.jpeg_headers import UnreadableImage
from trainer.answering.answers import PRIOR_NOTES, DecisionRule, build_json_answer, format_answer
from trainer.answering.judged_files import JudgedClip, JudgedPhoto, judge_files
from trainer.answering.label_list import check_labels
from trainer.answering.media_files import MediaFile, list_media_files
from trainer.answering.pet_answers import build_json_file, format_file
from trainer.answering.pet_judge import DEFAULT_MIN_PET, make_pet_judge
from trainer.answering.prediction import check_box_fits, predict_files
from trainer.finding.finder_file import open_finder
from trainer.finding.found_pet import Finder
from trainer.inference_end import WatchedAnswers, print_inference_end
from trainer.model.mood_json import Metadata, read_metadata

_WHOLE_PICTURE_NOTE = (
    "(사진 전체를 보았어요. 모델은 동물 둘레만 잘라 배웠으니, --finder로 찾게 하거나 --box로 자리를 알려 주세요.)"
)

Answer = dict[str, Any] | list[str]  # of a file: for JSON, or lines of text


def main(arguments: list[str]) -> int:
    options = _parse_options(arguments)
    metadata = read_metadata(options.weight_path)
    _check_options(options, metadata)
    _check_finder_options(options)
    finder = open_finder(options.finder) if options.finder else None
    files = list_media_files(options.image)
    if options.box:
        check_box_fits(files, options.box)
    problems: list[tuple[MediaFile, str]] = []

    def report_problem(file: MediaFile, reason: str) -> None:
        problems.append((file, reason))
        print_error(f"inference: {file.path}: {reason}")

    rule = DecisionRule(metadata, options.prior, options.min_confidence)
    if finder:
        answers = _answer_pets(options, finder, files, rule, report_problem)
    else:
        answers = _answer_without_finder(options, metadata, files, rule, report_problem)
    watched = WatchedAnswers(answers)
    if options.json:
        _print_json(watched, rule, options, problems)
    else:
        _print_text(watched, rule, is_whole=not (finder or options.box))
        print_inference_end(watched, len(problems), options.weight_path, options.annotated)
    return 1 if problems else 0


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("trainer.inference", __doc__)
    add = parser.add_argument
    add(
        "--weight_path",
        type=Path,
        required=True,
        metavar="FILE",
        help="the model.keras of a run, or the model.onnx of an export, which starts sooner",
    )
    add("--image", type=Path, required=True, nargs="+", metavar="FILE", help="pictures, folders of them, videos")
    add("--box", type=_parse_box, metavar="X,Y,W,H", help="the animal, in pixels of the upright picture")
    add("--finder", type=Path, metavar="FILE", help="finds dogs and cats: MediaPipe's SSD-MobileNetV2 as .tflite")
    add(
        "--min_pet",
        type=float,
        metavar="SHARE",
        help="pets are told of whose longer side is at least this share of the picture's shorter side "
        f"(default {DEFAULT_MIN_PET})",
    )
    add("--whole", action="store_true", help="judge the whole picture where the finder finds no pet")
    add("--annotated", type=Path, metavar="DIR", help="write pictures with boxes and moods; of a clip one for each pet")
    add(
        "--species",
        choices=("dog", "cat"),
        help="for the sentence; else the finder's, or from names such as cat-sitdown-014540",
    )
    add("--json", action="store_true", help="one JSON document instead of text")
    add("--topk", type=int, default=3, metavar="N", help="moods to name with their probability (default 3)")
    add("--min_confidence", type=float, default=0.4, metavar="P", help="below it: not known (default 0.4)")
    add(
        "--prior",
        choices=tuple(PRIOR_NOTES),
        default="equal",
        help="how common the moods are taken to be (default equal)",
    )
    add("--batch_size", type=int, default=32, metavar="N", help="pictures at a time (default 32)")
    add("--label", type=Path, metavar="FILE", help="a list of labels; only checked against the model's")
    add("--classes", type=int, metavar="N", help="number of moods; only checked")
    add("--input_size", type=int, metavar="N", help="side of the model's pictures; only checked")
    return parser.parse_args(arguments)


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
    if not 0 <= options.min_confidence <= 1:
        raise CallError(f"--min_confidence {options.min_confidence}: is a probability, 0 to 1")
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
    """Raise CallError for flags that contradict each other, and make the folder for pictures."""
    if options.finder and options.box:
        raise CallError("--box and --finder: either you say where the animal is, or the finder does; leave one out")
    given = {"min_pet": options.min_pet is not None, "whole": options.whole, "annotated": options.annotated is not None}
    for name in (name for name, is_given in given.items() if is_given and not options.finder):
        raise CallError(f"--{name} needs --finder FILE, which finds the pets")
    if options.min_pet is not None and not 0 <= options.min_pet <= 1:
        raise CallError(f"--min_pet {options.min_pet}: is a share of the picture's shorter side, 0 to 1")


def _make_annotated_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise CallError(f"--annotated {folder}: there is a file in its place; name a folder") from error


def _answer_pets(
    options: argparse.Namespace,
    finder: Finder,
    files: list[MediaFile],
    rule: DecisionRule,
    report_problem: Callable[[MediaFile, str], None],
) -> Iterator[Answer]:
    """Answer for every pet on each file, and write annotated pictures."""
    if options.annotated:
        _make_annotated_folder(options.annotated)
    min_pet = DEFAULT_MIN_PET if options.min_pet is None else options.min_pet
    open_judge = partial(make_pet_judge, options.weight_path, finder, min_pet, options.batch_size)
    sources = {file.path.resolve() for file in files}
    for file in judge_files(open_judge, files, options.whole, options.batch_size, report_problem):
        try:
            drawn = _draw(file, rule, options, sources) if options.annotated else []
        except UnreadableImage as error:  # it has changed since it was read
            report_problem(MediaFile(file.path), str(error))
            continue
        if options.json:
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
        yield build_json_answer(file, rule) if options.json else list(format_answer(file, rule, options.topk))


def _print_text(answers: Iterator[Answer], rule: DecisionRule, is_whole: bool) -> None:
    """Print each file's answer as soon as it is known, and notes after the last one."""
    answered = False
    for lines in answers:
        answered = True
        print(*lines, sep="\n", flush=True)
    if not answered:
        return
    print(f"({PRIOR_NOTES[rule.prior]})")
    if rule.untrained_moods:
        print(f"(학습에 없어 답하지 않는 기분: {', '.join(mood.korean for mood in rule.untrained_moods)})")
    if is_whole:
        print(_WHOLE_PICTURE_NOTE)


def _print_json(
    answers: Iterator[Answer],
    rule: DecisionRule,
    options: argparse.Namespace,
    problems: list[tuple[MediaFile, str]],
) -> None:
    """Print one document. `problems` are complete once all answers are drawn."""
    results = list(answers)
    document = {
        "model": str(options.weight_path),
        **({"finder": str(options.finder)} if options.finder else {}),
        "prior": rule.prior,
        "min_confidence": rule.min_confidence,
        "never_answered": [mood.english for mood in rule.untrained_moods],
        "results": results,
        "errors": [{"file": str(file.path), "why": reason} for file, reason in problems],
    }
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)  # as one text it would take much of the memory
    print()


if __name__ == "__main__":
    # UTF-8 for Korean, whatever encoding the console has. A closed stream is None.
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run_command("inference", main, sys.argv[1:]))
