"""The loss is least where heads say the box, and spares what may be another animal."""

import numpy as np
import pytest

from trainer.finder_training.centre_loss import draw_gaussians, make_centre_loss
from trainer.finding.centre_decoding import decode_centres

SIDE, CELLS = 96, 12
BOX = (20.0, 30.0, 60.0, 90.0)  # ymin, xmin, ymax, xmax in pixels; its centre (40, 60) lies at cell (5, 7.5)


def make_targets(species: float = 1.0, alone: float = 1.0) -> np.ndarray:
    return np.array([[*BOX, species, alone]], np.float32)


def make_heads(species: int = 1, heat: float = 12.0) -> np.ndarray:
    """Heads that say exactly the box at its centre's cell, and near it, and nothing elsewhere."""
    heads = np.full((1, CELLS, CELLS, 6), -12.0, np.float32)
    rows, columns = np.mgrid[:CELLS, :CELLS] + 0.5
    sides = np.array([BOX[2] - BOX[0], BOX[3] - BOX[1]])
    heads[..., 2:4] = np.log(sides / (0.3 * SIDE))
    heads[..., 4], heads[..., 5] = 40 / 8 - rows, 60 / 8 - columns
    heads[0, 5, 7, species] = heat
    return heads


def measure(targets, heads) -> float:
    return float(np.asarray(make_centre_loss(SIDE)(targets, heads))[0])


def test_heads_that_say_the_box_are_decoded_to_it_and_cost_nothing():
    found = decode_centres(make_heads(), SIDE)
    np.testing.assert_allclose(np.asarray(found.boxes)[0, 0] * SIDE, BOX, atol=1e-3)
    assert int(found.species[0, 0]) == 1 and float(found.scores[0, 0]) > 0.999 and float(found.scores[0, 1]) < 1e-3
    assert measure(make_targets(), make_heads()) < 1e-3


@pytest.mark.parametrize("part", [0, 1, 2, 3, 4, 5])
def test_any_other_value_at_the_centre_costs(part):
    heads = make_heads()
    heads[0, 4:8, 6:10, part] += 3 if part == 0 else 0.5
    heads[0, 5, 7, 1] -= 14 if part == 1 else 0
    heads[0, 5, 7, 0] += 12 if part == 0 else 0
    assert measure(make_targets(), heads) > 0.1


def test_a_species_that_is_not_known_is_the_likelier_one():
    assert measure(make_targets(species=-1), make_heads(species=0)) < 1e-3
    assert measure(make_targets(species=-1), make_heads(species=1)) < 1e-3
    assert measure(make_targets(species=0), make_heads(species=1)) > 1


def test_heat_beside_the_box_is_spared_where_there_are_more_animals():
    far, near = make_heads(), make_heads()
    far[0, 11, 0, 1] = near[0, 2, 6, 1] = 6.0  # (92, 4) is beyond half a box's side from it, (20, 52) is not
    assert measure(make_targets(), far) > 5 and measure(make_targets(alone=0), far) < 1e-3
    assert measure(make_targets(alone=0), near) > 0.5


def test_the_nearness_is_1_at_the_centre_alone():
    nearness, is_centre = map(np.asarray, draw_gaussians(make_targets(), SIDE))
    assert nearness[0, 5, 7] == 1 and is_centre.sum() == 1 and is_centre[0, 5, 7] == 1
    assert nearness[0, 5, 8] > nearness[0, 6, 7] and (nearness < 1).sum() == CELLS**2 - 1  # it is wider than high
    edge = np.array([[80.0, 80.0, 96.0, 112.0, 0, 1]], np.float32)  # a centre at the square's edge has a cell, too
    assert np.asarray(draw_gaussians(edge, SIDE)[1]).sum() == 1
