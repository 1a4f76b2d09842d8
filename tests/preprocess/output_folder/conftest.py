"""A small source, and the dataset that a folder gets from it, for tests of datasets in stores."""

from pathlib import Path

import pytest

from preprocess.run import run
from preprocess.settings import PreprocessSettings
from tests.trees import write_video


@pytest.fixture(scope="package")
def source(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "pets"
    write_video(folder, "dog-sit-000001", images=6, part="Training")
    write_video(folder, "dog-sit-000002", images=4, part="Validation")
    return folder


@pytest.fixture(scope="package")
def made(two_workers, source, tmp_path_factory) -> dict[str, bytes]:
    """The files of the dataset that a folder gets."""
    out = tmp_path_factory.mktemp("made") / "out"
    run(PreprocessSettings(source=[str(source)], out=str(out), shard_bytes=20_000))
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
