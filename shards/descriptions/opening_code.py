"""How a dataset is opened in other tools: the code blocks of its card, each complete by itself.

They run in the dataset's folder. Tests run each block as it stands on a card.
"""

# By the name of the tool; SPLIT stands for a split that has frames.
OPENING_CODE = {
    "tensorflow_datasets": """\
import tensorflow_datasets as tfds

builder = tfds.builder_from_directory(".")  # builder_from_directory("frames") has the whole frames with their boxes
crops = builder.as_dataset(split="SPLIT", shuffle_files=True)
for example in crops.take(3):
    print(example["image"].shape, builder.info.features["label"].int2str(example["label"]))
""",
    "pandas": """\
import pandas as pd

rows = pd.read_parquet("manifest.parquet")
kept = rows[rows["status"] == "kept"]
moods = kept.groupby(["split", "mood_korean", "mood_english"], observed=True).size()
print(moods, rows["reason"].value_counts(), sep="\\n")
""",
    "DuckDB": """\
import duckdb

moods = duckdb.sql(
    "SELECT split, mood_korean, mood_english, count(*) AS frames, count(DISTINCT video) AS videos "
    "FROM 'manifest.parquet' WHERE status = 'kept' GROUP BY ALL ORDER BY ALL"
)
print(moods)
""",
    "polars": """\
import polars as pl

kept = pl.scan_parquet("manifest.parquet").filter(pl.col("status") == "kept")
moods = kept.group_by("split", "mood_korean", "mood_english").agg(pl.len(), pl.col("video").n_unique()).collect()
print(moods)
""",
    "tf.data": """\
import tensorflow as tf

features = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}


def decode(records):
    parsed = tf.io.parse_example(records, features)
    images = tf.map_fn(lambda jpeg: tf.io.decode_jpeg(jpeg, 3), parsed["image"], fn_output_signature=tf.uint8)
    return images, parsed["label"]


shards = tf.data.Dataset.list_files("pet_mood-SPLIT.tfrecord-*", shuffle=True)
batches = shards.interleave(tf.data.TFRecordDataset).shuffle(10_000).batch(64).map(decode, tf.data.AUTOTUNE)
for images, labels in batches.take(1):
    print(images.shape, labels.numpy())
""",
    "PyTorch": """\
import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from shards.record_reader import RecordReader  # of the project that made this dataset; needs no TensorFlow


class Crops(torch.utils.data.Dataset):
    def __init__(self, folder, split):
        wanted = [("status", "=", "kept"), ("split", "=", split)]
        self.rows = pq.read_table(f"{folder}/manifest.parquet", columns=["shard", "offset", "label"], filters=wanted)
        self.folder = Path(folder)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        (row,) = self.rows.slice(index, 1).to_pylist()
        with RecordReader(self.folder) as reader:
            jpeg = reader.read_image(row["shard"], row["offset"])
        pixels = np.array(Image.open(io.BytesIO(jpeg)))
        return torch.from_numpy(pixels).permute(2, 0, 1), row["label"]


loader = torch.utils.data.DataLoader(Crops(".", "SPLIT"), batch_size=64, shuffle=True)
images, labels = next(iter(loader))
print(images.shape, labels)
""",
}
