"""A finder's file with random weights: it finds something on every picture, and the same each time."""

from pathlib import Path

import keras

from tests.trainer.networks import perturb
from trainer.finding.centre_file import write_finder
from trainer.finding.centre_network import build_centre_network
from trainer.finding.finder_json import FinderMetadata
from trainer.settings import NetworkSettings

FINDER_SIDE = 96


def write_random_finder(path: Path, min_score: float) -> None:
    keras.utils.set_random_seed(3)
    network = perturb(build_centre_network(NetworkSettings("small", "none"), FINDER_SIDE))
    write_finder(path, network, FinderMetadata(FINDER_SIDE, min_score, "f" * 64, "small"))
