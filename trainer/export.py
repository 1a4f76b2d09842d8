"""The model for other programs: SavedModel, LiteRT and ONNX, each compared with model.keras before it appears.

    python -m trainer.export --weight_path runs/NAME/model.keras --out exported

Writes saved_model/, model.tflite, model.onnx and mood.json (names, temperature, prior) into a folder that appears whole
or not at all. All take `pictures`, uint8 squares (any batch, side, side, 3) of the one side that mood.json states as
`image_size`, and give `logits` and `probabilities`. LiteRT takes one square unless resize_tensor_input asks for more.
On TensorFlow only; LiteRT and ONNX need the extra `export`.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np

from console.command import Parser, run_command
from console.output.ending import name_command, print_ending
from console.output.messages import print_detail
from console.progress import show_waiting
from shards.errors import CallError, DataError
from shards.jpeg_headers import UnreadableImage
from trainer.answering.box_crop import crop_square
from trainer.answering.photo import read_upright_pixels
from trainer.model.mood_json import Metadata, read_metadata
from trainer.tensorflow_startup import without_notes

EXPORT_FILES = {"saved_model": "saved_model", "litert": "model.tflite", "onnx": "model.onnx"}  # by format
_REQUIRED_PACKAGES = {"saved_model": (), "litert": ("ai_edge_litert",), "onnx": ("tf2onnx", "onnx", "onnxruntime")}


def main(arguments: list[str]) -> int:
    options = _parse_options(arguments)
    files = {name: file for name, file in EXPORT_FILES.items() if name in options.format}
    _check_out_folder(options.out)
    _check_packages(list(files))
    metadata = read_metadata(options.weight_path)
    photos = [_read_square(path, metadata) for path in options.image]
    with show_waiting("loading TensorFlow"), without_notes():
        from trainer.model import export_formats  # starts TensorFlow: only once the call is known to be good

    batches = [*export_formats.make_comparison_batches(metadata.image_size), *(photo[None] for photo in photos)]
    with show_waiting(f"writing and comparing {', '.join(files)}"):
        differences = export_formats.export_model(options.weight_path, options.out, files, batches)
    for name, difference in differences.items():
        print_detail(f"{options.out / files[name]}: logits differ from the model's by {difference:.1e} at most")
    size = sum(path.stat().st_size for path in options.out.rglob("*") if path.is_file())
    most = f"logits within {max(differences.values()):.1e} of the model's"
    model = options.out / EXPORT_FILES["onnx"] if "onnx" in files else options.weight_path
    following = name_command("trainer.inference", "--weight_path", model, "--image", "FILE")
    print_ending([options.out], (f"{len(files)} formats", f"{size:,} bytes", most), following)
    return 0


def _parse_options(arguments: list[str]) -> argparse.Namespace:
    parser = Parser("trainer.export", __doc__)
    add = parser.add_argument
    add("--weight_path", type=Path, required=True, metavar="FILE", help="the model.keras of a run")
    add("--out", type=Path, required=True, metavar="DIR", help="a folder to be made")
    add("--format", nargs="+", choices=tuple(EXPORT_FILES), default=list(EXPORT_FILES), help="default: all")
    add("--image", type=Path, nargs="+", default=[], metavar="FILE", help="pictures to check with, beside made ones")
    return parser.parse_args(arguments)


def _check_out_folder(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CallError(f"--out {out}: is there already; remove it or name another folder")


def _check_packages(formats: list[str]) -> None:
    for name in formats:
        for package in _REQUIRED_PACKAGES[name]:
            if importlib.util.find_spec(package) is None:
                raise CallError(
                    f"--format {name} needs {package}, which is not installed: pip install 'pet-mood[export]', "
                    "or choose other formats"
                )


def _read_square(path: Path, metadata: Metadata) -> np.ndarray:
    """Read a whole photo as the model takes it, (image_size, image_size, 3) uint8."""
    try:
        return crop_square(read_upright_pixels(path), None, metadata.crop_grow, metadata.image_size)
    except UnreadableImage as error:
        raise DataError(f"{path}: {error}") from error


if __name__ == "__main__":
    sys.exit(run_command("export", main, sys.argv[1:]))
