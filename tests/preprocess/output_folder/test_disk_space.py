"""The space that a run needs is counted on each disk for what is written there."""

import subprocess

import pytest

from preprocess.output_folder.disk_space import check_space
from preprocess.settings import PreprocessSettings
from preprocess.sources.video import SourceListing
from shards.errors import CallError

FRAMES = 100  # of at most 16 kB each: 1.6 MB of crops


@pytest.fixture
def disk(tmp_path):
    """A disk of 2 MB, where this user may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize(
    ("out", "work", "frames", "full"),
    [
        ("out", "disk/work", FRAMES, None),  # spills here, shards there
        ("disk/out", "work", FRAMES, None),
        ("disk/out", None, FRAMES, "disk/out"),  # both on the small one
        ("disk/out", "disk/work", FRAMES, "disk/out"),
        ("out", "disk/work", 2 * FRAMES, "disk/work"),
    ],
)
def test_work_and_output_are_counted_each_on_its_own_disk(disk, tmp_path, out, work, frames, full):
    settings = PreprocessSettings(["source"], str(tmp_path / out), work=work and str(tmp_path / work))
    source = SourceListing([], frames, [], [], [], 0, [])
    if full is None:
        assert check_space(settings, source)[1] < 2_200_000
    else:
        with pytest.raises(CallError, match="GB are free and up to") as refused:
            check_space(settings, source)
        assert str(tmp_path / full) in str(refused.value)
