"""What can be said of a call before TensorFlow is started, which takes seconds: data, weights, what lies in --out."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from console.calls.differences import join_some, list_changed_settings
from console.calls.given_paths import check_named_paths
from shards.dataset import Dataset, read_dataset
from shards.errors import CallError, DataError
from shards.storage.stores.remote_path import is_store_url, locate
from trainer.run_files.run_fingerprint import list_versions
from trainer.run_files.run_record import read_record
from trainer.settings import RunSettings
from trainer.training.tensorboard_events import check_tensorboard

_NO_NAME = "imagenet", "none"  # weights that are no file


def check_before_start(settings: RunSettings, records: Literal["shards", "frames"]) -> None:
    """Raise CallError or DataError where a run cannot start, or cannot go on in the folder that it is to have.

    `records` are those of a dataset that are trained on: its crops, or its whole frames.
    """
    if settings.tensorboard:
        check_tensorboard()
    if settings.cache and not any(map(is_store_url, filter(None, (settings.train, settings.valid)))):
        raise CallError(f"cache {settings.cache}: keeps shards of URLs, and the data lies here; leave it out")
    folders = {"train": settings.train, "valid": settings.valid or settings.train}
    datasets = {option: read_dataset(locate(folder)) for option, folder in folders.items()}
    overfits = getattr(settings, "overfit", None)  # needs no validation, and writes nothing
    _check_split(datasets["train"], folders["train"], "train", records)
    if not overfits:
        _check_split(datasets["valid"], folders["valid"], "val", records)
    if settings.weights not in _NO_NAME:
        check_named_paths("--weights", [settings.weights])
    if not overfits and not settings.replace and settings.folder.is_dir():
        _check_same_run(settings, {option: found.digest for option, found in datasets.items()})


def _check_split(dataset: Dataset, folder: str, split: str, records: str) -> None:
    if records == "shards" and not dataset.shards.get(split):
        found = {name: dataset.counts["splits"].get(name, {}).get("videos", 0) for name in ("train", "val")}
        remedy = "give --valid a dataset of other videos" if split == "val" else "give another --train"
        raise DataError(
            f"{folder}: its {split} split is empty ({found['train']:,} videos are for training, {found['val']:,} for "
            f"validation); {remedy}, or make it again with more videos"
        )


def _check_same_run(settings: RunSettings, digests: Mapping[str, str]) -> None:
    record = read_record(settings.folder, replace=False)
    if not record or "settings" not in record:
        return
    if differences := list(_list_differences(record, settings.content, digests)):
        raise CallError(
            f"{settings.folder} holds another run: {join_some(differences)}; give --replace, another --out, or what "
            "that run was given"
        )


def _list_differences(
    record: Mapping[str, Any], content: Mapping[str, Any], digests: Mapping[str, str]
) -> Iterator[str]:
    """What decides a run's outcome and is not as run.json has it. Weights in files are compared later, by content."""
    passed_over = {"train", "valid"}
    if not {record["settings"].get("weights"), content["weights"]} & set(_NO_NAME):
        passed_over.add("weights")
    changed = list_changed_settings(record["settings"], content)
    yield from (words for name, words in changed.items() if name not in passed_over)
    for option, digest in digests.items():
        data = record.get("data", {}).get(option, {})
        if data and data.get("fingerprint") != digest:
            yield f"{option} was another dataset, {data.get('path')}"
    known = {name: record.get("versions", {}).get(name) for name in list_versions()}
    yield from list_changed_settings(known, list_versions()).values()
