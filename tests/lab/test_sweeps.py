"""A sweep is its rates one by one."""

import numpy as np
import pytest
import torch

from bnlib.lab.sweeps import Net, Sweep, sweep
from bnlib.lab.training import Data

NET = Net(depth=2, width=6)


@pytest.fixture
def data():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(60, 5, generator=draw)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()
    return Data(x[:40], y[:40], x[40:], y[40:])


@pytest.mark.parametrize("norm", ["none", "before", "after"])
@pytest.mark.parametrize("optimizer", ["SGD", "momentum", "Adam"])
def test_a_rate_among_others_gives_what_it_gives_alone(data, norm, optimizer):
    net = NET._replace(norm=norm, optimizer=optimizer)
    together = sweep(net, data, (1, 4), (0.01, 0.1), 12, size=8, looks=[4, 12])
    for r, rate in enumerate((0.01, 0.1)):
        alone = sweep(net, data, (4,), (rate,), 12, size=8, looks=[4, 12])
        np.testing.assert_allclose(together.losses[:, 1, r], alone.losses[:, 0, 0], rtol=1e-4)
        np.testing.assert_array_equal(together.accuracies[:, 1, r], alone.accuracies[:, 0, 0])
    assert together.losses.shape == (12, 2, 2)
    np.testing.assert_array_equal(together.losses[0, :, 0], together.losses[0, :, 1])
    assert not np.allclose(together.losses[5, :, 0], together.losses[5, :, 1])


def test_a_loss_stays_infinite_from_where_training_diverged(data):
    found = sweep(Net("linear", depth=2, width=6, norm="none"), data, (0,), (0.01, 1e9), 20, size=8)
    assert np.isfinite(found.losses[:, 0, 0]).all()
    lost = np.isinf(found.losses[:, 0, 1])
    assert lost[-1]
    assert (np.diff(lost.astype(int)) >= 0).all()


def test_only_the_hidden_layers_are_scaled(data):
    one, ten = (NET.build((3,), 2, data, scale) for scale in (1.0, 10.0))
    for a, b in zip(one.weights[:-1], ten.weights[:-1], strict=True):
        torch.testing.assert_close(10 * a, b)
        assert torch.equal(a[0], a[1])
    assert torch.equal(one.weights[-1], ten.weights[-1])
    assert NET._replace(norm="none").build((3,), 1, data).norms == [None, None]
    assert NET._replace(norm="after").build((3,), 1, data).after


def test_steps_are_those_of_the_first_look_at_the_level():
    shares = np.array([[[0.5, 0.1]], [[0.9, 0.2]], [[0.7, 0.3]]])
    found = Sweep(np.array([0.1, 1.0]), np.ones((30, 1, 2)), np.array([2, 10, 30]), shares)
    assert found.steps_to(0.9).tolist() == [[10, np.inf]]
    assert found.steps_to(0.5).tolist() == [[2, np.inf]]


def test_the_loss_is_that_of_the_steps_before_the_end():
    losses = np.arange(10.0).reshape(10, 1, 1)
    found = Sweep(np.array([1.0]), losses, np.array([]), np.zeros((0, 1, 1)))
    assert found.loss(2).item() == 8.5
    assert found.loss(3, end=5).item() == 3
