"""Models for other programs: SavedModel, LiteRT and ONNX, each compared with the .keras files before it appears.

    python -m trainer.export --weight_path runs/NAME/model.keras --out exported
    python -m trainer.export --weight_path runs/NAME/model.keras --finder runs/finder/finder.keras --out exported
    python -m trainer.export --finder runs/finder/finder.keras --out exported

A mood model alone tells the mood of squares, with a finder the pets of a whole picture are found and the mood of each
is told, and a finder alone finds the pets on squares. Writes saved_model/, model.tflite, model.onnx, and mood.json and
finder.json (names, sizes, temperature, prior) into a folder that appears whole or not at all. docs/export.md says what
goes in and comes out, with an example of each format. On TensorFlow only; LiteRT and ONNX need the extra `export`.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from console.calls.extras import explain_missing_packages, list_missing
from console.calls.given_paths import check_named_paths
from console.command import Parser, run_command
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail
from console.progress import show_waiting
from shards.errors import CallError, DataError
from shards.jpeg_headers import UnreadableImage
from trainer.answer_flags import ANSWER_FLAGS, add_answer_flag, check_answer_flags
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.finding.centre_finder import letterbox_picture
from trainer.finding.finder_json import find_finder, read_finder_metadata
from trainer.model.mood_json import find_model, read_metadata
from trainer.tensorflow_startup import without_notes

EXPORT_FILES = {"saved_model": "saved_model", "litert": "model.tflite", "onnx": "model.onnx"}  # by format
_REQUIRED_PACKAGES = {"saved_model": (), "litert": ("ai_edge_litert",), "onnx": ("tf2onnx", "onnx", "onnxruntime")}


def main(arguments: list[str]) -> int:
    options = _parse_options(arguments)
    files = {name: file for name, file in EXPORT_FILES.items() if name in options.format}
    check_named_paths("--image", options.image)
    _check_out_folder(options.out)
    _check_packages(list(files))
    metadata = read_metadata(options.weight_path) if options.weight_path else None
    finder = read_finder_metadata(options.finder) if options.finder else None
    pictures = [_read_picture(path) for path in options.image]
    with show_waiting("loading TensorFlow"), without_notes():
        from trainer.exporting import export_formats, exported_model  # starts TensorFlow: once the call is known good

    if metadata and finder:
        model = exported_model.read_photo_export(options.weight_path, options.finder, options.min_pet)
        inputs = [*exported_model.make_comparison_pictures(), *pictures]
    elif metadata:
        model = exported_model.read_mood_export(options.weight_path)
        squares = [crop_square(picture, None, metadata.crop_grow, metadata.image_size) for picture in pictures]
        inputs = [*exported_model.make_comparison_batches(metadata.image_size), *(square[None] for square in squares)]
    else:
        model = exported_model.read_finder_export(options.finder)
        squares = [letterbox_picture(picture, finder.image_size) for picture in pictures]
        inputs = [*exported_model.make_comparison_batches(finder.image_size), *(square[None] for square in squares)]
    source = options.weight_path or options.finder
    with show_waiting(f"writing and comparing {', '.join(files)}"):
        differences = export_formats.export_model(model, options.out, files, inputs, source)
    for name, difference in differences.items():
        print_detail(f"{options.out / files[name]}: answers differ from the model's by {difference:.1e} at most")
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    most = f"answers within {max(differences.values()):.1e} of the model's"
    following = name_command("trainer.inference", *_list_answering_files(options), "--image", "FILE")
    print_ending([options.out], (f"{len(files)} formats", f"{size:,} bytes", most), following)
    return 0


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("trainer.export", __doc__)
    add = parser.add_argument
    add("--weight_path", type=Path, metavar="FILE", help="a run's folder or its model.keras")
    add("--finder", type=Path, metavar="FILE", help="the folder of a run of trainer.train_finder, or its finder.keras")
    add("--out", type=Path, required=True, metavar="DIR", help="a folder to be made")
    add("--format", nargs="+", choices=tuple(EXPORT_FILES), default=list(EXPORT_FILES), help="default: all")
    add("--image", type=Path, nargs="+", default=[], metavar="FILE", help="pictures to check with, beside made ones")
    add_answer_flag(parser, "min_pet", is_noted=True)
    options = parser.parse_args(arguments)
    if not (options.weight_path or options.finder):
        raise CallError("name what to export: --weight_path FILE, --finder FILE, or both for whole pictures")
    if options.weight_path:
        check_named_paths("--weight_path", [options.weight_path])
        options.weight_path = find_model(options.weight_path)
    if options.finder:
        check_named_paths("--finder", [options.finder])
        options.finder = find_finder(options.finder)
    for option, path in (("--weight_path", options.weight_path), ("--finder", options.finder)):
        if path and path.suffix != ".keras":
            raise CallError(f"{option} {path}: only a .keras file can be exported; give that of a run, or its folder")
    check_answer_flags(options)
    if options.min_pet is None:
        options.min_pet = ANSWER_FLAGS["min_pet"].default
    elif not (options.weight_path and options.finder):
        raise CallError("--min_pet needs --weight_path and --finder: only then whole pictures are judged")
    return options


def _check_out_folder(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CallError(f"--out {out}: is there already; remove it or name another folder")


def _check_packages(formats: list[str]) -> None:
    for name in formats:
        if missing := list_missing(_REQUIRED_PACKAGES[name]):
            raise CallError(f"--format {name}: {explain_missing_packages(*missing)}; or choose other formats")


def _list_answering_files(options: argparse.Namespace) -> list[str | Path]:
    """What inference takes of this: files of squares as ONNX, which start sooner, or those that were exported."""
    exported = options.out / EXPORT_FILES["onnx"]
    is_of_squares = "onnx" in options.format and not (options.weight_path and options.finder)
    weights = exported if is_of_squares and options.weight_path else options.weight_path
    finder = exported if is_of_squares and options.finder else options.finder
    return ["--weight_path", weights or "FILE", *(("--finder", finder) if finder else ())]


def _read_picture(path: Path) -> np.ndarray:
    try:
        return read_upright_pixels(path)
    except UnreadableImage as error:
        raise DataError(f"{path}: {error}") from error


if __name__ == "__main__":
    sys.exit(run_command("export", main, sys.argv[1:]))
