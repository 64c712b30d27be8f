"""Noise behind batch norm, and the two measures of internal covariate shift."""

import pytest
import torch

from bnlib.lab.covariate_shift import (
    NoisyBatchNorm,
    assign,
    drift,
    during,
    follow,
    gradient_change,
    layer_of,
    moments,
    network,
    still,
)
from bnlib.lab.covariate_shift_runs import share_undone, steps_to_level
from bnlib.lab.datasets import digits
from bnlib.lab.training import SGD, losses


def test_noise_moves_each_feature_in_training_only_and_copies_alike():
    z = torch.randn(1, 500, 4).expand(4, -1, -1)
    noisy = NoisyBatchNorm((0, 1), 2, 4, 0, 0.5)
    y, again = noisy(z, True), noisy(z, True)
    assert y.mean(1).abs().max() > 0.1
    assert not torch.allclose(y, again)
    torch.testing.assert_close(y[0], y[1])
    assert not torch.allclose(y[0], y[2])
    quiet = NoisyBatchNorm((0, 1), 2, 4, 0, 0.0)
    torch.testing.assert_close(quiet(z, True).mean(1), torch.zeros(4, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(noisy(z, False), noisy(z, False))


def test_a_seed_has_the_same_noise_whoever_else_is_there():
    z = torch.randn(1, 20, 4)
    one = NoisyBatchNorm((1,), 1, 4, 0, 0.5)(z, True)
    two = NoisyBatchNorm((0, 1), 1, 4, 0, 0.5)(z.expand(2, -1, -1), True)
    torch.testing.assert_close(one[0], two[1])


def test_drift_is_in_units_of_the_spread_and_ignores_the_scale():
    mean, std = torch.zeros(1, 3), torch.full((1, 3), 2.0)
    moved = drift([(mean, std)], [(mean + 1.0, std)])
    torch.testing.assert_close(moved, torch.tensor([0.5]))
    wider = drift([(mean, std)], [(mean, std + 3.0)])
    torch.testing.assert_close(wider, torch.tensor([1.5]))
    torch.testing.assert_close(drift([(mean, 10 * std)], [(mean + 10, 10 * std)]), moved)


def test_looking_leaves_the_running_statistics_alone():
    data, model = digits(), network((0,), 1, "relu", "bn")
    before = model.norms[0].running_mean.clone()
    moments(model, data.x_train[:50])
    torch.testing.assert_close(model.norms[0].running_mean, before)
    with still(model):
        pass
    assert model.norms[0].momentum == 0.1


@pytest.mark.parametrize("condition", ["none", "bn"])
def test_the_gradient_changes_by_the_steps_of_earlier_layers_only(condition):
    data = digits()
    model = network((0, 1), 1, "sigmoid", condition)
    x, y = data.x_train[None, :60].expand(2, -1, -1), data.y_train[:60].expand(2, -1)
    old = [p.detach().clone() for p in model.parameters()]
    last = [at for at, layer in enumerate(layer_of(model)) if layer == len(model.weights) - 1]
    # Only the last layer has moved: no layer stands behind it.
    assign(model.parameters(), [p + 1.0 * (at in last) for at, p in enumerate(old)])
    torch.testing.assert_close(gradient_change(model, old, x, y), torch.zeros(2))
    # Only the first one has: all others feel it, and the weights are put back as they were.
    now = [p + 0.05 * (layer_of(model)[at] == 0) for at, p in enumerate(old)]
    assign(model.parameters(), now)
    assert (gradient_change(model, old, x, y) > 1e-3).all()
    for p, value in zip(model.parameters(), now, strict=True):
        torch.testing.assert_close(p.detach(), value)


def test_the_change_of_the_gradient_against_its_definition():
    """One step of a network of two layers, written out."""
    data = digits()
    model = network((3,), 1, "relu", "none")
    model.weights, model.biases, model.norms = (
        [model.weights[0], model.weights[-1]],
        [model.biases[0], model.biases[-1]],
        [None],
    )
    x, y = data.x_train[None, :60], data.y_train[None, :60]

    def gradient_of_the_last():
        return torch.autograd.grad(losses(model(x, True), y).sum(), model.weights[1])[0]

    old = [p.detach().clone() for p in model.parameters()]
    before = gradient_of_the_last()
    gradients = torch.autograd.grad(losses(model(x, True), y).sum(), model.parameters())
    with torch.no_grad():
        SGD(torch.tensor([0.5])).step(model.parameters(), gradients)
    new = [p.detach().clone() for p in model.parameters()]
    assign(model.parameters(), [new[0], old[1], new[2], old[3]])
    expected = (gradient_of_the_last() - before).norm() / before.norm()
    assign(model.parameters(), new)
    torch.testing.assert_close(gradient_change(model, old, x, y), expected[None])


def test_noise_makes_more_drift_than_no_batch_norm_has():
    found = {}
    for condition in ("none", "bn", "noise .25"):
        course = follow(digits(), (0,), "relu", condition, 0.3, 60)
        found[condition] = float(during(course.drift, course.loss)[0])
    assert found["bn"] < 0.2 * found["none"] < found["none"] < found["noise .25"]


def test_the_mean_during_a_part_of_training():
    loss = torch.tensor([[3.0], [1.0], [0.6], [0.1]])
    values = torch.tensor([[100.0], [1.0], [3.0], [torch.nan]])
    torch.testing.assert_close(during(values, loss), torch.tensor([2.0]))


def test_the_search_for_a_rate_may_end_once_it_is_decided():
    """Stopping early must not change which rate takes the fewest steps."""
    rates, seeds = (0.03, 0.1, 0.3, 1.0), (0, 1)
    early = steps_to_level(digits(), seeds, "relu", "bn", rates, 200, every=1)
    assert early.isnan().any()
    best = int(early.mean(0).nan_to_num(torch.inf).argmin())
    alone = steps_to_level(digits(), seeds, "relu", "bn", rates[best : best + 1], 200, every=1)
    torch.testing.assert_close(early[:, best], alone[:, 0])


def test_what_noise_takes_back_is_a_share_of_what_was_saved():
    assert share_undone([10.0], [10.0], [1000.0]) == pytest.approx([0])
    assert share_undone([100.0], [10.0], [1000.0]) == pytest.approx([0.5])
    assert share_undone([1000.0], [10.0], [1000.0]) == pytest.approx([1])
