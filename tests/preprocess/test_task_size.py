from preprocess.sources.source_kinds import find_videos
from preprocess.task_size import group_into_tasks
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
