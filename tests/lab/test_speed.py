"""Speed at each one's best rate: the rate is chosen on seeds that measure nothing."""

import numpy as np
import pytest

from bnlib.lab import placement, speed
from bnlib.lab.tables import Table


def steps(seed, rate):
    """The selecting seeds are fastest at 0.2, the measured ones at 0.3."""
    fastest = 0.2 if seed >= 100 else 0.3
    return 10 + seed % 100 + 100 * abs(rate - fastest)


@pytest.fixture
def rows():
    seeds = speed.MEASURED + speed.SELECTING
    return [
        {"setting": "a", "norm": "none", "rate": rate, "seed": seed, "steps": steps(seed, rate)}
        for seed in seeds
        for rate in (0.1, 0.2, 0.3, 0.4)
    ]


def test_the_rate_is_chosen_by_other_seeds_than_are_measured(rows):
    table = Table(rows)
    assert not set(speed.MEASURED) & set(speed.SELECTING)
    assert len(speed.MEASURED) >= 10
    assert speed.best_rate(table, "a", "none") == 0.2
    np.testing.assert_allclose(speed.at_best(table, "a", "none"), 20 + np.arange(10))
    np.testing.assert_allclose(speed.by_rate(table, "a", "none"), 14.5 + np.array([20, 10, 0, 10]))


def test_steps_are_to_be_few_and_accuracy_high(rows):
    seeds = placement.MEASURED + placement.SELECTING
    kept = [r | {"accuracy": -r["steps"]} for r in rows if r["seed"] in seeds]
    table = Table(kept)
    assert placement.best_rate(table, "a", "none", "steps") == 0.2
    assert placement.best_rate(table, "a", "none", "accuracy") == 0.2
    found = placement.at_best(table, "a", "none", "accuracy")
    np.testing.assert_allclose(found, -20 - np.arange(len(placement.MEASURED)))


def test_a_grid_whose_best_rate_is_at_its_edge_is_refused(rows):
    with pytest.raises(ValueError, match="edge of the grid"):
        speed.best_rate(Table([r for r in rows if r["rate"] < 0.25]), "a", "none")
