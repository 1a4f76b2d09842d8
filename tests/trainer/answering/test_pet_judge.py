"""Pictures as pixels to pets: what is cut, what is left out, and that no caller sees another's pets."""

import numpy as np
import pytest

from shards.crop_geometry import Box
from shards.errors import CallError
from tests.trainer.finding.coloured_pets import paint
from tests.trainer.networks import SIZE, balanced_logits
from trainer.answering.box_crop import crop_square
from trainer.answering.pet_judge import open_pet_judge

# Neighbours touch, so they are of different species: between two of one the finder would see a third.
TEN = [(("dog", "cat")[(row + column) % 2], 1 + 2 * row, 1 + 2 * column) for row in range(3) for column in range(4)][
    :10
]
CALLERS = [
    paint([("dog", 2, 3), ("cat", 6, 7)]),
    paint([], 200, 300),
    paint(TEN, 900, 600),
    paint([("dog", 5, 5)], 150, 100),
]


@pytest.fixture(scope="module")
def judge(model_path, colour_finder):
    return open_pet_judge(model_path, colour_finder)


def test_each_pet_is_cut_as_in_training(judge, network):
    judged = judge.judge(CALLERS)
    assert [len(pets) for pets in judged] == [2, 0, 10, 1]
    assert [pet.species for pet in judged[0]] == ["dog", "cat"]
    for picture, pets in zip(CALLERS, judged, strict=True):
        for pet in pets:
            square = crop_square(picture, pet.box, 1.1, SIZE)
            np.testing.assert_allclose(pet.logits, balanced_logits(network, square[None])[0], atol=1e-4)
            assert 0.35 < pet.score <= 1


def test_batches_and_other_callers_change_nothing(judge, model_path, colour_finder):
    together = judge.judge(CALLERS)
    small = open_pet_judge(model_path, colour_finder, batch_size=3)
    for answers in ([judge.judge([picture])[0] for picture in CALLERS], small.judge(CALLERS)):
        for pets, expected in zip(answers, together, strict=True):
            assert [pet[:3] for pet in pets] == [pet[:3] for pet in expected]
            for pet, other in zip(pets, expected, strict=True):
                np.testing.assert_allclose(pet.logits, other.logits, atol=2e-5)
    assert judge.judge([]) == []


def test_small_pets_are_left_out(model_path, colour_finder):
    """A fifth of 320 pixels is 0.27 of the shorter side of 320 x 240."""
    for min_pet, count in ((0, 2), (0.25, 2), (0.3, 0)):
        assert len(open_pet_judge(model_path, colour_finder, min_pet).judge(CALLERS[:1])[0]) == count


def test_without_a_finder_the_whole_picture_is_judged(judge, model_path, network):
    expected = balanced_logits(network, np.stack([crop_square(picture, None, 1, SIZE) for picture in CALLERS]))
    np.testing.assert_allclose(judge.judge_whole(CALLERS), expected, atol=1e-4)
    judged = open_pet_judge(model_path, None).judge(CALLERS)
    for picture, [pet], logits in zip(CALLERS, judged, expected, strict=True):
        assert pet[:3] == (Box(0, 0, picture.shape[1], picture.shape[0]), None, None)
        np.testing.assert_allclose(pet.logits, logits, atol=1e-4)
    assert judge.judge_whole([]).shape == (0, 6)


def test_files_that_are_not_what_they_should_be(model_path, colour_finder, tmp_path):
    with pytest.raises(CallError, match=r"none\.keras: there is no such file"):
        open_pet_judge(tmp_path / "none.keras", colour_finder)
    with pytest.raises(CallError, match=r"a zip or .keras file, not a finder"):
        open_pet_judge(model_path, model_path)
