"""Which boxes of successive frames belong to one pet."""

import numpy as np
import pytest

from shards.crop_geometry import Box
from trainer.answering.pet_judge import JudgedPet
from trainer.answering.pet_tracks import MOST_GAP, PetTracks


def see(x: int, y: int = 100, side: int = 50, species: str = "dog", score: float = 0.8) -> JudgedPet:
    return JudgedPet(Box(x, y, side, side), species, score, np.zeros(6, np.float32))


def follow(frames: list[list[JudgedPet]], step: float = 0.2) -> tuple[PetTracks, list[list[int]]]:
    tracks = PetTracks()
    return tracks, [tracks.add(step * number, pets) for number, pets in enumerate(frames)]


def test_two_pets_that_pass_each_other():
    """One goes right above, the other left below; the finder's order changes on the way."""
    frames = [[see(40 * i, 100), see(400 - 40 * i, 170)] for i in range(11)]
    frames[5].reverse()
    tracks, numbers = follow(frames)
    assert numbers == [[1, 2]] * 5 + [[2, 1]] + [[1, 2]] * 5
    boxes = {pet.number: [seen.pet.box.y for seen in pet.sightings] for pet in tracks.list_pets()}
    assert boxes == {1: [100] * 11, 2: [170] * 11}
    assert tracks.frame_count == 11


def test_a_running_pet_leaves_its_last_box():
    tracks, numbers = follow([[see(45 * i)] for i in range(8)])
    assert numbers == [[1]] * 8
    assert follow([[see(90 * i)] for i in range(3)])[1] == [[1], [2], [3]]  # further than twice its length
    assert len(tracks.list_pets()[0].sightings) == 8


@pytest.mark.parametrize(("missed", "pets"), [(1, 1), (9, 1), (10, 2), (20, 2)])
def test_gaps_are_bridged_up_to_two_seconds(missed, pets):
    """At five frames a second, nine frames without the pet leave two seconds between those with it."""
    assert MOST_GAP == 2
    tracks, _ = follow([[see(0)]] * 4 + [[]] * missed + [[see(5)]] * 4)
    assert len(tracks.list_pets()) == pets


def test_a_pet_seen_for_a_moment_is_left_out():
    frames = [[see(0), see(300)], [see(0), see(300)], [see(0)], [see(0), see(600, side=300)], *[[see(0)]] * 20]
    tracks, numbers = follow(frames)
    assert [pet.number for pet in tracks.list_pets()] == [1]
    assert numbers[3] == [1, 3]  # its number is gone
    tracks, _ = follow([[see(0), see(300)]] * 3)
    assert [pet.number for pet in tracks.list_pets()] == [1, 2]


def test_clips_of_few_frames():
    assert [pet.number for pet in follow([[see(0), see(300)]])[0].list_pets()] == [1, 2]
    assert [pet.number for pet in follow([[see(0), see(300)], [see(0)]])[0].list_pets()] == [1]
    assert follow([])[0].list_pets() == [] and follow([[]])[0].list_pets() == []


def test_a_slow_clip():
    """A frame every five seconds: a pet has to be in each of them."""
    tracks, numbers = follow([[see(0)], [see(5)], [see(0)], [], [see(0)]], step=5)
    assert numbers == [[1], [1], [1], [], [2]]
    assert len(tracks.list_pets()) == 1


def test_the_largest_comes_first_and_the_species_is_that_of_most_score():
    frames = [[see(0, species="cat", score=0.9), see(300, side=80)]] + [
        [see(0, species="dog", score=0.5), see(300, side=80)]
    ] * 2
    large, small = follow(frames)[0].list_pets()
    assert (large.number, small.number) == (2, 1) and small.species == "dog"
    assert small.score == pytest.approx((0.9 + 0.5 + 0.5) / 3)


def test_whole_pictures_are_one_track():
    whole = JudgedPet(Box(0, 0, 640, 480), None, None, np.zeros(6, np.float32))
    [pet] = follow([[whole]] * 5)[0].list_pets()
    assert pet.species is None and pet.score is None and len(pet.sightings) == 5


def test_what_was_never_a_pet_is_not_kept():
    """Twenty minutes of false finds leaves nothing in memory but the last seconds'."""
    rng = np.random.default_rng(0)
    tracks = PetTracks()
    for number in range(6000):
        tracks.add(0.2 * number, [see(int(rng.integers(0, 10**6)))])
    assert len(tracks._alive) <= 11 and not tracks._ended
