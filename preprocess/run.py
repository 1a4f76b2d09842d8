"""The flow of a run: check, list the sources, video tasks, plan, shard tasks, publication.

A local Ray takes seconds to start. So sources that take long to list are listed meanwhile, and what only the later
stages import, such as numba, is imported while workers cut the videos.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import partial

from console.progress import show_waiting
from preprocess import messages
from preprocess.output_folder.disk_space import check_space
from preprocess.output_folder.dry_run import write_dry_run
from preprocess.output_folder.existing_dataset import check_same_settings, check_same_videos, is_up_to_date
from preprocess.output_folder.folder_check import check_output_folder
from preprocess.output_folder.publication import assemble_dataset, publish_dataset
from preprocess.output_folder.run_log import write_log
from preprocess.output_folder.versions import discard_next_version, remove_old_versions
from preprocess.output_folder.work_folders import (
    build_folder,
    remove_dry_run_spill,
    remove_partial_files,
    remove_work,
    spill_folder,
)
from preprocess.ray_cluster import start_ray
from preprocess.ray_tasks import run_shard_tasks, run_video_tasks
from preprocess.settings import PreprocessSettings
from preprocess.sources.source_kinds import check_sources, find_videos
from preprocess.sources.task_groups import group_into_tasks
from preprocess.sources.video import SourceListing, Video
from preprocess.stopwatch import Stopwatch
from preprocess.writing.finished_work import DamagedWork, TaskSummary, discard_task
from shards.dataset import DATASET_FILE, Dataset, read_dataset
from shards.storage.folder_lock import lock_folder
from shards.storage.places import measure_place
from shards.storage.stores.remote_path import locate

_LISTING_SECONDS = 0.5  # to list the sources before Ray is started meanwhile; most take less
_MAX_REPAIRS = 3  # of damaged work in one run; a disk that damages more cannot be trusted

_Listing = tuple[SourceListing, list[list[Video]]]  # and the groups of videos for tasks


def run(settings: PreprocessSettings) -> Dataset:
    """Make the dataset that the settings describe, or continue one that was begun. Prints the result."""
    watch = Stopwatch()
    check_sources(settings.sources)
    check_output_folder(settings)
    check_same_settings(settings)
    with lock_folder(build_folder(settings)):
        remove_partial_files(settings)
        remove_old_versions(build_folder(settings))
        listing = _begin_listing(settings, watch)
        with show_waiting("looking through the sources", is_short=True):
            wait([listing], _LISTING_SECONDS)
        if is_listed := listing.done():  # what is wrong with the sources is said at once
            check_same_videos(*listing.result(), settings)
        with start_ray(settings.workers, settings.address) as workers:
            with show_waiting("looking through the sources", is_short=True):
                source, groups = listing.result()
            if not is_listed:
                check_same_videos(source, groups, settings)
            make = _make_dry_run if settings.dry_run else _make_dataset
            return _repair_and_retry(partial(make, source, groups, settings, workers, watch), settings)


def _begin_listing(settings: PreprocessSettings, watch: Stopwatch) -> Future[_Listing]:
    """List the sources and group their videos, in a thread that does not keep this process from ending."""
    listing: Future[_Listing] = Future()

    def find_and_group() -> None:
        try:
            with watch.time("list"):
                source = find_videos(settings.source, settings.valid_source, settings.label_map)
                groups = group_into_tasks(source)
        except BaseException as error:
            listing.set_exception(error)
        else:
            listing.set_result((source, groups))

    threading.Thread(target=find_and_group, daemon=True).start()
    return listing


def _cut_videos(groups: Sequence[list[Video]], settings: PreprocessSettings, watch: Stopwatch) -> list[TaskSummary]:
    threading.Thread(target=_import_late_stages).start()  # no daemon: an import that is cut off may abort the process
    with watch.time("videos"):
        return run_video_tasks(groups, settings)


def _import_late_stages() -> None:
    from preprocess.writing import final_rows, shard_plan  # noqa: F401 - for those who import them below


def _make_dataset(
    source: SourceListing, groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int, watch: Stopwatch
) -> Dataset:
    out, spills = locate(settings.out), spill_folder(settings)
    if measure_place(out / DATASET_FILE) is not None and is_up_to_date(groups, settings):
        remove_work(settings)  # left by a run that was killed between publication and its end
        discard_next_version(build_folder(settings))
        dataset = read_dataset(out)
        messages.print_nothing_to_do(dataset, out)
        return dataset
    messages.print_start(source, workers, check_space(settings, source))
    tasks = _cut_videos(groups, settings, watch)
    from preprocess.writing.final_rows import complete_rows
    from preprocess.writing.shard_plan import make_plan

    messages.print_unannotated(tasks)
    messages.print_repeated_images(tasks)
    with watch.time("plan"), show_waiting("comparing frames across videos and planning the shards"):
        plan = make_plan(tasks, spills, settings)
    messages.print_compared(tasks, len(plan.order))
    with watch.time("shards"):
        shards = run_shard_tasks(plan, tasks, settings)
    with watch.time("assemble"), show_waiting("writing the manifest"):
        dataset = assemble_dataset(complete_rows(plan, tasks, shards, spills), shards, settings)
    write_log(out, dataset.digest, settings.sources, source, tasks, workers, watch)
    with show_waiting("publishing", is_short=True):
        publish_dataset(dataset, shards, settings)
        remove_work(settings)
        kept = remove_old_versions(build_folder(settings))
    messages.print_kept_versions(kept)
    messages.print_end(dataset, plan.how_split, out, source.frames, watch.seconds)
    return dataset


def _make_dry_run(
    source: SourceListing, groups: Sequence[list[Video]], settings: PreprocessSettings, workers: int, watch: Stopwatch
) -> Dataset:
    """Hash the frames and write the manifest that the real run would write. The hashes stay for that run."""
    spills = spill_folder(settings)
    messages.print_start(source, workers)
    tasks = _cut_videos(groups, settings, watch)
    from preprocess.writing.final_rows import complete_rows
    from preprocess.writing.shard_plan import make_plan

    messages.print_repeated_images(tasks)
    with watch.time("plan"), show_waiting("comparing frames across videos and planning the shards"):
        plan = make_plan(tasks, spills, settings)
    messages.print_compared(tasks, len(plan.order))
    found = write_dry_run(complete_rows(plan, tasks, (), spills), settings)
    remove_dry_run_spill(settings)
    messages.print_dry_run(found, plan.how_split, settings, source, plan.count_whole_frames(settings), watch.seconds)
    return found


def _repair_and_retry(make: Callable[[], Dataset], settings: PreprocessSettings) -> Dataset:
    """What `make` returns. Where it finds damaged work of a video task, that is discarded and `make` is called again.

    Raises DamagedWork where that happens more than _MAX_REPAIRS times.
    """
    for _ in range(_MAX_REPAIRS):
        try:
            return make()
        except DamagedWork as damage:
            messages.print_damage(str(damage))
            discard_task(spill_folder(settings), damage.task)
    return make()
