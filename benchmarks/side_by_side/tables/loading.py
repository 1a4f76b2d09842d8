"""From stored crops to shuffled batches on the host: ours, the decoder alone, and other loaders."""

from collections.abc import Iterator
from functools import partial

from benchmarks.input import read_crops, write_csv
from benchmarks.side_by_side.job import Table, Way
from benchmarks.side_by_side.material import Material
from benchmarks.side_by_side.sample_windows import CropFinder, find_wrong_batches
from benchmarks.ways.loading.crop_files import write_crop_files
from preprocess.core_count import count_cores
from trainer.input.dataset_split import open_split

_WAYS = "benchmarks.ways.loading"
_RECORDS, _QUICK_RECORDS = 12_800, 6_400  # of an epoch, about
_DECODED = "crops decoded by simplejpeg, which is ours to choose"


def make_loading_tables(material: Material) -> Iterator[Table]:
    """Random windows, and random windows of which half are mirrored; with quick material the second alone."""
    folder = material.folder / "loading"
    folder.mkdir()
    copies, records = write_crop_files(
        material.dataset, folder / "files", _QUICK_RECORDS if material.quick else _RECORDS
    )
    write_csv(material.trees[material.main], folder / "frames.csv")
    settings = {
        "folder": str(folder),
        "files": str(folder / "files"),
        "dataset": str(material.dataset),
        "csv": str(folder / "frames.csv"),
        "copies": copies,
        "threads": count_cores(),
        "seconds": 0.5 if material.quick else 2,
    }
    finder = CropFinder(read_crops(open_split(material.dataset, "train")))
    for flip in (True,) if material.quick else (False, True):
        yield Table(
            title="Random windows of which half are mirrored" if flip else "Random windows",
            unit="pictures",
            ways=list_loading_ways(),
            ours="pet mood",
            limit="decoding alone",
            settings=settings | {"flip": flip},
            conditions=(
                f"{records:,} JPEG crops of 256 px, each of {material.describe_frames(material.main)} {copies} times, "
                "in the page cache; batches of 64 at 224 px in memory, all cores. Starts of processes and epochs "
                "and the first 16 batches are outside the turns. Checked: shape, type, labels, and 16 pictures "
                "of each way: each is a window of a stored crop (PSNR above 30 dB), in random order, some mirrored."
            ),
            check=partial(find_wrong_batches, finder, flip),
        )


def list_loading_ways() -> list[Way]:
    """The limit, ours, and the peers."""
    torch, native, ours = f"{_WAYS}.torch_peers", f"{_WAYS}.native_peers", f"{_WAYS}.tensorflow_ways"
    order = "no resume within an epoch, order not known from a seed"
    return [
        Way("decoding alone", f"{ours}:open_limit", misses="libjpeg-turbo by simplejpeg, whole crops, no batches"),
        Way("pet mood", f"{ours}:open_ours"),
        Way("tf.data as its guide says", f"{ours}:open_tf_data", misses=order),
        Way(
            "whole frames from a CSV",
            f"{ours}:open_whole_frames",
            {"warm": 4},
            misses="float pictures, no window, hardly shuffled",
        ),
        Way("ImageFolder and Pillow", f"{torch}:open_image_folder", peers=True, misses=order),
        Way("DataLoader over files", f"{torch}:open_files", peers=True, misses=f"{order}; {_DECODED}"),
        Way("WebDataset", f"{torch}:open_webdataset", peers=True, misses=f"{order}; {_DECODED}"),
        Way("MosaicML streaming", f"{torch}:open_mds", peers=True, misses=_DECODED),
        Way("LitData", f"{torch}:open_litdata", peers=True, misses=_DECODED),
        Way("Hugging Face datasets", f"{torch}:open_hugging_face", peers=True, misses=f"{order}; {_DECODED}"),
        Way("Grain, threads", f"{native}:open_grain", peers=True, misses=_DECODED),
        Way("Grain, processes", f"{native}:open_grain", {"processes": True}, peers=True, misses=_DECODED),
        Way("DALI on the CPU", f"{native}:open_dali", peers=True),
        Way(
            "TurboLoader, train_aug",
            f"{native}:open_turboloader",
            peers=True,
            misses="random windows of any size, scaled, as floats",
        ),
        Way("TurboLoader, windows", f"{native}:open_turboloader", {"windows": True}, peers=True),
        Way(
            "SPDL",
            f"{native}:open_spdl",
            peers=True,
            misses=f"{order}; {_DECODED}, as its own wants FFmpeg's libraries",
        ),
        Way("FFCV", "", peers=True, absent="not built here: it has no wheel, and pkg-config finds no opencv4"),
    ]
