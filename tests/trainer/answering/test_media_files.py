"""Which files of a named folder are answered, and in which order."""

from shards.species import find_species_in_path
from trainer.answering.media_files import list_media_files


def test_folders_in_the_order_in_which_one_counts(tmp_path):
    folder = tmp_path / "20201028_cat-arch-000156.mp4"  # a folder of frames, by its old name
    for name in ("frame_10.jpg", "frame_9.JPG", "frame_100.jpg", "b/frame_1.png", "._frame_9.jpg", "notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    sources = list_media_files([folder])
    names = [str(source.path.relative_to(folder)) for source in sources]
    assert names == ["b/frame_1.png", "frame_9.JPG", "frame_10.jpg", "frame_100.jpg"]
    assert not any(source.is_video or source.problem for source in sources)
    assert {find_species_in_path(source.path) for source in sources[1:]} == {"cat"}
