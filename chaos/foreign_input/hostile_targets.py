"""What reads files that others may have made: good inputs to begin from, and the errors that it may end in."""

import io
import json
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from console.settings_parser import parse_settings
from preprocess.archives.byte_source import close_files, open_whole
from preprocess.archives.delivery import ArchiveFile, open_delivery
from preprocess.archives.tar_listing import list_tar
from preprocess.archives.zip_directory import DamagedArchive
from preprocess.archives.zip_listing import FileKinds, list_folder, list_zip
from preprocess.archives.zip_member import DamagedMember, read_member
from preprocess.cutting.jpeg_crop import decode_crop
from preprocess.settings import PreprocessSettings
from preprocess.sources.aihub_label import parse_aihub_label
from preprocess.sources.csv_rows import list_csv_images, list_csv_videos, parse_csv_rows
from preprocess.sources.label_map import read_label_map
from preprocess.sources.photos.coco_json import list_coco_videos, parse_coco_boxes
from preprocess.sources.photos.voc_xml import find_stated_image, is_voc_xml, parse_voc_xml
from preprocess.sources.video import InvalidLabel, UnreadableLabel
from shards.crop_geometry import Box, place_crop
from shards.dataset import DATASET_FILE, find_mismatched_file
from shards.errors import CallError, DataError
from shards.jpeg_headers import UnreadableImage, read_file_header, read_header
from shards.manifest import MANIFEST_FILE, read_manifest
from shards.record import decode_record
from shards.record_fields import FIELDS, FRAME_FIELDS
from shards.storage.self_checksum import dump_json_with_checksum
from shards.tfrecord import DamagedRecord, iterate_records, read_record_at
from shards.verification import verify_dataset
from trainer.answering.photo import decode_upright_pixels
from trainer.answering.photo_header import read_photo_size
from trainer.answering.video_file import sample_video_frames
from trainer.input.dataset_split import open_split
from trainer.model.keras_archive import has_json_member
from trainer.model.mood_json import MOOD_JSON, read_metadata
from trainer.run_files.run_record import read_run_object

_MOST_PIXELS = 4_000_000  # of pictures that are decoded here; larger ones take long because they are large
_KINDS = FileKinds(
    is_wanted=lambda name: name.lower().endswith(".json"),
    is_frame=lambda name: name.lower().endswith((".jpg", ".jpeg")),
    is_archive=lambda name: name.lower().endswith((".zip", ".tar")),
)


class Target(NamedTuple):
    """A reader of foreign bytes."""

    name: str
    seeds: list[bytes]  # good inputs
    feed: Callable[[bytes], Any]
    errors: tuple[type[Exception], ...]  # that say what is wrong with the input
    share: int  # of the inputs, beside those of the others: more where an input takes less time


def make_targets(good: dict[str, list[bytes]], folder: Path) -> list[Target]:
    """The targets for good inputs by their kind, see good_inputs.py; files are written into the folder.

    Without any, the targets have no seeds.
    """
    inputs = defaultdict(list, good)
    label = (UnreadableLabel, InvalidLabel)
    own = (CallError, DataError)
    feeders = _Feeders(folder, inputs["dataset.json"][0] if inputs["dataset.json"] else b"{}")
    return [
        Target("AI Hub label", inputs["label"], parse_aihub_label, label, 150),
        Target("VOC label", inputs["voc"], _read_voc, label, 100),
        Target("COCO", inputs["coco"], feeders.read_coco, (*own, *label), 40),
        Target("CSV", inputs["csv"], feeders.read_csv, (*own, *label), 20),
        Target("label map", inputs["label map"], feeders.read_label_map, own, 40),
        Target("zip", inputs["zip"], feeders.read_zip, (DamagedArchive,), 20),
        Target("tar", inputs["tar"], feeders.read_tar, (), 20),
        Target("JPEG header", inputs["jpeg"], feeders.read_jpeg_header, (UnreadableImage,), 200),
        Target("photo header", inputs["photo"], read_photo_size, (UnreadableImage,), 50),
        Target("photo", inputs["photo"], _read_photo, (UnreadableImage,), 10),
        Target("crop of a JPEG", inputs["jpeg"], _read_crop, (UnreadableImage,), 10),
        Target("TFRecord", inputs["shard"], _read_tfrecord, (DamagedRecord,), 150),
        Target("record", inputs["record"], _read_record, (ValueError,), 150),
        Target("configuration", inputs["yaml"], feeders.read_settings, own, 1),
        Target("dataset.json", inputs["dataset.json"], feeders.read_dataset, own, 20),
        Target("dataset.json with a fitting digest", inputs["dataset.json"], feeders.read_sealed_dataset, own, 10),
        Target("manifest", inputs["manifest"], feeders.read_manifest, own, 10),
        Target("metrics.json", inputs["metrics"], feeders.read_metrics, own, 30),
        Target("model's metadata", inputs["model"], feeders.read_model_metadata, own, 30),
        Target("clip", inputs["clip"], feeders.read_clip, (UnreadableImage,), 1),
    ]


def _read_voc(data: bytes) -> None:
    is_voc_xml(data)
    find_stated_image(data)
    parse_voc_xml(data, {})


def _read_photo(data: bytes) -> None:
    width, height = read_photo_size(data)
    if width * height <= _MOST_PIXELS:
        decode_upright_pixels(data)


def _read_crop(data: bytes) -> None:
    header = read_header(data)
    if header.width * header.height <= _MOST_PIXELS:
        box = Box(header.width // 4, header.height // 4, max(1, header.width // 2), max(1, header.height // 2))
        decode_crop(data, header, place_crop(box, header.width, header.height, 1.1), 64)


def _read_tfrecord(data: bytes) -> None:
    """As a whole, and at an offset that the input itself decides."""
    with suppress(DamagedRecord):
        read_record_at(io.BytesIO(data), int.from_bytes(data[-8:], "little", signed=True) % (2 * len(data) + 1))
    for _ in iterate_records(io.BytesIO(data)):
        pass


def _read_record(data: bytes) -> None:
    with suppress(ValueError):
        decode_record(data, FRAME_FIELDS)
    decode_record(data, FIELDS)


class _Feeders:
    """Readers of files and folders: the input is written there first."""

    def __init__(self, folder: Path, dataset: bytes):
        self._folder, self._dataset = folder, dataset

    def _write(self, name: str, data: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(data)
        return path

    def read_coco(self, data: bytes) -> None:
        listing = list_coco_videos([(0, str(self._write("coco.json", data)))], {})
        for video in listing.videos:
            parse_coco_boxes(video.label_data, {})

    def read_csv(self, data: bytes) -> None:
        for video in list_csv_videos([(0, str(self._write("rows.csv", data)))], {}).videos:
            parse_csv_rows(video.label_data)
            list_csv_images(video)

    def read_label_map(self, data: bytes) -> None:
        read_label_map(str(self._write("map.json", data)))

    def read_zip(self, data: bytes) -> None:
        path = self._write("archive.zip", data)
        close_files()
        source = open_whole(bytes(path))
        open_delivery([ArchiveFile(0, path.name, bytes(path))])
        listing = list_zip(source, _KINDS)
        members = [*listing.files, *(member for folder, _ in listing.folders for member in list_folder(folder))]
        for member in members:
            assert ".." not in member.name.split("/") and not member.name.startswith("/"), "leads out of the archive"
            with suppress(DamagedMember):
                read_member(source, member.place)

    def read_tar(self, data: bytes) -> None:
        path = self._write("archive.tar", data)
        list_tar(bytes(path))
        delivery = open_delivery([ArchiveFile(0, path.name, bytes(path))])
        for archive in delivery.archives:
            for copy in archive.copies:
                with suppress(DamagedArchive):
                    list_zip(copy, _KINDS)
        close_files()

    def read_jpeg_header(self, data: bytes) -> None:
        with suppress(UnreadableImage):
            read_file_header(self._write("frame.jpg", data))
        read_header(data)

    def read_settings(self, data: bytes) -> None:
        call = ["--config", str(self._write("run.yaml", data))]
        parse_settings(PreprocessSettings, "preprocess", "", call, ("replace", "dry_run", "debug"), {})

    def read_dataset(self, data: bytes) -> None:
        """All that reads a dataset.json, the other files of which are not there."""
        self._write(DATASET_FILE, data)
        find_mismatched_file(self._folder)
        with suppress(CallError, DataError):
            open_split(self._folder, "train")
        for _ in verify_dataset(self._folder):
            pass

    def read_sealed_dataset(self, data: bytes) -> None:
        """The same, where whoever made it has computed the digest: only what it says can be refused."""
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            self.read_dataset(dump_json_with_checksum({key: value[key] for key in value if key != "digest"}))

    def read_manifest(self, data: bytes) -> None:
        self._write(DATASET_FILE, self._dataset)
        self._write(MANIFEST_FILE, data)
        for rows in read_manifest(self._folder):
            rows.to_pylist()

    def read_metrics(self, data: bytes) -> None:
        read_run_object(self._write("metrics.json", data), "train anew")

    def read_model_metadata(self, data: bytes) -> None:
        path = self._write("model.keras", data)
        has_json_member(path, MOOD_JSON)
        read_metadata(path)

    def read_clip(self, data: bytes) -> None:
        for _ in sample_video_frames(self._write("clip.mp4", data)):
            pass
