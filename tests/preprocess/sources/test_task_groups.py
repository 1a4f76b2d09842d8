import numpy as np

from preprocess.sources.source_kinds import find_videos
from preprocess.sources.task_groups import group_into_tasks
from tests.preprocess.sources.test_csv_rows import BBOX, write_csv
from tests.trees import write_video


def test_labels_without_frames_weigh_too(tmp_path):
    write_video(tmp_path, "dog-sit-999999", images=1)
    for number in range(300):
        write_video(tmp_path, f"dog-sit-{number:06}", images={})
    groups = group_into_tasks(find_videos([str(tmp_path)]))
    assert 50 <= len(groups) <= 80 and max(map(len, groups)) <= 6


def test_grouping_follows_from_the_source_alone(tmp_path):
    for number in range(10):
        write_video(tmp_path, f"dog-sit-{number:06}", images=2)
    write_video(tmp_path, "dog-sit-000003", part="again")
    found = find_videos([str(tmp_path)])
    groups = group_into_tasks(found)
    assert [video for group in groups for video in group] == found.videos
    assert len(groups) == 10  # those of one name together


def test_many_rows_are_grouped_like_any_videos(tmp_path):
    rows = [(f"v{i // 10}/frame_{i}_timestamp_{i}.jpg", BBOX, "3") for i in range(2000)]
    write_csv(tmp_path / "a.csv", [rows[i] for i in np.random.default_rng(0).permutation(2000)])
    found = find_videos([str(tmp_path / "a.csv")])
    assert found.frames == 2000 and len(found.videos) == 200
    assert [video.weight for video in found.videos] == [10] * 200
    assert 50 <= len(group_into_tasks(found)) <= 80
