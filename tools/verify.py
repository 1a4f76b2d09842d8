"""Check every byte of a dataset, in a folder or in a store: python -m tools.verify DIR

Prints one line for each fault. Exit status 0: the dataset is whole; 1: it is not.
"""

import sys
from pathlib import Path

from console.command import Parser, run_command
from console.output.counted_nouns import format_count
from console.output.ending import name_command, print_ending
from console.output.messages import print_error, print_result
from console.progress import show_progress
from shards.dataset import read_dataset
from shards.errors import DataError
from shards.storage.held_folder import holding_folder, name_held
from shards.storage.stores.remote_path import AnyPlace
from tools.reporting.folder_argument import parse_dataset_folder

_MOST_PRINTED = 100  # faults; a destroyed dataset has millions


def main(arguments: list[str]) -> int:
    parser = Parser("tools.verify", __doc__)
    parser.add_argument(
        "dataset", type=parse_dataset_folder, metavar="DIR", help="the folder, or s3:// URL, that preprocess wrote"
    )
    folder = parser.parse_args(arguments).dataset
    if not isinstance(folder, Path):
        return _verify(folder, folder)
    with holding_folder(folder) as held:
        return _verify(folder, held)


def _verify(folder: AnyPlace, held: AnyPlace) -> int:
    """Verify a dataset that is read by the path `held`; a new version that takes its place does not disturb."""
    dataset = read_dataset(held)
    from shards.verification import verify_dataset  # only now: pyarrow takes a while

    shards = dataset.all_shards
    frames = sum(shard.records for files in dataset.frames.values() for shard in files)
    size = sum(shard.bytes for shard in shards) + sum(file.bytes for file in dataset.files.values())
    faults = 0
    with show_progress(size, "byte", scale=True) as progress:
        for fault in verify_dataset(held, progress.update):
            faults += 1
            if faults <= _MOST_PRINTED:
                print_result(name_held(fault, held, folder))
    if read_dataset(held).digest != dataset.digest:
        raise DataError(f"{folder} was replaced while it was verified; run the same command again")
    if faults:
        print_error(f"verify: {folder} is not whole: {format_count(faults, 'fault')}; remove it and make it again")
        return 1
    whole = f", {frames:,} of them whole frames" if frames else ""
    records = sum(shard.records for shard in shards)
    print_result(f"{folder} is whole: {format_count(len(shards), 'shard')}, {format_count(records, 'record')}{whole}")
    figures = (
        format_count(len(shards), "shard"),
        format_count(records, "record"),
        f"{sum(shard.bytes for shard in shards):,} bytes whole",
    )
    print_ending([], figures, name_command("tools.dataset_report", folder))
    return 0


if __name__ == "__main__":
    sys.exit(run_command("verify", main, sys.argv[1:]))
