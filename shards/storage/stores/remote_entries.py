"""What a store says of its files."""

from typing import NamedTuple


class RemoteState(NamedTuple):
    """By what a file that was changed is noticed."""

    size: int  # bytes
    version: str  # an object's ETag; a file's time of change


class RemoteEntry(NamedTuple):
    """A file or a folder, as a listing shows it."""

    name: str  # below the folder that was listed, with / between parts
    is_folder: bool
    size: int  # bytes
    modified: int  # ns
