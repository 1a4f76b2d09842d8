"""A training run of the finder, from its settings to its report; or the rest of one that was stopped."""

from pathlib import Path
from typing import Any

from console.progress import show_waiting
from trainer.finder_evaluation.finder_report import write_finder_report
from trainer.finder_settings import FinderSettings
from trainer.finder_training.finder_check import check_finder_run
from trainer.finder_training.finder_run import FinderRun
from trainer.finding.centre_network import build_centre_network
from trainer.finding.finder_json import read_finder_metadata
from trainer.input.dataset_split import check_no_shared_videos
from trainer.input.frame_batches import check_frame_settings
from trainer.input.frame_split import FrameSplit, open_frame_split
from trainer.input.record_batches import fit_batch_size
from trainer.input.shard_cache import open_data
from trainer.run_files.checkpoint import Progress
from trainer.run_files.file_names import FINDER_FILE
from trainer.run_files.run_fingerprint import fingerprint_run
from trainer.training.best_model import recall_best
from trainer.training.device import choose_device
from trainer.training.run_course import complete_run
from trainer.training.run_messages import print_smaller_batch


def train_finder(settings: FinderSettings, command: list[str]) -> dict[str, Any]:
    """Train a finder, or continue training, and evaluate; returns what metrics.json holds.

    All files go to settings.folder. `command` is the command line, for run.json. Raises CallError and DataError, one
    line each, for what the user can change.
    """
    device = choose_device(settings.device_settings, settings.seed)
    with show_waiting("reading the dataset's manifest", is_short=True):
        training, validation = open_frame_splits(settings)
    input_settings = fit_batch_size(training, settings.frame_settings, settings.devices)
    print_smaller_batch(settings.batch_size, input_settings.batch_size)
    check_frame_settings(training, input_settings)
    fingerprint = fingerprint_run(settings, training.fingerprint, validation.fingerprint, device.effective)

    def start_run(progress: Progress) -> FinderRun:
        with device.scope():
            network = build_centre_network(settings.network_settings, input_settings.resolution)
        if progress.total_steps:
            path = settings.folder / FINDER_FILE
            recall_best(progress, lambda: read_finder_metadata(path).trained, settings.best)
        return FinderRun(
            settings.folder, settings, input_settings, device, training, validation, network, progress=progress
        )

    def write_report(folder: Path) -> None:
        write_finder_report(folder, validation)

    return complete_run(settings, fingerprint, command, start_run, check_finder_run, write_report)


def open_frame_splits(settings: FinderSettings) -> tuple[FrameSplit, FrameSplit]:
    """The training and the validation split. Raises CallError or DataError where they do not go together."""
    training = open_frame_split(open_data(settings.train, settings), "train")
    validation = open_frame_split(open_data(settings.valid or settings.train, settings), "val")
    if validation.name == training.name and validation.fingerprint != training.fingerprint:  # a new version just came
        training = open_frame_split(open_data(settings.train, settings), "train")
    check_no_shared_videos(training, validation)
    return training, validation
