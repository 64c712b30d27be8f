"""Chapter 3's experiments on signals: agreement with theory, and exact identities."""

import math

import numpy as np
import pytest
import torch

from bnlib.lab import signals as lab
from bnlib.lab.datasets import digits

SEEDS = range(3)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_slope(z):
    return sigmoid(z) * (1 - sigmoid(z))


def relu(z):
    return np.maximum(z, 0)


def relu_slope(z):
    return (z > 0).astype(float)


NETS = {
    "sigmoid": (sigmoid, sigmoid_slope, 1.0),
    "relu": (relu, relu_slope, 2.0),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2, 1.0),
}


@pytest.mark.parametrize("normalized", [False, True])
@pytest.mark.parametrize("name", ["sigmoid", "relu"])
def test_the_gradients_factor_is_that_of_theory_in_wide_layers(name, normalized):
    sizes = lab.gradient_sizes(SEEDS, name, normalized, depth=24, width=300, rows=300)
    found = lab.factor_a_layer(sizes).mean()
    assert found == pytest.approx(lab.factor_in_theory(*NETS[name], normalized), rel=0.015)


def test_wider_layers_come_closer_to_the_theory():
    limit = lab.factor_in_theory(*NETS["sigmoid"], True)
    off = [
        lab.factor_a_layer(lab.gradient_sizes(SEEDS, "sigmoid", True, 24, width, 300)).mean()
        - limit
        for width in (50, 100, 300)
    ]
    assert off[0] > off[1] > off[2] > 0


def test_theory_where_it_is_known_exactly():
    assert lab.factor_in_theory(*NETS["relu"], False) == pytest.approx(1, abs=1e-6)
    exact = math.sqrt(math.pi / (math.pi - 1))
    assert lab.factor_in_theory(*NETS["relu"], True) == pytest.approx(exact, rel=1e-6)
    line = lab.factor_in_theory(lambda z: 3 * z + 1, lambda z: 3 + 0 * z, 1.0, True)
    assert line == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("name", list(NETS))
def test_with_batch_norm_no_activation_has_a_factor_below_one(name):
    assert lab.factor_in_theory(*NETS[name], True) > 1


def test_the_factor_of_a_known_decay_is_found():
    sizes = 0.5 ** np.arange(50)[::-1] * np.ones((2, 1))
    np.testing.assert_allclose(lab.factor_a_layer(sizes), 0.5)


def test_a_common_change_compounds_exactly_and_batch_norm_removes_it():
    x = lab.noise(SEEDS, (50, 40), "rows")
    plain = lab.network(SEEDS, 9, "relu", False, width=40)
    layers = 1.01 ** np.arange(1, 10) - 1
    found = lab.common_change(plain, x).size
    np.testing.assert_allclose(found, np.tile(layers, (3, 1)), rtol=1e-4)
    normalized = lab.network(SEEDS, 9, "relu", True, width=40)
    assert lab.common_change(normalized, x).size.max() < 1e-4


def test_a_random_change_of_one_linear_layer_has_the_size_it_was_given():
    x = lab.noise(SEEDS, (400, 300), "rows")
    net = lab.network(SEEDS, 1, "relu", False, width=300)
    net.activation = lambda z: z
    np.testing.assert_allclose(lab.change(net, x, SEEDS).size, 0.01, rtol=0.02)
    double = lab.change(net, x, SEEDS, part=0.02).size
    np.testing.assert_allclose(double, 2 * lab.change(net, x, SEEDS).size, rtol=1e-3)


def test_a_change_of_the_first_layer_only_is_smaller_behind_it():
    x = lab.noise(SEEDS, (50, 40), "rows")
    net = lab.network(SEEDS, 5, "tanh", True, width=40)
    first, every = lab.change(net, x, SEEDS, first_only=True), lab.change(net, x, SEEDS)
    np.testing.assert_allclose(first.spread[:, 0], every.spread[:, 0], rtol=1e-5)
    assert (first.spread[:, 1:] < every.spread[:, 1:]).all()


def test_looking_leaves_the_network_as_it_was():
    x = lab.noise(SEEDS, (50, 40), "rows")
    net = lab.network(SEEDS, 3, "relu", True, width=40)
    weights = [w.clone() for w in net.weights]
    lab.change(net, x, SEEDS)
    lab.common_change(net, x)
    for before, after in zip(weights, net.weights, strict=True):
        assert torch.equal(before, after)
    assert all(norm.running_mean.abs().max() == 0 for norm in net.norms)


def test_the_inputs_of_the_last_activation():
    net = lab.network((0,), 3, "sigmoid", True, inputs=64, outputs=10, width=20)
    x = digits().x_train[:100]
    z = lab.inputs_of_last(net, x)
    np.testing.assert_allclose(
        torch.sigmoid(z).numpy(), net.hidden(x[None], True)[-1].detach().numpy(), rtol=1e-5
    )
    np.testing.assert_allclose(z.mean(1), 0, atol=1e-5)


def test_percentiles_are_taken_at_the_steps_that_were_asked_for():
    looks = [0, 2, 4]
    found, losses = lab.percentiles(digits(), True, 0.5, looks)
    assert found.shape == (3, 3)
    assert len(losses) == 4
    assert (np.diff(found, axis=1) > 0).all()
    again, _ = lab.percentiles(digits(), True, 0.5, [0, 4])
    np.testing.assert_array_equal(again, found[[0, 2]])
