"""tf.data alone, as its guide on performance says: a parallel map with the fused decode, and a TFRecord file."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.ways.crops.listed_frames import QUALITY, SIDE, open_writing, read_frame_list

PACKAGES = ("tensorflow-cpu",)


def open_tf_data_writer(settings: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    import numpy as np
    import tensorflow as tf

    frames = read_frame_list(settings)
    windows = np.array([(y, x, size, size) for _, _, x, y, size in frames], np.int32)
    columns = (np.arange(len(frames)), [frame.path for frame in frames], windows)

    def cut(number: Any, path: Any, window: Any) -> tuple[Any, Any]:
        square = tf.io.decode_and_crop_jpeg(tf.io.read_file(path), window, channels=3)
        picture = tf.image.resize(square, (SIDE, SIDE), method="area")
        return number, tf.io.encode_jpeg(tf.cast(tf.round(picture), tf.uint8), quality=QUALITY)

    crops = tf.data.Dataset.from_tensor_slices(columns).map(cut, num_parallel_calls=tf.data.AUTOTUNE)
    crops = crops.prefetch(tf.data.AUTOTUNE)

    def write(folder: Path) -> None:
        with tf.io.TFRecordWriter(str(folder / "crops.tfrecord")) as writer:
            for number, data in crops.as_numpy_iterator():
                feature = {
                    "number": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
                    "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[data])),
                }
                writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())

    def read(folder: Path) -> Iterator[tuple[int, bytes]]:
        for record in tf.data.TFRecordDataset(str(folder / "crops.tfrecord")).as_numpy_iterator():
            found = tf.train.Example.FromString(record).features.feature
            yield found["number"].int64_list.value[0], found["image"].bytes_list.value[0]

    take_turn = open_writing(settings, len(frames), write, read)
    take_turn()
    return take_turn
