"""Networks and their training: what the catalogue does not cover."""

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.adapters import numpy_network
from bnlib.checks.callee import OwnCallee
from bnlib.exercises.training.network import Network
from bnlib.exercises.training.training_loop import Loop, cross_entropy


def sample(rng):
    weights = [rng.normal(size=shape) for shape in ((3, 5), (5, 4), (4, 2))]
    return weights, rng.normal(size=(7, 3)), rng.integers(0, 2, 7)


@pytest.mark.parametrize("training", [True, False])
def test_the_network_s_gradients_are_those_of_its_loss(training):
    rng = np.random.default_rng(1)
    weights, x, labels = sample(rng)
    network = Network(weights, 0.5, 0.7)
    for value in network.parameters:
        value += 0.3 * rng.normal(size=value.shape)
    network.training = training
    gradients = network.backward(cross_entropy(network.forward(x), labels)[1])
    for i, gradient in enumerate(gradients):
        value, direction = network.parameters[i], rng.normal(size=gradient.shape)
        ends = []
        for h in (1e-6, -1e-6):
            network.parameters[i] = value + h * direction
            ends.append(cross_entropy(network.forward(x), labels)[0])
        network.parameters[i] = value
        slope = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-8)


def test_the_network_may_be_built_from_the_library_s_batch_norm_and_from_no_more():
    class Allowed:
        def forward(self, x):
            bnlib.update_running(x[0], x[1], x, 0.1)
            return bnlib.batch_norm(x, x[0], x[1], 1e-5)[0]

    class Borrows:
        def forward(self, x):
            return bnlib.layer_norm(x, x[0], x[1], 1e-5)[0]

    assert run("MLP", Allowed).status != "borrowed"
    assert run("MLP", Borrows).status == "borrowed"


def test_a_backward_pass_that_is_not_written_costs_its_own_points():
    class MLP(Network):
        def backward(self, dlogits):
            raise NotImplementedError("your code goes here")

    report = run("MLP", OwnCallee(MLP, numpy_network))
    assert report.points == 8
    assert all(r.passed is not False for r in report.results)


@pytest.mark.parametrize("value", [None, "x", 3, [], [None] * 8, [np.zeros(2)] * 8, np.zeros(8)])
def test_no_return_value_breaks_the_run(value):
    class MLP(Network):
        def forward(self, x):
            return value

        def backward(self, dlogits):
            return value

    assert run("MLP", OwnCallee(MLP, numpy_network)).points <= 2
    assert run("train_mlp", lambda *arguments: value).points <= 1
    assert run("train_mlp", lambda *arguments: (value, value)).points <= 1


def test_a_training_that_does_nothing_gets_almost_nothing():
    def train_mlp(weights, x, labels, batches, lr, momentum, x_test):
        return np.zeros(len(batches)), np.zeros((len(x_test), weights[-1].shape[1]))

    assert run("train_mlp", train_mlp).points <= 2


def test_evaluation_forgotten_is_seen_where_one_digit_is_alone():
    loop = Loop(evaluate=lambda network, x_test: network.forward(x_test))

    report = run("train_mlp", OwnCallee(loop))
    passed = {r.name: r.passed for r in report.results}
    on_digits = [passed[name] for name in passed if "test images" in name]
    assert on_digits == [True, False]
    assert report.mistakes == ("evaluation-forgotten",)
