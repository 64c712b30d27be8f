"""Clipping by the size of the weights, the steps to a level, and which rate counts as the best."""

import numpy as np
import pytest
import torch

from bnlib.lab import unnormalized
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD
from bnlib.lab.unnormalized import ClippedSGD, best, clipping, first_below, steps_by_rate


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_a_clipped_gradient_is_at_most_a_share_of_its_units_weights():
    w, g = drawn(3, 6, 4), 10 * drawn(3, 6, 4, seed=1)
    clipped = g * clipping(w, g, 0.05)
    # A unit is a column: its weights lie along the second axis.
    torch.testing.assert_close(clipped.norm(dim=1), 0.05 * w.norm(dim=1))
    # The direction of each unit's gradient stays.
    torch.testing.assert_close(clipped / clipped.norm(dim=1, keepdim=True),
                               g / g.norm(dim=1, keepdim=True))  # fmt: skip


def test_a_short_gradient_is_left_alone_and_one_of_0_does_no_harm():
    w = drawn(2, 6, 4)
    assert torch.equal(clipping(w, 1e-4 * w, 0.05), torch.ones(2, 1, 4))
    assert torch.equal(clipping(w, torch.zeros_like(w), 0.05), torch.ones(2, 1, 4))


def test_a_vector_is_one_unit_and_weights_of_0_can_move():
    bias, g = torch.zeros(2, 1, 5), drawn(2, 1, 5)
    factor = clipping(bias, g, 0.05)
    assert factor.shape == (2, 1, 1)
    torch.testing.assert_close((factor * g).norm(dim=2), torch.full((2, 1), 0.05 * 1e-3))


def test_all_but_the_last_layer_are_clipped():
    first, last, out = drawn(1, 3, 2), drawn(1, 3, 2), drawn(1, 1, 2)
    parameters = [first.clone(), last.clone(), out.clone()]
    gradients = [100 * p for p in parameters]
    ClippedSGD(torch.tensor([1.0]), 0.0, 0.1).step(parameters, gradients)
    torch.testing.assert_close(parameters[0], 0.9 * first)
    torch.testing.assert_close(parameters[1], -99 * last)
    torch.testing.assert_close(parameters[2], -99 * out)
    # A limit that nothing reaches is plain SGD.
    free, plain = [first.clone(), last.clone(), out.clone()], [first.clone(), last, out]
    ClippedSGD(torch.tensor([1.0]), 0.9, 1e9).step(free, gradients)
    SGD(torch.tensor([1.0]), 0.9).step(plain, gradients)
    assert torch.equal(free[0], plain[0])


def test_the_first_step_below_a_level():
    losses = torch.tensor([[4.0, 4.0], [2.0, 4.0], [1.0, 4.0], [0.0, 4.0]])
    steps = first_below(losses, 2.0, window=2)
    assert steps[0] == 3  # (2 + 1) / 2 is the first mean below 2
    assert steps[1].isnan()


def test_a_model_that_diverged_never_gets_there():
    assert first_below(torch.tensor([[1.0], [torch.nan], [torch.nan]]), 0.5, 2).isnan().all()


def table(steps):
    """rates 0, 1, ... of two seeds, with the given steps."""
    return Table(
        {"batch": 50, "kind": "k", "rate": rate, "seed": seed, "steps": value, "accuracy": 90.0}
        for rate, pair in enumerate(steps)
        for seed, value in enumerate(pair)
    )


def test_the_best_rate_serves_every_seed():
    nan = float("nan")
    found = best(table([(60, 70), (20, 40), (10, nan), (nan, nan)]), 50, "k")
    assert found.rate == 1
    assert found.steps.tolist() == [20, 40]
    assert found.highest.tolist() == [2, 1]
    assert best(table([(nan, 5), (nan, nan)]), 50, "k") is None
    mean = steps_by_rate(table([(60, 70), (nan, 40)]), 50, "k")[1]
    np.testing.assert_array_equal(mean, [65, nan])


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([(10, 10), (20, 20), (30, float("nan"))], "edge"),
        ([(30, 30), (10, 10), (20, 20)], "highest"),
    ],
)
def test_an_edge_of_the_grid_is_no_answer(steps, said):
    with pytest.raises(ValueError, match=said):
        best(table(steps), 50, "k")


def test_the_inputs_have_mean_square_1():
    assert unnormalized.inputs().x_train.square().mean().item() == pytest.approx(1)
