"""Small good inputs of each kind, from which hostile ones are made; and the odd JPEGs among the real files."""

import io
import json
import tarfile
import zipfile
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pyarrow as pa

from preprocess.settings import PreprocessSettings
from shards.dataset import DATASET_FILE, Dataset, OtherFile, ShardFile, shard_name, write_dataset
from shards.emotions import KOREAN
from shards.manifest import MANIFEST_FILE, SCHEMA, write_manifest
from shards.manifest_row import ManifestRow
from shards.record import encode_record
from shards.record_fields import FRAME_FIELDS
from shards.tfrecord import pack_record
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec
from trainer.model.mood_json import MOOD_JSON, Metadata, encode_metadata
from trainer.run_files.run_record import write_metrics

_ROOT = Path(__file__).parent.parent.parent
_MOST_BYTES = 60_000  # of a real JPEG: changes in larger ones hardly ever meet a header
_VOC = """<annotation><folder>훈련</folder><filename>dog_1.jpg</filename>
<size><width>500</width><height>375</height><depth>3</depth></size>
<object><name>행복/즐거움</name><bndbox><xmin>48.5</xmin><ymin>240</ymin><xmax>195</xmax><ymax>371</ymax></bndbox></object>
<object><name>3</name><bndbox><xmin>8</xmin><ymin>12</ymin><xmax>352</xmax><ymax>498</ymax></bndbox></object>
</annotation>"""
_COCO = {
    "images": [{"id": 1, "file_name": "a/1.jpg", "width": 640, "height": 480}, {"id": "2", "file_name": "2.jpg"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 20.5, 100, 200], "iscrowd": 0, "species": "DOG"},
        {"id": 2, "image_id": "2", "category_id": 4, "bbox": [0, 0, 640, 480], "segmentation": [[1, 2, 3, 4]]},
        {"id": 3, "image_id": 9, "category_id": None, "bbox": None},
    ],
    "categories": [{"id": 3, "name": "calm"}, {"id": 4, "name": "불안/슬픔", "supercategory": "pet"}],
}
_CSV = """image_path,bbox,labels
cat-arch-000156/frame_0_timestamp_0.jpg,"40,60,100,150",편안/안정
cat-arch-000156/frame_6_timestamp_200.jpg,"40.5,60,100,150",calm
dog\\\\walk\\\\1.jpg,"1,2,3,4",5
/elsewhere/2.jpg,,
"""
_LABEL_MAP = {"happy": "행복/즐거움", "0": "calm", "양이": {"mood": "anxiety", "species": "cat"}}


def make_good_inputs(folder: Path, real: Path | None = None) -> dict[str, list[bytes]]:
    """Good inputs by kind; `real` is the folder of odd JPEGs, where there is one."""
    make_sample(folder / "sample", SampleSpec(videos=4, frames=2, height=96, defects=False), workers=1)
    labels = _read_all(folder / "sample", "*.json")
    frames = _read_all(folder / "sample", "*.jpg")
    files = {f"라벨/{place}.json": data for place, data in enumerate(labels[:2])}
    files |= {f"원천/v/frame_{place}_timestamp_{40 * place}.jpg": data for place, data in enumerate(frames[:3])}
    zips = [_pack_zip(files, method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]
    odd = [data for data in _read_all(real, "**/*.jp*g") if len(data) <= _MOST_BYTES] if real else []
    records = [_make_record(data) for data in frames[:3]]
    return {
        "label": labels,
        "voc": [_VOC.encode(), f'<?xml version="1.0" encoding="utf-16"?>{_VOC}'.encode("utf-16")],
        "coco": [json.dumps(_COCO, ensure_ascii=False).encode()],
        "csv": [_CSV.encode(), _CSV.encode("cp949"), _CSV.encode("utf-8-sig").replace(b"\n", b"\r\n")],
        "label map": [json.dumps(_LABEL_MAP).encode(), b'["calm", "anxiety", "happiness"]'],
        "zip": zips,
        "tar": [_pack_tar({"CAT.zip": zips[0], "D/DOG.zip.part0": zips[1]}, form) for form in (0, 1, 2)],
        "jpeg": [*frames[:4], *_encode_pictures((".jpg",)), *odd],
        "photo": [*_encode_pictures((".jpg", ".png", ".webp")), *odd],
        "shard": [b"".join(map(pack_record, records)), pack_record(b"")],
        "record": records,
        "yaml": [path.read_bytes() for path in (_ROOT / "configs").glob("*.yaml")],
        "dataset.json": [_make_dataset(folder)],
        "manifest": [_make_manifest(folder, rows) for rows in (0, 5)],
        "metrics": [_make_metrics(folder)],
        "model": [_pack_zip(_list_model_members(), method) for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)],
        "clip": [_make_clip(folder)],
    }


def _read_all(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.rglob(pattern)) if path.is_file()]


def _pack_zip(files: dict[str, bytes], method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return file.getvalue()


def _pack_tar(files: dict[str, bytes], form: int) -> bytes:
    """A tar in one of tarfile's three formats, with a long name and a link."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in (files | ({"a" * 90 + "/" + "b" * 120 + ".txt": b"x"} if form else {})).items():
            header = tarfile.TarInfo(name)
            header.size = len(data)
            archive.addfile(header, io.BytesIO(data))
        link = tarfile.TarInfo("link.zip")
        link.type, link.linkname = tarfile.LNKTYPE, next(iter(files))
        archive.addfile(link)
    return file.getvalue()


def _encode_pictures(suffixes: tuple[str, ...]) -> list[bytes]:
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    progressive = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2])[1]
    return [progressive.tobytes(), *(cv2.imencode(suffix, pixels)[1].tobytes() for suffix in suffixes)]


def _make_record(image: bytes) -> bytes:
    values = {
        "image": image,
        "species": "DOG",
        "label": 3,
        "video": "개-000001",
        "frame_number": 5,
        "key": "개-000001/5",
    }
    if len(image) % 2:
        return encode_record(values | {"timestamp": 200, "video_index": 0, "video_count": 2})
    return encode_record(values | {"bbox": (0.1, 0.2, 0.5, 0.75), "width": 32, "height": 24}, FRAME_FIELDS)


def _make_dataset(folder: Path) -> bytes:
    shards = {
        split: [ShardFile(shard_name(split, place, 2), 4, 4_000, "0" * 64) for place in range(2)]
        for split in ("train", "val")
    }
    moods = {mood: {"frames": 8 * (mood == KOREAN[0]), "videos": 2 * (mood == KOREAN[0])} for mood in KOREAN}
    splits = {split: {"frames": 8, "videos": 2, "emotions": moods} for split in shards}
    counts = {"rows": 20, "kept": 16, "duplicate": 4, "rejected": 0, "unselected": 0, "reasons": {}, "splits": splits}
    files = {MANIFEST_FILE: OtherFile(5_000, "0" * 64, [1, 2])}
    settings = PreprocessSettings(["source"], "out").content
    write_dataset(folder, Dataset(settings, counts, shards, files))
    return (folder / DATASET_FILE).read_bytes()


def _make_manifest(folder: Path, rows: int) -> bytes:
    row = ManifestRow(key="v/1", source=0, label_file="v.json", video="v", status="kept", split="train", label=2)
    row.hash, row.note = bytes(range(8)), "메모"
    values = [msgspec.to_builtins(row, builtin_types=(bytes,)) | {"frame_number": place} for place in range(rows)]
    table = pa.Table.from_pylist(values, SCHEMA)
    with open(folder / MANIFEST_FILE, "wb") as file:
        write_manifest(file, [table])
    return (folder / MANIFEST_FILE).read_bytes()


def _make_metrics(folder: Path) -> bytes:
    write_metrics(folder, {"model": "model.keras", "evaluation": {"videos": {"n": 5, "macro_f1": [0.4, None]}}})
    return (folder / "metrics.json").read_bytes()


def _list_model_members() -> dict[str, bytes]:
    """Those of a model.keras, with hardly a network: what is read of it before Keras is."""
    metadata = Metadata(1.5, 32, 1.1, [1 / 6] * 6, "f" * 64, "small", {"resolution": 32})
    return {"config.json": b"{}", "metadata.json": b"{}", MOOD_JSON: encode_metadata(metadata)}


def _make_clip(folder: Path) -> bytes:
    path = folder / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
    for shade in range(0, 200, 20):
        writer.write(np.full((48, 64, 3), shade, np.uint8))
    writer.release()
    return path.read_bytes()
