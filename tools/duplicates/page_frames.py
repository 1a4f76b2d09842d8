"""Frames, pairs and groups as the template of the near-duplicate page takes them, with their pictures."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from console.html_page import encode_data_uri
from shards.emotions import EMOTIONS
from shards.manifest import SPLITS, STATUSES, take_rows
from shards.storage.stores.remote_path import AnyPlace
from tools.duplicates.duplicate_groups import DuplicateGroups
from tools.duplicates.hashed_frames import ABSENT, DROP_REASONS, HashedFrames, measure_distance
from tools.duplicates.samples import PICTURED_MEMBERS, order_members
from tools.reporting.frame_pictures import PICTURE_COLUMNS, FramePictures

PICTURE_BYTES = 13_000_000  # for all pictures as data URIs; with the rest the page stays under 20 MB
_NAMED_MEMBERS = 40  # of a group, after the pictured ones


class PageFrames:
    """Describes frames by dicts for the template, and embeds their pictures until PICTURE_BYTES are used up.

    `left_out` counts the pictures for which there was no room.
    """

    def __init__(
        self, folder: AnyPlace, frames: HashedFrames, pictures: FramePictures, places: Iterable[int], min_detail: int
    ):
        """`folder` holds the manifest; `places` are those of all frames that will be shown with a picture."""
        self.left_out = 0
        self._frames, self._min_detail = frames, min_detail
        self._bytes_left = PICTURE_BYTES
        wanted = sorted({int(place) for place in places})
        rows = take_rows(folder, frames.manifest_row[wanted].tolist(), list(PICTURE_COLUMNS))
        self._thumbnails = pictures.make_thumbnails(rows.values())

    def describe_frame(self, place: int, with_picture: bool = True) -> dict[str, Any]:
        """A frame with its key, mood, split and outcome.

        "picture" is a data URI, or None where there is no picture or none is wanted.
        """
        frames, place = self._frames, int(place)
        mood, label = int(frames.mood[place]), int(frames.label[place])
        return {
            "key": frames.key(place),
            "korean": EMOTIONS[mood].korean if mood != ABSENT else "",
            "mood": EMOTIONS[mood].english if mood != ABSENT else "unknown",
            "relabelled": EMOTIONS[label] if ABSENT != label != mood else None,
            "species": _look_up(frames.species_names, frames.species[place]),
            "split": _look_up(SPLITS, frames.split[place]),
            "status": STATUSES[frames.status[place]],
            "reason": _look_up(DROP_REASONS, frames.reason[place]),
            "picture": self._embed(frames.key(place)) if with_picture else None,
        }

    def describe_pair(self, first: int, second: int) -> dict[str, Any]:
        """Two frames and the distance between their hashes in bits."""
        bits = measure_distance(self._frames, np.array([first]), np.array([second]))[0]
        return {
            "first": self.describe_frame(first),
            "second": self.describe_frame(second),
            "bits": int(bits),
            "featureless": bool(self._frames.detail[[first, second]].min() < self._min_detail),
        }

    def describe_group(self, groups: DuplicateGroups, group: int) -> dict[str, Any]:
        """A group: its representative, and its members, those most likely to be wrong (the widest) first."""
        root = int(groups.representative[group])
        members = order_members(self._frames, groups, group)
        named_end = PICTURED_MEMBERS + _NAMED_MEMBERS
        moods = groups.moods[group]
        return {
            "representative": self.describe_frame(root),
            "members": [self._describe_member(place, root) for place in members[:PICTURED_MEMBERS]],
            "named": [self._describe_member(place, root, False) for place in members[PICTURED_MEMBERS:named_end]],
            "unnamed": max(0, len(members) - named_end),
            "size": int(groups.size[group]),
            "widest": int(groups.widest[group]),
            "disagreeing": int(groups.disagreeing[group]),
            "moods": [(EMOTIONS[i], int(moods[i])) for i in np.argsort(-moods, kind="stable") if moods[i]],
        }

    def _describe_member(self, place: int, root: int, with_picture: bool = True) -> dict[str, Any]:
        direct = int(self._frames.representative[place])
        to_root = measure_distance(self._frames, np.array([place]), np.array([root]))[0]
        return self.describe_frame(place, with_picture) | {
            "bits": int(self._frames.distance[place]),
            "to_representative": int(to_root),
            "direct": None if direct == root else self._frames.key(direct),
        }

    def _embed(self, key: str) -> str | None:
        data = self._thumbnails.get(key)
        if data is None:
            return None
        uri = encode_data_uri("image/jpeg", data)
        if len(uri) > self._bytes_left:
            self.left_out += 1
            return None
        self._bytes_left -= len(uri)
        return uri


def _look_up(names: Sequence[str], number: int) -> str:
    return names[number] if number != ABSENT else ""
