"""The usable rates are those around the best one, without a gap."""

import math

import numpy as np
import pytest

from bnlib.lab.rates import EPOCH, USABLE, usable
from bnlib.lab.sweeps import Sweep

RATES = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
GOOD, BAD = 0.5 * USABLE, 2 * USABLE


def sweep_of(losses):
    """A sweep of one seed that has these losses in all of its 100 steps."""
    return Sweep(RATES, np.tile(np.array(losses), (100, 1, 1)), np.array([]), np.zeros((0, 1, 7)))


def test_a_range_ends_at_its_first_gap():
    (ends,) = usable(sweep_of([BAD, GOOD, 0.01, GOOD, BAD, GOOD, math.inf]), 100)
    assert (ends["lowest"], ends["best"], ends["highest"]) == (2, 3, 4)
    assert ends["loss"] == pytest.approx(0.01)


def test_no_usable_rate_is_no_number():
    (ends,) = usable(sweep_of([BAD] * 6 + [math.inf]), 100)
    assert math.isnan(ends["lowest"])
    assert math.isnan(ends["highest"])


@pytest.mark.parametrize("losses", [[GOOD] * 6 + [BAD], [BAD] + [GOOD] * 6])
def test_a_range_that_meets_the_edge_is_refused(losses):
    with pytest.raises(ValueError, match="edge of the grid"):
        usable(sweep_of(losses), 100)


def test_the_loss_is_that_of_the_last_epoch_of_the_budget():
    found = sweep_of([BAD] * 7)
    found.losses[50 - EPOCH : 50, 0, 3] = GOOD
    assert usable(found, 50)[0]["best"] == 4
    assert math.isnan(usable(found, 50 - EPOCH)[0]["best"])
    assert math.isnan(usable(found, 80)[0]["best"])


def test_a_tenth_of_the_loss_of_guessing():
    assert pytest.approx(-0.1 * math.log(1 / 10)) == USABLE
