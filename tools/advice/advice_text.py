"""What tools.advise prints: lines on standard output, each with its row in console.output.korean."""

from collections.abc import Iterator
from typing import Any

from console.output.messages import print_detail, print_result, print_warning
from tools.advice.estimates import RUN_SHARE, Interval
from tools.source_inventory.inventory_text import format_bytes


def print_advice(figures: dict[str, Any], train_command: str) -> None:
    """Print what was measured, what limits, how long it takes, and which settings to use.

    Of training nothing is told where there is an obstacle, which is the caller's to tell.
    """
    print_detail(*_list_measured(figures))
    print_detail(*_list_limits(figures))
    print_result(*_list_times(figures))
    if not figures["obstacle"]:
        print_result(*_list_settings(figures))
    print_warning(*_list_shortages(figures))
    if not figures["obstacle"]:
        print_result(f"train    {train_command}")


def format_span(span: dict[str, float]) -> str:
    """Such as "1.4 h (1.2 to 1.7)", in the unit that suits the value."""
    value, low, high = span["value"], span["low"], span["high"]
    if value < 90:
        return f"{value:.0f} s ({low:.0f} to {high:.0f})"
    if value < 90 * 60:
        return f"{value / 60:.3g} min ({low / 60:.3g} to {high / 60:.3g})"
    return f"{value / 3600:.3g} h ({low / 3600:.3g} to {high / 3600:.3g})"


def _list_measured(figures: dict[str, Any]) -> Iterator[str]:
    sample, shards, rates = figures["sample"], figures["shards"], figures["rates"]
    yield (
        f"sample   {sample['tasks']:,} video tasks with {sample['videos']:,} of {figures['videos']:,} videos, "
        f"{sample['share']:.2%} of the work, in {sample['seconds']:.1f} s"
    )
    yield (
        f"workers  {figures['workers']} make {shards['frames_per_second']:,.0f} frames/s; of their time they "
        f"compute {shards['computed']:.0%}, wait {shards['queued']:.0%} for cores, {shards['blocked']:.0%} for disks"
    )
    frame, written = format_bytes(shards["frame_bytes"]), format_bytes(rates["writing"])
    if rates["reading"]:
        yield f"disk     a frame has {frame}; read at {format_bytes(rates['reading'])}/s, OUT takes {written}/s"
    else:
        yield f"disk     a frame has {frame}; OUT takes {written}/s"
    for disk in figures["room"]:
        yield (
            f"room     {disk['folder']}: {format_bytes(disk['needed'])} at most while it works, "
            f"{format_bytes(disk['free'])} free"
        )
    yield (
        f"memory   {format_bytes(shards['driver_bytes'])} for the driver, {format_bytes(shards['worker_bytes'])} for a "
        f"worker, {format_bytes(figures['memory']['available'])} free"
    )
    kept, size = f"{shards['kept']:.0%}", format_bytes(shards["dataset_bytes"])
    if sample["is_whole"]:
        yield f"kept     {kept} of the frames, {sample['kept_a_video']:.3g} of a video; the shards take about {size}"
    else:
        yield (
            f"kept     {kept} of the frames, {sample['kept_a_video']:.3g} of a video, before copies across videos go; "
            f"the shards take at most about {size}"
        )
    if trial := figures["trial"]:
        yield (
            f"device   {trial['device']}, {trial['policy']}: {trial['training']:,.0f} images/s in training, "
            f"{trial['input']:,.0f} of the input alone, {trial['waiting']:.0%} of the time spent waiting for it"
        )


def _list_limits(figures: dict[str, Any]) -> Iterator[str]:
    limit = figures["shards"]["limit"]
    if limit == "cores":
        yield "limit    shards: the cores; more of them make it shorter"
    elif limit == "disk":
        yield "limit    shards: the disk; a faster one for SOURCE or OUT makes it shorter, more workers do not"
    else:
        quiet = format_span(Interval.around(figures["shards"]["quiet_seconds"], RUN_SHARE)._asdict())
        yield f"limit    shards: other programs on this machine; without them they would take {quiet}"
    if not figures["trial"]:
        return
    trained = figures["trial"]["limit"]
    if trained == "input":
        yield "limit    training: its input; more cores make it shorter, a faster GPU does not"
    elif trained == "gpu":
        yield "limit    training: the GPU; its input keeps up"
    else:
        yield "limit    training: no GPU is seen; one makes it many times as fast"


def _list_times(figures: dict[str, Any]) -> Iterator[str]:
    yield f"shards   {format_span(figures['shards']['seconds'])}"
    for epoch in figures["epochs"]:
        span, steps, batch = format_span(epoch["seconds"]), epoch["steps"], epoch["batch_size"]
        if count := epoch["frames_per_video"]:
            yield f"epoch    {span} for {steps:,} steps of {batch:,} frames, with --frames_per_video {count}"
        else:
            frames = epoch["training_frames"]
            yield f"epoch    {span} for {steps:,} steps of {batch:,} frames, of about {frames:,} for training"
    for training in figures["trainings"]:
        span, epochs = format_span(training["seconds"]), training["epochs"]
        if count := training["frames_per_video"]:
            yield f"training at most {span} for {epochs:,} epochs, start and report, with --frames_per_video {count}"
        else:
            yield f"training at most {span} for {epochs:,} epochs, start and report; less where a stage ends early"
    if trial := figures["trial"]:
        yield f"start    {trial['start_seconds']:.0f} s before the first epoch, for imports and compilation"


def _list_settings(figures: dict[str, Any]) -> Iterator[str]:
    shards, train = figures["settings"]["shards"], figures["settings"]["train"]
    notes = figures["settings"]["notes"]
    if "memory_limits_workers" in notes:
        yield f"set      --workers {shards['workers']}, for which there is memory; there are {figures['cores']} cores"
    if "work_on_another_disk" in notes:
        yield "set      --work DIR on another, fast disk: workers wait for the one that they have"
    if "frames_per_video" in train:
        yield f"set      --frames_per_video {train['frames_per_video']}: a video's frames are near-copies"
    if "shuffle_records" in train:
        yield f"set      --shuffle_records {train['shuffle_records']}: more would take too much of the memory"
    if "dataset_fits_memory" in notes:
        yield "cache    the shards fit into memory: from the second epoch on no disk is read"
    else:
        yield "cache    the shards do not fit into memory: each epoch reads them from the disk"


def _list_shortages(figures: dict[str, Any]) -> Iterator[str]:
    """What would stop a run, or what could not be told."""
    for disk in figures["room"]:
        if disk["free"] < disk["needed"]:
            yield (f"warning {disk['folder']}: too little room for a run; free some, or give --out or --work elsewhere")
    if "workers_exceed_memory" in figures["settings"]["notes"]:
        yield f"warning --workers {figures['workers']} need more memory than is free; give fewer"
    for fault in figures["faults"]:
        if fault != figures["obstacle"]:
            yield f"warning {fault}"
    if figures["obstacle"]:
        return
    for split in figures["sample"]["lacks"]:
        yield f"warning the sample has no frames of {split}, so nothing can be said of an epoch; give more --seconds"
    if not figures["trial"]:
        yield "warning no step of training was done in the time; give more --seconds, or a smaller network"
