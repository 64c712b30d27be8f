"""Walks along the gradient: what they measure, and that the scale of weights can't deceive them."""

import pytest
import torch

from bnlib.lab import landscape as lab
from bnlib.lab.datasets import digits
from bnlib.lab.nets import ACTIVATIONS

ROWS = slice(0, 200)


def walked(model, relative=True):
    data = digits()
    steps = lab.PARTS if relative else lab.LENGTHS
    return lab.walk(model, data.x_train[ROWS], data.y_train[ROWS], steps, relative)


def test_a_walk_comes_back():
    model = lab.network((0,), "relu", 3, True)
    before = [p.detach().clone() for p in model.parameters()]
    first, second = walked(model), walked(model)
    for p, old in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(p.detach(), old, rtol=0, atol=0)
    torch.testing.assert_close(first.loss, second.loss)
    assert (model.norms[0].running_mean == 0).all()


def test_a_short_step_goes_downhill_by_what_the_gradient_says():
    """dL = - s sum over layers of |W| |G|."""
    data, model = digits(), lab.network((0, 1), "sigmoid", 3, True)
    x, y = data.x_train[ROWS], data.y_train[ROWS]
    s = 1e-3
    found = lab.walk(model, x, y, (s,))
    _, gradients = lab._measure(model, x, y)
    pairs = zip(model.weights, gradients, strict=True)
    slope = sum((w.detach().norm(dim=(1, 2)) * g.norm(dim=(1, 2))) for w, g in pairs)
    torch.testing.assert_close(found.loss[1] - found.loss[0], -s * slope, rtol=0.02, atol=1e-6)


def test_relative_steps_are_blind_to_the_scale_of_weights_behind_which_batch_norm_stands():
    plain, scaled = (lab.network((0,), "relu", 3, True) for _ in range(2))
    with torch.no_grad():
        for w in scaled.weights[:-1]:
            w.mul_(30.0)
    one, other = walked(plain), walked(scaled)
    torch.testing.assert_close(one.loss, other.loss, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(one.change, other.change, rtol=1e-2, atol=1e-3)
    one, other = walked(plain, relative=False), walked(scaled, relative=False)
    assert (other.change < 0.8 * one.change).all()  # the same network, seemingly smoother


def test_relative_steps_are_blind_to_a_scale_that_relu_passes_on():
    plain, scaled = (lab.network((0,), "relu", 3, False) for _ in range(2))
    with torch.no_grad():
        scaled.weights[0].mul_(10.0)
        scaled.weights[1].div_(10.0)
    one, other = walked(plain), walked(scaled)
    torch.testing.assert_close(one.loss, other.loss, rtol=1e-3, atol=1e-3)


def test_of_a_linear_loss_the_gradient_does_not_change():
    """Logits that hardly differ: the loss is all but a plane for short raw steps."""
    model = lab.network((0,), "relu", 1, False)
    model.activation = ACTIVATIONS["linear"]
    with torch.no_grad():
        for w in model.weights:
            w.mul_(1e-3)
    data = digits()
    found = lab.walk(model, data.x_train[ROWS], data.y_train[ROWS], (1e-3,), relative=False)
    assert float(found.change[0]) < 1e-2


def test_each_seed_walks_where_it_first_is_below_the_level():
    data, seeds = digits(), (0, 1, 2)
    together = lab.walks_at(data, lab.network(seeds, "relu", 3, True), seeds, 1.0, every=1)
    for seed in seeds:
        alone = lab.walks_at(data, lab.network((seed,), "relu", 3, True), (seed,), 1.0, every=1)
        expected = alone[0].loss[:, 0]
        torch.testing.assert_close(together[0].loss[:, seed], expected, rtol=1e-3, atol=1e-3)
    assert (together[0].loss[0] < 1.0).all()
    start = lab.walks_at(data, lab.network((1,), "relu", 3, True), (1,), float("inf"))
    assert (start[0].loss[0] > 2.0).all()


def test_a_level_that_is_not_reached_is_an_error():
    with pytest.raises(ValueError, match="is not below"):
        lab.walks_at(digits(), lab.network((0,), "relu", 3, True), (0,), 1e-9, steps=6)
