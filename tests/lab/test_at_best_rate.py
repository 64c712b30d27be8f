"""Training at all rates of a grid, and choosing one: by validation rows, never at an edge."""

import itertools

import numpy as np
import pytest
import torch

from bnlib.lab.at_best_rate import at_best, best_rate, error, fit
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP
from bnlib.lab.tables import Table
from bnlib.lab.training import Data


def table(valid):
    rows = [
        {"rate": rate, "seed": seed, "valid": value + seed, "error": 10 * rate + seed}
        for rate, value in valid.items()
        for seed in range(2)
    ]
    return Table(rows)


def test_the_rate_with_the_lowest_validation_error_is_taken_for_the_test_error():
    found = table({0.1: 5.0, 0.2: 3.0, 0.4: 4.0})
    assert best_rate(found) == 0.2
    np.testing.assert_allclose(at_best(found, "error"), [2.0, 3.0])


@pytest.mark.parametrize("valid", [{0.1: 1.0, 0.2: 3.0}, {0.1: 3.0, 0.2: 2.0, 0.4: 1.0}])
def test_a_best_rate_at_an_edge_is_refused(valid):
    with pytest.raises(ValueError, match="at the edge"):
        best_rate(table(valid))
    assert best_rate(table(valid), edges=True) in valid


def data():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(96, 5, generator=draw)
    y = (x[:, 0] > 0).long()
    return Data(x[:64], y[:64], x[64:], y[64:])


def trained(seeds, rates, steps=20):
    return fit(lambda w: MLP(w, BatchNorm), data(), seeds, rates, steps, (5, 8, 2), size=16)


def test_copies_of_a_seed_differ_by_their_rate_alone():
    both = trained([3, 4], [0.0, 0.1])
    assert both.losses.shape == (20, 4)
    # A rate of 0 changes nothing, and the first loss is that before any step.
    torch.testing.assert_close(both.losses[0, 0], both.losses[0, 1])
    torch.testing.assert_close(both.model.weights[0][2], trained([4], [0.0]).model.weights[0][0])
    alone = trained([4], [0.1])
    torch.testing.assert_close(both.losses[:, 3], alone.losses[:, 0], rtol=1e-4, atol=1e-5)
    assert both.losses[-5:, 1].mean() < 0.7 * both.losses[0, 1]


def test_the_rate_falls_to_nothing():
    seen = []
    fit(
        lambda w: MLP(w),
        data(),
        [0],
        [0.1],
        10,
        (5, 8, 2),
        size=16,
        watch=lambda step, model: seen.append(model.weights[0].detach().clone()),
    )
    moves = [float((b - a).norm()) for a, b in itertools.pairwise(seen)]
    assert moves[-1] < 0.3 * max(moves)


def test_an_error_is_in_per_cent_and_a_diverged_model_counts_as_guessing():
    model = MLP([torch.zeros(2, 5, 2)])
    with torch.no_grad():
        model.biases[-1][0, 0, 1] = 1.0  # says class 1 always
        model.biases[-1][1, 0, 0] = torch.nan
    x, y = torch.zeros(10, 5), torch.tensor([1] * 7 + [0] * 3)
    np.testing.assert_allclose(error(model, x, y), [30.0, 90.0], rtol=1e-5)
