"""The crops of a dataset as files, from which other loaders make what they read."""

from pathlib import Path

from shards.record import decode_record
from shards.tfrecord import iterate_records
from trainer.input.dataset_split import open_split


def write_crop_files(dataset: Path, folder: Path, records: int) -> tuple[int, int]:
    """Write the crops of a train split as FOLDER/LABEL/NAME.jpg, each several times, about `records` in all.

    Returns how many times, and the number of files.
    """
    found = []
    for path in open_split(dataset, "train").files:
        with open(path, "rb") as file:
            found += [decode_record(frame.record) for frame in iterate_records(file)]
    copies = max(1, records // len(found))
    for label in {record["label"] for record in found}:
        (folder / str(label)).mkdir(parents=True)
    for number in range(copies):
        for place, record in enumerate(found):
            (folder / str(record["label"]) / f"{place:06d}-{number}.jpg").write_bytes(record["image"])
    return copies, copies * len(found)
