"""The files of models and of training runs, made small and untrained, each with what reads it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from chaos.damage.read_file import REDONE, ReadFile
from console.calls.extras import list_missing
from trainer.evaluation.run_page import read_run_history, read_run_metrics
from trainer.finding.finder_file import open_finder
from trainer.finding.finder_json import FinderMetadata
from trainer.model.mood_json import Metadata, read_metadata
from trainer.model.mood_network import open_mood_network
from trainer.run_files.file_names import FINDER_FILE, HISTORY_FILE, METRICS_FILE, MODEL_FILE, RECORD_FILE
from trainer.run_files.history import HISTORY_DIGEST, digest_history, write_history
from trainer.run_files.run_record import read_metrics, read_record, write_metrics, write_record
from trainer.settings import NetworkSettings

_SIDE = 32  # of the mood network's pictures, pixels
_FINDER_SIDE = 96


def make_model_files(folder: Path) -> list[ReadFile]:
    """Make a run's folder with a model, a finder, a checkpoint and what is said of them."""
    folder.mkdir(parents=True)
    _write_models(folder)
    return [
        *_list_run_files(folder),
        *_list_checkpoint(folder),
        ReadFile("model.keras", folder / MODEL_FILE, partial(_answer, folder / MODEL_FILE), 3),
        ReadFile("finder.keras", folder / FINDER_FILE, partial(_find, folder / FINDER_FILE), 3),
        ReadFile("backbone from a .keras file", folder / MODEL_FILE, partial(_read_backbone, folder / MODEL_FILE), 3),
    ]


def _write_models(folder: Path) -> None:
    import keras

    from trainer.finding.centre_file import write_finder
    from trainer.finding.centre_network import build_centre_network
    from trainer.model.model_file import write_model
    from trainer.model.network import build_network

    keras.utils.set_random_seed(1)
    network = build_network(NetworkSettings("small", "none"), _SIDE)
    # Its last layer starts at zero: every picture would get one answer, whatever happened to the layers before it.
    network.layers[-1].kernel.assign(np.random.default_rng(1).normal(0, 1, network.layers[-1].kernel.shape))
    metadata = Metadata(1.5, _SIDE, 1.1, [1 / 6] * 6, "f" * 64, "small", {"resolution": _SIDE})
    write_model(folder / MODEL_FILE, network, np.zeros(6), metadata)
    finder = build_centre_network(NetworkSettings("small", "none"), _FINDER_SIDE)
    for weight in finder.trainable_weights:  # else all cells score alike, and which come first is left to chance
        weight.assign(np.asarray(weight) + np.random.default_rng(1).normal(0, 0.1, weight.shape))
    write_finder(folder / FINDER_FILE, finder, FinderMetadata(_FINDER_SIDE, 0.001, "f" * 64, "small"))


def _make_pictures(side: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (2, side, side, 3)).astype(np.uint8)


def _answer(path: Path) -> Any:
    """All that an answer follows from: the metadata, and the logits of two pictures."""
    metadata = read_metadata(path)
    with _forgotten_models():
        return [repr(metadata), np.asarray(open_mood_network(path).predict_logits(_make_pictures(_SIDE)))]


def _find(path: Path) -> Any:
    with _forgotten_models():
        finder = open_finder(path)
        return [repr(finder.metadata), repr(finder.find(list(_make_pictures(_FINDER_SIDE))))]


def _read_backbone(path: Path) -> Any:
    from trainer.model.foreign_files.backbone_file import read_backbone_file

    with _forgotten_models():
        found = read_backbone_file(path)
        return [repr(found.model.get_config()["layers"]), found.model.get_weights(), repr(found.scaling)]


@contextmanager
def _forgotten_models() -> Iterator[None]:
    """Thousands of models are opened one after another: Keras would keep the names and graphs of all."""
    import keras

    try:
        yield
    finally:
        keras.utils.clear_session(free_memory=False)


def _list_run_files(folder: Path) -> Iterator[ReadFile]:
    record = {"fingerprint": "0" * 32, "settings": {"epochs": 3, "train": "data/pets"}, "seconds": 12.5, "이름": "시험"}
    history = [{"epoch": epoch, "loss": 1.5 / epoch, "val_accuracy": 0.2 * epoch} for epoch in range(1, 30)]
    write_record(folder, record)
    write_history(folder, list(history[0]), history)
    evaluation = {"frames": {"n": 120, "macro_f1": [0.41, 0.35, 0.46]}}
    digest = digest_history((folder / HISTORY_FILE).read_bytes())
    write_metrics(folder, {"model": MODEL_FILE, "evaluation": evaluation, HISTORY_DIGEST: digest})
    yield ReadFile(RECORD_FILE, folder / RECORD_FILE, lambda: read_record(folder, replace=False), 20)
    yield ReadFile(f"{METRICS_FILE}, by a report", folder / METRICS_FILE, partial(read_run_metrics, folder), 20)
    yield ReadFile(f"{METRICS_FILE}, by the run", folder / METRICS_FILE, lambda: read_metrics(folder) or REDONE, 20)
    yield ReadFile(HISTORY_FILE, folder / HISTORY_FILE, partial(read_run_history, folder), 20)


def _list_checkpoint(folder: Path) -> Iterator[ReadFile]:
    import keras

    from trainer.run_files.checkpoint import Progress, list_checkpoints, read_progress, write_checkpoint

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    for steps in (10, 20):
        write_checkpoint(folder, model, Progress(total_steps=steps, history=[{"loss": 0.1}]))

    def read() -> Any:
        progress, arrays = read_progress(folder)
        return REDONE if progress.total_steps == 10 else [repr(progress), arrays]

    yield ReadFile("checkpoint", list_checkpoints(folder)[0], read, 20)


def make_onnx_files(folder: Path) -> list[ReadFile]:
    """Export both models of a folder that make_model_files has made; none without the extra `export`."""
    if list_missing(("tf2onnx", "onnx", "onnxruntime")):
        return []
    from trainer.exporting import exported_model
    from trainer.exporting.export_formats import export_model

    files = []
    for source, open_export, side, read in (
        (MODEL_FILE, exported_model.read_mood_export, _SIDE, _answer),
        (FINDER_FILE, exported_model.read_finder_export, _FINDER_SIDE, _find),
    ):
        out, path = folder / f"exported {source}", folder / source
        batches = exported_model.make_comparison_batches(side)
        export_model(open_export(path), out, {"onnx": "model.onnx"}, batches, path)
        exported = out / "model.onnx"
        files.append(ReadFile(f"ONNX of {source}", exported, partial(_read_copy, exported, read), 3))
    return files


def _read_copy(path: Path, read: Callable[[Path], Any]) -> Any:
    """A process keeps an open ONNX file by its path, size and time of change, which damage here leaves as they are."""
    with TemporaryDirectory(dir=path.parent) as folder:
        return read(Path(shutil.copy(path, folder)))
