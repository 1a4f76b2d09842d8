"""A small dataset in which the mood can be seen: each has its own colour."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocess.run import run
from preprocess.settings import CropSettings, DedupeSettings, PreprocessSettings
from shards.emotions import KOREAN
from tests.trainer.finding.coloured_pets import make_colour_finder
from tests.trees import make_image, make_label, write_video

SIZE = 64
_COLOURS = np.array([(220, 40, 40), (40, 220, 40), (40, 40, 220), (200, 200, 40), (200, 40, 200), (40, 200, 200)])


def make_coloured(mood: int, seed: int) -> bytes:
    """A JPEG of random texture in the mood's colour."""
    pixels = make_image(seed) * 0.3 + _COLOURS[mood] * 0.7
    return cv2.imencode(".jpg", pixels.astype(np.uint8)[:, :, ::-1])[1].tobytes()


@pytest.fixture(scope="session")
def pets(two_workers, tmp_path_factory) -> Path:
    """Three moods, four training videos and two validation videos of each, 6 frames a video, crops of 64 pixels."""
    root = tmp_path_factory.mktemp("반려동물")
    for part, videos in (("Training", 4), ("Validation", 2)):
        for mood in (1, 3, 5):
            for number in range(videos):
                name = f"{'cat' if number % 2 else 'dog'}-{part.lower()}-{mood}{number:05}"
                images = {
                    5 * i: make_coloured(mood, 1000 * mood + 100 * number + i + 50 * (videos == 2)) for i in range(6)
                }
                species = "CAT" if number % 2 else "DOG"
                label = make_label(species=species, inspect={"emotion": KOREAN[mood]})
                write_video(root / "pets", name, images, label=label, part=part)
    settings = {"crop": CropSettings(size=SIZE), "dedupe": DedupeSettings(enabled=False), "shard_bytes": 60_000}
    run(PreprocessSettings(source=[str(root / "pets")], out=str(root / "감정"), **settings))
    return root / "감정"


@pytest.fixture(scope="session")
def colour_finder(tmp_path_factory) -> Path:
    """A finder that takes red squares for dogs and blue ones for cats, see tests.trainer.finding.coloured_pets."""
    path = tmp_path_factory.mktemp("finder") / "색.tflite"
    path.write_bytes(make_colour_finder())
    return path


@pytest.fixture(scope="session")
def network():
    """A mood network with random weights, which no test may change."""
    from tests.trainer.networks import build

    return build()


@pytest.fixture(scope="session")
def model_path(network, tmp_path_factory) -> Path:
    """Its model.keras."""
    from tests.trainer.networks import OFFSET, describe
    from trainer.model.model_file import write_model

    path = tmp_path_factory.mktemp("model") / "model.keras"
    write_model(path, network, OFFSET, describe())
    return path


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory) -> Path:
    """A backbone saved whole, as pretrained weights that need no network."""
    import keras

    from trainer.model.network import find_backbone

    keras.utils.set_random_seed(7)
    path = tmp_path_factory.mktemp("weights") / "small.keras"
    find_backbone(_build()).save(path)
    return path


def _build():
    from trainer.model.network import build_network
    from trainer.settings import NetworkSettings

    return build_network(NetworkSettings("small", "none"), SIZE)


@pytest.fixture(scope="session")
def whole_frames(two_workers, tmp_path_factory) -> Path:
    """Twenty training videos and six validation videos of dogs and cats, 4 frames a video."""
    from tests.trainer.whole_frames import make_frames_dataset

    return make_frames_dataset(tmp_path_factory.mktemp("동물"), training=20, validation=6)


@pytest.fixture(scope="session")
def finder_run(whole_frames, tmp_path_factory):
    """A short run of the finder with everything switched on; its folder, output and messages."""
    from tests.trainer.runs import FINDER_TINY, train_finder_here
    from trainer.checks import throughput
    from trainer.finder_evaluation import finder_metrics

    out = tmp_path_factory.mktemp("runs") / "찾기"
    arguments = (*FINDER_TINY, "--epochs", "6", "--self_check", "true", "--measure_speed", "true")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(throughput, "_SECONDS", 0.2)
        patch.setattr(finder_metrics, "RESAMPLE_COUNT", 100)
        result = train_finder_here(whole_frames, out, *arguments)
    assert result.returncode == 0, result.stderr
    return out, result
