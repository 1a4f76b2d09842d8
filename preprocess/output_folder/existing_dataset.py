"""Whether OUT already holds the dataset that a run would make, and if it holds another, what differs."""

from collections.abc import Iterable, Sequence

from console.calls.differences import join_some, list_changed_settings
from console.output.counted_nouns import format_count
from preprocess.output_folder.run_log import log_file, read_log, update_logged_tasks
from preprocess.ray_tasks import check_inputs
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing, Video
from preprocess.writing.finished_work import Origin
from shards.dataset import DATASET_FILE, find_mismatched_file, read_dataset
from shards.errors import CallError
from shards.manifest import read_manifest
from shards.storage.places import measure_place
from shards.storage.stores.remote_path import AnyPlace, locate

_MOST_NAMED = 3  # videos in a message


def is_up_to_date(groups: Sequence[list[Video]], settings: PreprocessSettings) -> bool:
    """Whether the dataset in OUT is whole and was made from what the sources hold now, by these settings.

    Raises CallError where it was made from something else and may not be replaced.
    """
    out = locate(settings.out)
    log = read_log(out)
    noted = [(name, Origin(stamps, contents)) for name, stamps, contents in log["tasks"]] if log else []
    origins = check_inputs(groups, noted, settings) if len(noted) == len(groups) else None
    if origins:
        if find_mismatched_file(out) is not None:
            return False  # it can be made again without --replace: the bytes will be the same
        names = [name for name, _ in noted]
        update_logged_tasks(out, log, [[name, o.stamps, o.contents] for name, o in zip(names, origins, strict=True)])
        return True
    if settings.replace:
        return False
    raise _make_error(settings, _explain_change(out, (video for group in groups for video in group)))


def check_same_settings(settings: PreprocessSettings) -> None:
    """Raise CallError where OUT holds a dataset that other settings have made, naming them. Takes milliseconds."""
    if not _holds_dataset_to_keep(settings):
        return
    if changed := list_changed_settings(read_dataset(locate(settings.out)).settings, settings.content):
        raise _make_error(settings, join_some(list(changed.values())))


def check_same_videos(source: SourceListing, groups: Sequence[list[Video]], settings: PreprocessSettings) -> None:
    """Raise CallError where OUT holds a dataset of other videos, naming some; before Ray is started, which is slow."""
    if not _holds_dataset_to_keep(settings):
        return
    out = locate(settings.out)
    log = read_log(out)
    if log and len(log["tasks"]) == len(groups):
        return  # whether each is the same is found out by reading them
    raise _make_error(settings, _explain_change(out, source.videos))


def _explain_change(out: AnyPlace, videos: Iterable[Video]) -> str:
    """Which videos came or went since the dataset was made; where none did, something in them has changed."""
    was, now = _list_videos(out), {video.name for video in videos}
    changes = [
        f"{format_count(len(names), 'video')} {what} ({join_some(names, _MOST_NAMED)})"
        for what, names in (("more", sorted(now - was)), ("fewer", sorted(was - now)))
        if names
    ]
    return " and ".join(changes) or "the label or the frames of a video have changed, or a library's version"


def _holds_dataset_to_keep(settings: PreprocessSettings) -> bool:
    if settings.replace or settings.dry_run:
        return False
    return measure_place(locate(settings.out) / DATASET_FILE) is not None


def _make_error(settings: PreprocessSettings, what: str) -> CallError:
    return CallError(
        f"{settings.out} holds a dataset from other inputs or settings: {what} (its log: "
        f"{log_file(locate(settings.out))}); give --replace, another --out, or what that one was made from"
    )


def _list_videos(out: AnyPlace) -> set[str]:
    videos: set[str] = set()
    for rows in read_manifest(out, ["video"]):
        videos |= set(rows["video"].unique().to_pylist())
    return videos - {None}
