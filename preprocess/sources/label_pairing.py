"""Label files and frame directories that belong together by name -> videos."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from preprocess.archives.zip_listing import ZipFolder
from preprocess.sources.data_file import ArchiveMember, DataFile
from preprocess.sources.path_names import find_split
from preprocess.sources.video import FrameDirectory, Video


class LabelFile(NamedTuple):
    """A label file and the name that its video's frame directory has."""

    name: str
    source: int
    relative: str  # to the source, as the manifest writes it
    path: DataFile


class LabelPairs(NamedTuple):
    """A video for every label file, in a fixed order, and what has no counterpart: paths relative to their source."""

    videos: list[Video]
    labels_without_frames: list[str]
    directories_without_label: list[str]


def pair_labels(
    labels: Sequence[LabelFile],
    directories: Mapping[str, Sequence[FrameDirectory]],
    kind: str,
    source_splits: Mapping[int, str | None],
) -> LabelPairs:
    """Pair label files with the frame directories of the same name, in whichever source they lie.

    Args:
        directories: frame directories by name.
        kind: the kind of source, for Video.kind.
        source_splits: the split that each source's own name states, for labels whose folders state none.
    """
    videos = [
        Video(
            name=label.name,
            kind=kind,
            source=label.source,
            label_path=label.path,
            label_file=label.relative,
            split=find_split(label.relative.rpartition("/")[0]) or source_splits[label.source],
            directories=tuple(sorted(directories.get(label.name, ()), key=_sort_directory)),
        )
        for label in _drop_copies(labels)
    ]
    unlabelled = sorted(directories.keys() - {label.name for label in labels})
    return LabelPairs(
        videos,
        [video.label_file for video in videos if not video.directories],
        [directory.relative for name in unlabelled for directory in directories[name]],
    )


def _drop_copies(labels: Sequence[LabelFile]) -> list[LabelFile]:
    """The labels in a fixed order, without those of archives that lie in a folder under the same path too."""
    in_folders = [label for label in labels if not isinstance(label.path, ArchiveMember)]
    in_archives = {label[:3]: label for label in reversed(labels) if isinstance(label.path, ArchiveMember)}  # the first
    for label in in_folders:
        in_archives.pop(label[:3], None)
    kept = [*in_folders, *in_archives.values()]
    return sorted(kept, key=lambda label: (label[:3], label.path if isinstance(label.path, bytes) else b""))


def _sort_directory(directory: FrameDirectory) -> tuple[int, str, bool]:
    """A fixed order: of directories that hold a frame the first counts, a folder before an archive of its name."""
    return directory.source, directory.relative, isinstance(directory.path, ZipFolder)
