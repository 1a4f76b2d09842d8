"""The space that a run needs is counted on each disk for what is written there."""

import subprocess

import pytest

from preprocess.output_folder.disk_space import check_space
from preprocess.settings import FrameSettings, PreprocessSettings
from preprocess.sources.video import FrameDirectory, SourceListing, Video
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


@pytest.mark.parametrize(("per_video", "bytes_more"), [(0, 0), (4, (4 + 4 + 1) * 25_000), (100, (60 + 5 + 1) * 25_000)])
def test_whole_frames_are_counted(tmp_path, per_video, bytes_more):
    """At most so many of each video, and never more than it has frames."""
    folders = [FrameDirectory(0, b"/", "", frames) for frames in (60, 5, 1)]
    videos = [Video("v", "aihub", 0, b"/", "", None, (folder,)) for folder in folders]
    source = SourceListing(videos, 66, [], [], [], 0, [])
    settings = PreprocessSettings(["source"], str(tmp_path / "out"), frames=FrameSettings(per_video))
    assert check_space(settings, source).needed == 2 * (66 * 16_000 + bytes_more)
