"""Signals through fifty layers, against theory that does not depend on the draws."""

import numpy as np
import pytest

from bnlib.lab import forward as lab


@pytest.mark.parametrize("activation", ["linear", "ReLU"])
def test_a_factor_on_the_weights_is_its_power_at_each_depth(activation):
    """Without batch norm, linear and ReLU layers hand a factor on."""
    one, other = (lab.through_layers(activation, gain, 3, False).std for gain in (1.0, 1.2))
    np.testing.assert_allclose(other / one, 1.2 ** np.arange(1, lab.DEPTH + 1))


@pytest.mark.parametrize("activation", lab.ACTIVATIONS)
def test_batch_norm_takes_the_factor_out(activation):
    one, other = (lab.through_layers(activation, gain, 3, True) for gain in (0.8, 1.4))
    np.testing.assert_allclose(one.std, other.std, rtol=1e-2)  # epsilon is left
    np.testing.assert_allclose(one.stuck, other.stuck, atol=2e-3)


def test_batch_norm_sets_the_scale_of_linear_layers_to_one():
    np.testing.assert_allclose(lab.through_layers("linear", 1.0, 1, True).std, 1, rtol=1e-3)


def test_what_is_stuck():
    h = np.array([[0.0, 0.0, 0.995], [0.0, 1.0, -0.5]])
    assert lab.stuck(h, "ReLU") == pytest.approx(1 / 3)  # the first unit
    assert lab.stuck(h, "tanh") == pytest.approx(2 / 6)  # 0.995 and 1.0
    assert lab.stuck(h, "linear") == 0


def test_no_unit_is_born_dead_behind_batch_norm():
    assert (lab.through_layers("ReLU", 1.0, 2, True).stuck == 0).all()
    assert lab.through_layers("ReLU", 1.0, 2, False).stuck[-1] > 0.2
