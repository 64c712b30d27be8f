"""Walks at several moments of a training: the same as those of the landscape experiment."""

import numpy as np
import pytest
import torch

from bnlib.lab import landscape, walks
from bnlib.lab.datasets import digits


@pytest.mark.parametrize("normalized", [False, True])
def test_the_losses_are_those_of_a_walk_and_the_network_is_as_before(normalized):
    data, model = digits(), landscape.network((0, 1), "relu", 3, normalized)
    x, y = data.x_train[:100], data.y_train[:100]
    before = [p.detach().clone() for p in model.parameters()]
    parts = (0.0, 0.05, 0.2)
    found = walks.losses_along(model, x, y, parts)
    expected = landscape.walk(model, x, y, parts[1:]).loss
    torch.testing.assert_close(found, expected)
    for p, old in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(p.detach(), old, rtol=0, atol=0)
    assert all((norm.running_mean == 0).all() for norm in model.norms if norm)


def test_a_later_moment_is_the_same_training_gone_on():
    """Walks on the way change nothing, and the loss has fallen."""
    how = {"depth": 2, "parts": (0.0, 0.1), "probe": 100}
    both = walks.walks_during(digits(), (0,), "relu", True, moments=(0, 6), **how)
    alone = walks.walks_during(digits(), (0,), "relu", True, moments=(6,), **how)
    assert both.shape == (2, 2, 1)
    np.testing.assert_allclose(both[1], alone[0])
    assert both[1, 0] < both[0, 0]


@pytest.mark.parametrize("moments", [(), (3, 1), (2, 2), (-1, 0)])
def test_moments_that_do_not_rise_are_refused(moments):
    with pytest.raises(ValueError, match="moments must be steps that rise"):
        walks.walks_during(digits(), (0,), "relu", True, moments=moments)
