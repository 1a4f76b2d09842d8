"""The frames of long videos as videos of their own, by which `python -m benchmarks.small_videos` compares the two."""

import os

import pytest

from benchmarks.preprocess import list_crops
from benchmarks.small_videos.__main__ import main
from benchmarks.small_videos.one_frame_tree import divide_into_videos
from preprocess.sources.source_kinds import find_videos
from shards.errors import CallError
from tools.sample.tree import make_sample
from tools.sample.video_plans import SampleSpec


def test_both_trees_have_the_same_frames_and_crops(tmp_path):
    long, short = tmp_path / "long", tmp_path / "short"
    make_sample(long, SampleSpec(videos=6, frames=3, height=64, defects=False), workers=1)
    assert divide_into_videos(long, short) == 18
    found = find_videos([str(short)])
    assert len(found.videos) == found.frames == 18
    assert {video.split for video in found.videos} == {video.split for video in find_videos([str(long)]).videos}

    def identify(tree):
        return sorted((os.stat(path).st_ino, crop) for path, crop in list_crops(tree))

    assert identify(short) == identify(long)


@pytest.mark.parametrize("call", [["--videos", "3"], ["--rounds", "0"]])
def test_too_little_to_measure_is_refused(call):
    with pytest.raises(CallError, match="give at least"):
        main(call)
