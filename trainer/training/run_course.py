"""The course of a training run, from its folder to its report; or the rest of one that was stopped or killed."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from console.output.messages import print_message, print_result
from console.output.origin import describe_machine, describe_program, name_time
from console.progress import show_waiting
from shards.errors import CallError, DataError
from shards.storage.files import read_file
from shards.storage.folder_lock import lock_folder
from shards.storage.utf8_path import make_utf8_path
from trainer.hosts.host_ring import HostRing
from trainer.input.batch_decoding import DCT_METHOD
from trainer.input.dataset_change import check_not_replaced
from trainer.run_files.checkpoint import Progress, read_progress
from trainer.run_files.file_names import HISTORY_FILE, REPORT_FILE
from trainer.run_files.history import HISTORY_DIGEST, digest_history
from trainer.run_files.run_fingerprint import identify_file, list_versions
from trainer.run_files.run_folder import open_folder, remove_run_leftovers
from trainer.run_files.run_record import read_metrics, read_record, write_metrics, write_record
from trainer.settings import RunSettings
from trainer.training.epochs import train_stages
from trainer.training.failure_messages import explain_failures
from trainer.training.run_context import TrainingRun
from trainer.training.run_messages import RunMessages, print_run_end, print_run_start


def complete_run(
    settings: RunSettings,
    fingerprint: str,
    command: list[str],
    start_run: Callable[[Progress], TrainingRun],
    check_run: Callable[[TrainingRun], list[str]],
    write_report: Callable[[Path], Any],
) -> dict[str, Any]:
    """Begin or continue the run in settings.folder and finish it; returns what metrics.json holds.

    Args:
        settings: of the run.
        fingerprint: see trainer.run_files.run_fingerprint.
        command: the command line, for run.json.
        start_run: makes the run, with its network built, from the progress of the last checkpoint.
        check_run: the self-check of a new run, a line for each check that passed; raises DataError where one fails.
        write_report: writes the report of a folder that holds metrics.json.

    Raises CallError and DataError, one line each, for what the user can change.
    """
    folder = settings.folder
    if folder.exists() and not folder.is_dir():
        raise CallError(f"{folder} is a file; give another --out")
    with lock_folder(folder):
        record = open_folder(folder, fingerprint, settings.replace)
        if record and record.get("results") and (metrics := _read_finished(folder, record, write_report)):
            return metrics
        progress, arrays = read_progress(folder) or (Progress(), None)
        backbone = identify_file(settings.backbone)
        if arrays is not None and progress.backbone not in ("", backbone):
            raise DataError(
                f"{folder}: its checkpoints are of another backbone than {settings.backbone}; give --replace"
            )
        progress.backbone = backbone
        with show_waiting("building the network"):
            run = start_run(progress)
        record = _note_continuation(record) if record else _describe_run(run, command, fingerprint)
        write_record(folder, record)
        print_run_start(run, resumed=arrays is not None)
        with explain_failures(run.input_settings, run.training, run.validation):
            if run.hosts:
                with show_waiting(f"waiting for the other {run.hosts.count - 1} of {run.hosts.count} hosts"):
                    run.hosts.connect(fingerprint)
                run.hosts.hand_on(json.dumps(asdict(progress)).encode())
            if arrays is None and settings.self_check:
                with show_waiting("checking data and network for the usual mistakes"):
                    checks = check_run(run)
                for line in checks:
                    print_message(f"check   {line}")
            with make_utf8_path(folder) as plain_folder:
                messages = RunMessages(run, record, plain_folder)
                train_stages(run, arrays, messages)
                run.hosts = None  # what is left needs no other host, and they end here
                metrics = _finish(run, record, write_report)
                messages.report_results(metrics)
            return metrics


def follow_run(folder: Path, hosts: HostRing, fingerprint: str, start_run: Callable[[Progress], TrainingRun]) -> None:
    """Train along on a host that is not the first, which alone reads checkpoints and writes files.

    Raises CallError and DataError as complete_run does, and DataError where another host is lost.
    """
    record = read_record(folder, replace=True) or {}
    if record.get("fingerprint") == fingerprint and record.get("results") and read_metrics(folder):
        print_result(f"{folder} is done already: {record['results']['summary']}")  # the first host will not come
        return
    with show_waiting(f"waiting for the first of {hosts.count} hosts"):
        hosts.connect(fingerprint)
    progress = Progress(**json.loads(hosts.hand_on()))
    with show_waiting("building the network"):
        run = start_run(progress)
    print_run_start(run, resumed=progress.total_steps > 0)
    with explain_failures(run.input_settings, run.training, run.validation):
        train_stages(run, None, RunMessages(run, {}, run.folder))
    print_result(f"host {hosts.place + 1} of {hosts.count} is done; the first host evaluates and has the model")


def _read_finished(folder: Path, record: dict[str, Any], write_report: Callable[[Path], Any]) -> dict[str, Any] | None:
    """The metrics of a finished run; None where they are gone and have to be computed again."""
    metrics = read_metrics(folder)
    if metrics:
        if not (folder / REPORT_FILE).exists():  # the run was killed just before it
            write_report(folder)
        print_run_end(folder, metrics, f"{folder} is done already: {record['results']['summary']}")
    return metrics


def _finish(run: TrainingRun, record: dict[str, Any], write_report: Callable[[Path], Any]) -> dict[str, Any]:
    """Evaluate the model file itself, and write metrics.json, the report and the results in run.json."""
    if run.progress.best is None:  # the file was lost after the last epoch; the current weights replace it
        answers, _ = run.validate()
        run.save(answers, run.progress.history[-1])
    with show_waiting("evaluating the best epoch's model"):
        trained, evaluated = run.evaluate()
        check_not_replaced(run.validation)
    best = run.settings.best
    metrics = {
        "model": run.MODEL_FILE,
        "chosen_by": best,
        "best_epoch": trained["epoch"],
        "epochs": len(run.progress.history),
        **evaluated,
    }
    if (history := run.folder / HISTORY_FILE).exists():
        metrics[HISTORY_DIGEST] = digest_history(read_file(history))
    write_metrics(run.folder, metrics)
    record["results"] = {
        "summary": evaluated["evaluation"]["verdict"],
        "best_epoch": trained["epoch"],
        best: trained[best],
        "finished": name_time(),
        "seconds": round(sum(row["seconds"] for row in run.progress.history), 1),  # of all epochs
    }
    write_record(run.folder, record)
    with show_waiting("drawing the report"):
        write_report(run.folder)
    remove_run_leftovers(run.folder)
    for line in evaluated.get("warnings", ()):
        print_message(f"warning {line}")
    print_run_end(run.folder, metrics, f"{run.folder}: {record['results']['summary']}")
    return metrics


def _note_continuation(record: dict[str, Any]) -> dict[str, Any]:
    """run.json of a run that is continued, which may be by another version of the program and on another machine."""
    present = {"started": name_time(), "program": describe_program(), "machine": describe_machine()}
    return record | {"continued": [*record.get("continued", []), present]}


def _describe_run(run: TrainingRun, command: list[str], fingerprint: str) -> dict[str, Any]:
    """run.json of a new run: all that is needed to repeat it."""
    data = {
        name: {"path": split.name, "fingerprint": split.fingerprint, "records": split.records}
        | {"videos": len(split.video_names), "image_size": split.image_size}
        for name, split in (("train", run.training), ("valid", run.validation))
    }
    return {
        "command": command,
        "fingerprint": fingerprint,
        "settings": run.settings.content,
        "data": data,
        "pictures": run.describe_pictures() | {"dct_method": DCT_METHOD},
        "program": describe_program(),
        "versions": list_versions(),
        "device": run.device.describe(),
        "machine": describe_machine(),
        "started": name_time(),
    }
