"""Loaders with engines of their own: Grain over ArrayRecord, DALI on the CPU, TurboLoader, SPDL."""

import io
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ways.loading.epochs import BATCH_SIZE, WINDOW, Batches, list_files, open_epochs

PACKAGES = {
    "open_grain": ("grain", "array-record"),
    "open_dali": ("nvidia-dali-cuda120",),
    "open_turboloader": ("turboloader",),
    "open_spdl": ("spdl",),
}
_SHUFFLED = 2048  # records that wait in a shuffle, as in ours


def open_grain(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """One ArrayRecord file of pickled rows, read by threads in as many processes as there are cores."""
    import grain
    from array_record.python.array_record_data_source import ArrayRecordDataSource
    from array_record.python.array_record_module import ArrayRecordWriter

    from benchmarks.ways.loading.windows import decode_window

    path = Path(settings["folder"]) / "crops.array_record"
    if not path.exists():
        writer = ArrayRecordWriter(str(path), "group_size:1,uncompressed")
        for file, label in list_files(settings):
            writer.write(bytes([label]) + Path(file).read_bytes())
        writer.close()

    def decode(record: bytes) -> tuple[np.ndarray, int]:
        return decode_window(record[1:], settings["flip"]), record[0]

    data = grain.MapDataset.source(ArrayRecordDataSource(str(path))).seed(0).shuffle().repeat()
    data = data.map(decode).batch(BATCH_SIZE, drop_remainder=True)
    data = data.to_iter_dataset(grain.ReadOptions(num_threads=settings["threads"], prefetch_buffer_size=8))
    if settings.get("processes"):
        data = data.mp_prefetch(grain.MultiprocessingOptions(num_workers=settings["threads"]))
    return open_epochs(settings, lambda epoch: data)


def open_dali(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Files in random order; the window in the decoder, as its guide advises."""
    from nvidia.dali import fn, pipeline_def

    files, labels = zip(*list_files(settings), strict=True)

    @pipeline_def(batch_size=BATCH_SIZE, num_threads=settings["threads"], device_id=None, seed=0)
    def make_pipeline() -> tuple:
        jpegs, label = fn.readers.file(
            files=list(files), labels=list(labels), random_shuffle=True, initial_fill=_SHUFFLED, name="files"
        )
        place = fn.random.uniform(range=(0.0, 1.0), shape=2)
        images = fn.decoders.image_crop(
            jpegs, device="cpu", crop=(WINDOW, WINDOW), crop_pos_x=place[0], crop_pos_y=place[1]
        )
        return fn.flip(images, horizontal=fn.random.coin_flip()) if settings["flip"] else images, label

    pipeline = make_pipeline()
    pipeline.build()

    def draw(epoch: int) -> Batches:
        while True:
            images, label = pipeline.run()
            yield np.asarray(images.as_tensor()), np.asarray(label.as_tensor())

    return open_epochs(settings, draw)


def open_turboloader(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """A tar file; the fastest path for training that it documents, or with `windows` the same windows as ours."""
    import turboloader

    path = Path(settings["folder"]) / "crops.tar"
    if not path.exists():
        with tarfile.open(path, "w") as tar:
            for place, (file, label) in enumerate(list_files(settings)):
                for ending, data in (("jpg", Path(file).read_bytes()), ("cls", str(label).encode())):
                    member = tarfile.TarInfo(f"{place:08d}.{ending}")
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))
    if settings.get("windows"):
        return open_epochs(settings, lambda epoch: _draw_turboloader_windows(turboloader, str(path), settings, epoch))
    loader = turboloader.DataLoader(
        str(path),
        batch_size=BATCH_SIZE,
        shuffle=True,
        image_size=WINDOW,
        output_format="numpy",
        train_aug=True,
        hflip_prob=0.5 if settings["flip"] else 0.0,
        drop_last=True,
    )

    def draw(epoch: int) -> Batches:
        loader.set_epoch(epoch)
        for images, about in loader:
            yield images, about["indices"]

    return open_epochs(settings, draw)


def _draw_turboloader_windows(turboloader: Any, path: str, settings: dict[str, Any], epoch: int) -> Iterator[tuple]:
    """Its loader of single samples, with its transforms."""
    transform = turboloader.RandomCrop(WINDOW, WINDOW)
    if settings["flip"]:
        transform = transform | turboloader.RandomHorizontalFlip(0.5)
    loader = turboloader.DataLoader(
        path, batch_size=BATCH_SIZE, num_workers=settings["threads"], shuffle=True, transform=transform, seed=epoch
    )
    for rows in loader:
        yield np.stack([row["image"] for row in rows]), [row["index"] for row in rows]


def open_spdl(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Its pipeline of threads over batches of files. Its own decoder wants FFmpeg's libraries from the system."""
    from spdl.pipeline import PipelineBuilder

    from benchmarks.ways.loading.windows import decode_window

    files = list_files(settings)

    def load(rows: list[tuple[str, int]]) -> tuple[np.ndarray, list[int]]:
        images = np.empty((len(rows), WINDOW, WINDOW, 3), np.uint8)
        for image, (path, _) in zip(images, rows, strict=True):
            image[:] = decode_window(Path(path).read_bytes(), settings["flip"])
        return images, [label for _, label in rows]

    def draw_rows() -> Iterator[list[tuple[str, int]]]:
        while True:
            random.shuffle(files)
            for start in range(0, len(files) - BATCH_SIZE + 1, BATCH_SIZE):
                yield files[start : start + BATCH_SIZE]

    threads = settings["threads"]
    builder = PipelineBuilder().add_source(draw_rows()).pipe(load, concurrency=threads).add_sink(4)

    def draw(epoch: int) -> Batches:
        pipeline = builder.build(num_threads=threads)
        with pipeline.auto_stop():
            yield from pipeline.get_iterator(timeout=60)

    return open_epochs(settings, draw)
