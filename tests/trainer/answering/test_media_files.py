"""Which files of a named folder are answered, and in which order; patterns; what is passed over."""

from pathlib import Path

from shards.species import find_species_in_path
from trainer.answering.media_files import list_media_files


def test_folders_in_the_order_in_which_one_counts(tmp_path):
    folder = tmp_path / "20201028_cat-arch-000156.mp4"  # a folder of frames, by its old name
    for name in ("frame_10.jpg", "frame_9.JPG", "frame_100.jpg", "b/frame_1.png", "._frame_9.jpg", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    sources, passed_over = list_media_files([folder])
    names = [str(source.path.relative_to(folder)) for source in sources]
    assert names == ["b/frame_1.png", "frame_9.JPG", "frame_10.jpg", "frame_100.jpg"]
    assert not any(source.is_video or source.problem for source in sources)
    assert [why for _, why in passed_over] == ["1 file in it without a picture's name (1 .txt)"]  # and not a hidden one
    assert {find_species_in_path(source.path) for source in sources[1:]} == {"cat"}


def test_what_a_folder_holds_beside_pictures(tmp_path):
    for name in ("a.jpg", "b.HEIC", "c.gif", "산책.mp4", "z/놀이.mov", "a.json", "b.json", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    files, passed_over = list_media_files([tmp_path])
    assert [file.path.name for file in files] == ["a.jpg", "b.HEIC", "c.gif"]  # two fail to be read, and say why
    assert passed_over == [
        (tmp_path, "2 videos in it (z/놀이.mov ..): give each by its name"),
        (tmp_path, "3 files in it without a picture's name (2 .json, 1 without a suffix)"),
    ]


def test_patterns(tmp_path, monkeypatch):
    for name in ("사진 10.jpg", "사진 9.jpg", "b/사진 1.jpg", "a[1].jpg", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    def list_names(pattern: str) -> list[str]:
        return [str(file.path) for file in list_media_files([Path(pattern)])[0]]

    assert list_names("사진*.jpg") == ["사진 9.jpg", "사진 10.jpg"]
    assert list_names("**/사진*.jpg") == ["b/사진 1.jpg", "사진 9.jpg", "사진 10.jpg"]
    assert list_names("a[1].jpg") == ["a[1].jpg"]  # a file of that very name is no pattern
    [absent], _ = list_media_files([Path("*.png")])
    assert (str(absent.path), absent.problem) == ("*.png", "no file fits this pattern")
