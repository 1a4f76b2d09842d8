"""Tell the mood of pictures, folders of pictures and videos, in Korean.

    python -m trainer.inference --weight_path runs/NAME/model.keras --image dog.jpg more/ walk.mp4

Each picture is judged as a square around the animal, which --box names; without it, as a whole. Probabilities are for
moods that are equally common, unless --prior natural. Exit status 1: a file could not be read, the others are
answered.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from console.command import Parser, run_command
from shards.crop_geometry import Box
from shards.emotions import EMOTIONS
from shards.errors import CallError
from shards.jpeg_headers import UnreadableImage
from shards.species import find_species_in_path
from trainer.answering.answers import PRIOR_NOTES, Answer, Judge, describe_answer, write_answer
from trainer.answering.label_list import check_labels
from trainer.answering.photo import cut_square, read_pixels
from trainer.answering.picture_files import PictureFile, list_sources
from trainer.answering.video_clips import read_clip_frames
from trainer.model.mood_json import Metadata, read_metadata
from trainer.tensorflow_startup import without_notes

_WHOLE = "(사진 전체를 보았어요. 모델은 동물 둘레만 잘라 배웠으니, 동물이 작게 나왔으면 --box로 자리를 알려 주세요.)"


class Square(NamedTuple):
    """One picture as the network gets it, (size, size, 3) uint8, and whose it is."""

    source: PictureFile
    seconds: float
    pixels: np.ndarray


def main(arguments: list[str]) -> int:
    options = _parse(arguments)
    metadata = read_metadata(options.weight_path)
    _check_flags(options, metadata)
    sources = list_sources(options.image)
    if options.box:
        _check_box(sources, options.box)
    problems: list[tuple[PictureFile, str]] = []
    squares = _read_squares(sources, options.box, metadata, lambda *problem: _report(problems, *problem))
    predicted = _predict(options.weight_path, squares, options.batch_size)
    answers = _answer(predicted, options.species, problems)
    judge = Judge(metadata, options.prior, options.min_confidence)
    (_print_json if options.json else _print_text)(answers, judge, options, problems)
    return 1 if problems else 0


def _parse(arguments: list[str]) -> argparse.Namespace:
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


def _check_flags(options: argparse.Namespace, metadata: Metadata) -> None:
    """What is out of range, and the student's flags where they contradict the file."""
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


def _check_box(sources: list[PictureFile], box: Box) -> None:
    """CallError where the box leaves a picture; all that can be read are looked at before any is answered."""
    for source in sources:
        try:
            height, width = next(_read(source, judge=False))[1].shape[:2]
        except UnreadableImage:
            continue  # said when its turn comes
        if box.x + box.width > width or box.y + box.height > height:
            raise CallError(
                f"--box {','.join(map(str, box))} leaves {source.path}, which is {width}x{height} pixels when upright"
            )


def _load(path: Path) -> Any:
    """The model; starts TensorFlow, so only once the call is known to be right and there is something to look at."""
    with without_notes():
        from trainer.model.model_file import read_model

        return read_model(path)[0]


def _read(source: PictureFile, judge: bool = True) -> Iterator[tuple[float, np.ndarray]]:
    """Seconds and pixels of a source's pictures. Raises UnreadableImage, of a video that is cut short at its end."""
    if source.problem:
        raise UnreadableImage(source.problem)
    if source.is_video:
        yield from read_clip_frames(source.path)
    else:
        yield 0.0, read_pixels(source.path, judge)


def _read_squares(
    sources: list[PictureFile], box: Box | None, metadata: Metadata, report: Callable[[PictureFile, str], None]
) -> Iterator[Square]:
    """The squares of all sources, in their order; a source that cannot be read, or not to its end, is reported."""
    for source in sources:
        try:
            for seconds, pixels in _read(source):
                yield Square(source, seconds, cut_square(pixels, box, metadata.crop_grow, metadata.image_size))
        except UnreadableImage as error:
            report(source, str(error))


def _report(problems: list[tuple[PictureFile, str]], source: PictureFile, why: str) -> None:
    problems.append((source, why))
    print(f"inference: {source.path}: {why}", file=sys.stderr)


class Judgement(NamedTuple):
    """What is kept of a square once it is judged: its pixels go, however long the video is."""

    source: PictureFile
    seconds: float
    logits: np.ndarray  # (6,)


def _predict(path: Path, squares: Iterator[Square], batch_size: int) -> Iterator[Judgement]:
    """Each square's logits, in batches of one shape: the model is compiled once."""
    first = list(islice(squares, batch_size))
    shape = len(first)  # fewer pictures than a batch: no work for the empty places
    model = _load(path) if first else None
    squares = chain(first, squares)
    while batch := list(islice(squares, shape)):
        pixels = np.zeros((shape, *batch[0].pixels.shape), np.uint8)
        pixels[: len(batch)] = [square.pixels for square in batch]
        for square, logits in zip(batch, model.predict_on_batch(pixels)["logits"], strict=False):
            yield Judgement(square.source, square.seconds, logits)


def _answer(
    predicted: Iterator[Judgement], species: str | None, problems: list[tuple[PictureFile, str]]
) -> Iterator[Answer]:
    """One answer for each source, as soon as its last picture is through; none for one that has a problem."""
    for _, group in groupby(predicted, key=lambda judged: id(judged.source)):
        judged = list(group)  # which ends after what is read next: a problem of this source is known by now
        source = judged[0].source
        if any(source is failed for failed, _ in problems):
            continue
        seconds = np.array([one.seconds for one in judged]) if source.is_video else None
        logits = np.stack([one.logits for one in judged])
        yield Answer(str(source.path), species or find_species_in_path(source.path), logits, seconds)


def _print_text(answers: Iterator[Answer], judge: Judge, options: argparse.Namespace, problems: list) -> None:
    answered = False
    for answer in answers:
        answered = True
        print(*write_answer(answer, judge, options.topk), sep="\n", flush=True)
    if answered:
        print(f"({PRIOR_NOTES[judge.prior]})")
    if answered and judge.never:
        print(f"(학습에 없어 답하지 않는 기분: {', '.join(emotion.korean for emotion in judge.never)})")
    if answered and not options.box:
        print(_WHOLE)


def _print_json(answers: Iterator[Answer], judge: Judge, options: argparse.Namespace, problems: list) -> None:
    results = [describe_answer(answer, judge) for answer in answers]
    errors = [{"file": str(source.path), "why": why} for source, why in problems]
    document = {"model": str(options.weight_path), "prior": judge.prior, "min_confidence": judge.min_confidence}
    document["never_answered"] = [emotion.english for emotion in judge.never]
    print(json.dumps(document | {"results": results, "errors": errors}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    # Korean sentences are written as UTF-8, whatever the console's code page.
    sys.exit(run_command("inference", main, sys.argv[1:], encoding="utf-8"))
