from preprocess.sources.label_pairing import LabelFile, pair_labels
from preprocess.sources.video import FrameDirectory


def test_labels_and_directories_are_paired_by_name_across_sources():
    directories = {
        "cat": [FrameDirectory(1, b"/y/cat", "cat", 3), FrameDirectory(0, b"/x/cat", "cat", 2)],
        "stray": [FrameDirectory(0, b"/x/stray", "stray", 1)],
    }
    labels = [
        LabelFile("dog", 0, "Training/dog.json", b"/x/Training/dog.json"),
        LabelFile("cat", 1, "cat.json", b"/y/cat.json"),
        LabelFile("cat", 0, "cat.json", b"/x/cat.json"),
    ]
    pairs = pair_labels(labels, directories, "some kind", {0: None, 1: "val"})
    assert [(video.name, video.source, video.split) for video in pairs.videos] == [
        ("cat", 0, None),
        ("cat", 1, "val"),
        ("dog", 0, "train"),
    ]
    assert [directory.source for directory in pairs.videos[0].directories] == [0, 1]
    assert pairs.labels_without_frames == ["Training/dog.json"] and pairs.directories_without_label == ["stray"]
    assert {video.kind for video in pairs.videos} == {"some kind"}
