"""Tell the mood of pictures, folders of pictures and videos, in Korean.

    python -m trainer.inference --weight_path runs/NAME/model.keras --image dog.jpg more/ walk.mp4

Each picture is cropped to a square around the animal, which --box names; without it the whole picture is used.
Probabilities are for moods that are equally common, unless --prior natural. Exit status 1: a file could not be read,
the others are answered.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from console.command import Parser, run_command
from shards.crop_geometry import Box
from shards.emotions import EMOTIONS
from shards.errors import CallError
from trainer.answering.answers import PRIOR_NOTES, DecisionRule, FileLogits, build_json_answer, format_answer
from trainer.answering.label_list import check_labels
from trainer.answering.media_files import MediaFile, list_media_files
from trainer.answering.prediction import check_box_fits, predict_files
from trainer.model.mood_json import Metadata, read_metadata

_WHOLE_PICTURE_NOTE = (
    "(사진 전체를 보았어요. 모델은 동물 둘레만 잘라 배웠으니, 동물이 작게 나왔으면 --box로 자리를 알려 주세요.)"
)


def main(arguments: list[str]) -> int:
    options = _parse_options(arguments)
    metadata = read_metadata(options.weight_path)
    _check_options(options, metadata)
    files = list_media_files(options.image)
    if options.box:
        check_box_fits(files, options.box)
    problems: list[tuple[MediaFile, str]] = []

    def report_problem(file: MediaFile, reason: str) -> None:
        problems.append((file, reason))
        print(f"inference: {file.path}: {reason}", file=sys.stderr)

    logits = predict_files(
        options.weight_path, metadata, files, options.box, options.species, options.batch_size, report_problem
    )
    rule = DecisionRule(metadata, options.prior, options.min_confidence)
    if options.json:
        _print_json(logits, rule, options.weight_path, problems)
    else:
        _print_text(logits, rule, options.topk, bool(options.box))
    return 1 if problems else 0


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("trainer.inference", __doc__)
    add = parser.add_argument
    add("--weight_path", type=Path, required=True, metavar="FILE", help="the model.keras of a run")
    add("--image", type=Path, required=True, nargs="+", metavar="FILE", help="pictures, folders of them, videos")
    add("--box", type=_parse_box, metavar="X,Y,W,H", help="the animal, in pixels of the upright picture")
    add("--species", choices=("dog", "cat"), help="for the sentence; else from names such as cat-sitdown-014540")
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


def _print_text(logits: Iterator[FileLogits], rule: DecisionRule, topk: int, boxed: bool) -> None:
    """Print each file's answer as soon as it is known, and notes after the last one."""
    answered = False
    for file in logits:
        answered = True
        print(*format_answer(file, rule, topk), sep="\n", flush=True)
    if not answered:
        return
    print(f"({PRIOR_NOTES[rule.prior]})")
    if rule.untrained_moods:
        print(f"(학습에 없어 답하지 않는 기분: {', '.join(mood.korean for mood in rule.untrained_moods)})")
    if not boxed:
        print(_WHOLE_PICTURE_NOTE)


def _print_json(
    logits: Iterator[FileLogits], rule: DecisionRule, model_path: Path, problems: list[tuple[MediaFile, str]]
) -> None:
    """Print one document. `problems` are complete once all logits are drawn."""
    results = [build_json_answer(file, rule) for file in logits]
    document = {
        "model": str(model_path),
        "prior": rule.prior,
        "min_confidence": rule.min_confidence,
        "never_answered": [mood.english for mood in rule.untrained_moods],
        "results": results,
        "errors": [{"file": str(file.path), "why": reason} for file, reason in problems],
    }
    print(json.dumps(document, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    # UTF-8 for Korean, whatever encoding the console has. A closed stream is None.
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run_command("inference", main, sys.argv[1:]))
