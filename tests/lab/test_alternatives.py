"""Which rate counts as the best, and what the live comparison of norms trains."""

import numpy as np
import pytest

from bnlib.lab import alternatives as lab
from bnlib.lab.tables import Table


def table(losses):
    """Rates -3, -2, ... of two seeds, with the given losses."""
    return Table(
        {"norm": "n", "rate": rate - 3, "seed": seed, "loss": value, "accuracy": 10.0 * rate}
        for rate, pair in enumerate(losses)
        for seed, value in enumerate(pair)
    )


def test_the_best_rate_is_that_of_the_lowest_mean_loss():
    found = lab.best(table([(3, 3), (1, 2), (1.5, float("nan")), (9, 9)]), "n")
    assert found.rate == -2
    assert found.loss.tolist() == [1, 2]
    assert found.accuracy.tolist() == [10, 10]


@pytest.mark.parametrize("losses", [[(1, 1), (2, 2), (3, 3)], [(3, 3), (2, 2), (1, 1)]])
def test_an_edge_of_the_grid_is_no_answer(losses):
    with pytest.raises(ValueError, match="edge"):
        lab.best(table(losses), "n")


def test_rates_come_in_order_and_a_seed_that_diverged_counts():
    rows = table([(3, 3), (1, 2), (1, float("nan"))]).rows
    rates, mean = lab.mean_losses(Table(rows[::-1]), "n")
    assert rates == [-3, -2, -1]
    np.testing.assert_array_equal(mean, [3, 1.5, np.inf])


def test_a_deep_plain_net_learns_with_layer_norm_and_less_with_dynamic_tanh():
    runs = lab.deep_plain([0], ["layer", "DyT"], rates=(-8, -5))
    losses = {norm: runs.column("loss", norm=norm).tolist() for norm in ("layer", "DyT")}
    assert losses["layer"][1] < 0.5 * losses["layer"][0]
    assert losses["DyT"][1] > 2 * losses["layer"][1]
    assert runs.column("accuracy", norm="layer", rate=-5)[0] > 80
