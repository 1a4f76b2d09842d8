"""The species as file and folder names tell it."""

from pathlib import Path

import pytest

from shards.species import find_species


@pytest.mark.parametrize(
    ("path", "species"),
    [
        ("cat-sitdown-014540/frame_1_timestamp_0.jpg", "cat"),
        ("20201028_dog-lying-000156.mp4/frame_1.jpg", "dog"),
        ("DOG/1.jpg", "dog"),
        ("cat/dog-lying-1.jpg", "dog"),  # the file's own name before its folder's
        ("우리 강아지.jpg", "dog"),
        ("고양이.jpg", "cat"),  # decomposed, as macOS writes it
        ("dog and cat.jpg", None),
        ("hotdog.jpg", None),
        ("category/1.jpg", None),
        ("a/b.jpg", None),
    ],
)
def test_species_by_names(path, species):
    assert find_species(Path(path)) == species
