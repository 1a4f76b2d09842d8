import os
import unicodedata

import pytest

from preprocess.sources.source_kinds import find_videos
from tests.trees import write_video


def test_both_naming_styles_and_any_folders(tmp_path):
    write_video(tmp_path, "20201028_cat-arch-000156.mp4", part="Training/라벨링데이터_1")
    write_video(tmp_path, "cat-sitdown-014540", part="아무 이름/깊은/곳")
    found = find_videos([str(tmp_path)])
    assert [video.name for video in found.videos] == ["20201028_cat-arch-000156.mp4", "cat-sitdown-014540"]
    assert all(len(video.directories) == 1 for video in found.videos)
    assert found.frames == 6


def test_what_has_no_partner_is_listed(tmp_path):
    write_video(tmp_path, "dog-sit-000001")
    write_video(tmp_path, "dog-sit-000002", images={})
    write_video(tmp_path, "dog-sit-000003").unlink()
    found = find_videos([str(tmp_path)])
    assert found.labels_without_frames == ["라벨링데이터/dog-sit-000002.json"]
    assert found.directories_without_label == ["원천데이터/dog-sit-000003"]


def test_junk_is_ignored(tmp_path):
    path = write_video(tmp_path)
    for junk in ("._dog.json", "@eaDir/x.json", "__MACOSX/dog.json", ".DS_Store"):
        target = path.parent / junk
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(path.read_bytes())
    assert len(find_videos([str(tmp_path)]).videos) == 1


def test_names_are_compared_composed_and_opened_as_they_are(tmp_path):
    name = "dog-walkrun-강아지"
    path = write_video(tmp_path, unicodedata.normalize("NFD", name))
    frames = tmp_path / "원천데이터"
    os.rename(frames / unicodedata.normalize("NFD", name), frames / unicodedata.normalize("NFC", name))
    (video,) = find_videos([str(tmp_path)]).videos
    assert video.name == name and len(video.directories) == 1
    assert os.path.samefile(video.label_path, path)


def test_names_that_are_not_utf8_are_escaped(tmp_path):
    path = write_video(tmp_path)
    strange = os.path.join(os.fsencode(path.parent), "dog-고양이".encode("cp949") + b".json")
    os.rename(path, strange)
    (video,) = find_videos([str(tmp_path)]).videos
    assert video.label_path == strange
    assert video.name == r"dog-\xb0\xed\xbe\xe7\xc0\xcc"


def test_labels_of_one_name_come_in_a_fixed_order(tmp_path):
    for part in ("b", "a"):
        write_video(tmp_path, part=part)
    assert [video.label_file[0] for video in find_videos([str(tmp_path)]).videos] == ["a", "b"]


@pytest.mark.parametrize(
    ("part", "split"),
    [
        ("Training", "train"),
        ("1.Training/라벨", "train"),
        ("VALIDATION", "val"),
        ("2.검증/학습용", "val"),
        (unicodedata.normalize("NFD", "학습"), "train"),
        ("a_train_b", "train"),
        ("valid", "val"),
        ("training/val", "val"),  # the deepest part that says so
        ("Trainings", None),
        ("retrain", None),
        ("dogs", None),
    ],
)
def test_own_split(tmp_path, part, split):
    root = tmp_path / "pets"
    write_video(root, part=part)
    (video,) = find_videos([str(root)]).videos
    assert video.split == split


def test_only_the_last_part_of_the_source_itself_counts(tmp_path):
    write_video(tmp_path / "Training" / "pets")
    assert find_videos([str(tmp_path / "Training" / "pets")]).videos[0].split is None
    assert find_videos([str(tmp_path / "Training")]).videos[0].split == "train"


def test_links_are_followed_once(tmp_path):
    root = tmp_path / "pets"
    write_video(root)
    write_video(tmp_path / "elsewhere", "cat-roll-000009")
    (root / "ring").symlink_to(root)
    (root / "more").symlink_to(tmp_path / "elsewhere")
    (root / "again").symlink_to(tmp_path / "elsewhere")
    (root / "itself").symlink_to(root / "itself")
    found = find_videos([str(root)])
    assert [video.name for video in found.videos] == ["cat-roll-000009", "dog-walkrun-000001"]
    assert found.videos[0].label_file.startswith("again/")  # the first of two links, whatever the disk's order
    assert found.unreadable == ["itself: No such file or directory"] and found.frames == 6
    (root / "up").symlink_to(tmp_path)
    assert [video.name for video in find_videos([str(root)]).videos] == ["cat-roll-000009", "dog-walkrun-000001"]


def test_hidden_folders_are_passed_over(tmp_path):
    write_video(tmp_path, part="Training")
    write_video(tmp_path, part=".Trash-0/files")
    assert [video.split for video in find_videos([str(tmp_path)]).videos] == ["train"]


def test_several_sources(tmp_path):
    write_video(tmp_path / "labels", "dog-sit-000001")
    (tmp_path / "frames").mkdir()
    os.rename(tmp_path / "labels" / "원천데이터", tmp_path / "frames" / "원천데이터")
    found = find_videos([str(tmp_path / "labels"), str(tmp_path / "frames")])
    assert found.videos[0].directories[0].source == 1
