"""The checker must find what is wrong with a gradient, and nothing in a right one."""

import numpy as np
import pytest

import bnlib

X = np.random.default_rng(0).standard_normal((4, 3))


def cube(x):
    return x**3, x


def cube_backward(dy, x):
    return 3 * x**2 * dy


def test_a_right_gradient_passes():
    assert bnlib.check_gradient(cube, cube_backward, (X,)) < 1e-8
    bnlib.assert_gradient(cube, cube_backward, (X,))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda dy, x: 3.01 * x**2 * dy,
        lambda dy, x: -cube_backward(dy, x),
        lambda dy, x: np.zeros_like(x),
        lambda dy, x: cube_backward(dy, x) + 1e-2,
        lambda dy, x: cube_backward(dy, x) * (np.arange(12).reshape(4, 3) != 5),  # one entry
        lambda dy, x: np.full_like(x, np.nan),
    ],
)
def test_a_wrong_gradient_does_not(wrong):
    assert bnlib.check_gradient(cube, wrong, (X,)) > 1e-3
    with pytest.raises(AssertionError, match="the gradient is off by"):
        bnlib.assert_gradient(cube, wrong, (X,))


def test_the_missing_paths_of_batch_norm_are_found():
    gamma, beta = np.array([1.5, -2.0, 0.5]), np.zeros(3)
    for without in ("mean", "variance"):

        def backward(dy, cache, without=without):
            xhat = cache.xhat
            path = xhat * (dy * xhat).mean(0) if without == "mean" else dy.mean(0)
            dx = cache.gamma * cache.inv_std * (dy - path)
            return dx, (dy * xhat).sum(0), dy.sum(0)

        assert bnlib.check_gradient(bnlib.batch_norm, backward, (X, gamma, beta)) > 1e-3


def test_a_gradient_of_zero_counts_as_right():
    def centre(x):
        return x - x + 2.0

    assert bnlib.check_gradient(centre, lambda dy: np.zeros_like(dy), (X,)) < 1e-5
    assert bnlib.check_gradient(centre, lambda dy: 1e-3 * dy, (X,)) > 1e-3


def test_ready_gradients_and_skipped_ones():
    def energy(x, w):
        return np.sum(w * x**2)

    w = np.abs(X)
    assert bnlib.check_gradient(energy, (2 * w * X, X**2), (X, w)) < 1e-8
    assert bnlib.check_gradient(energy, (2 * w * X, None), (X, w)) < 1e-8
    assert bnlib.check_gradient(energy, (3 * w * X, None), (X, w)) > 0.1
    dy = np.ones_like(X)
    assert bnlib.check_gradient(lambda x: x**2, [2 * X * dy], (X,), dy) < 1e-8


def test_numbers_are_arguments_too():
    gamma, beta = np.ones(3), np.zeros(3)
    assert bnlib.check_gradient(bnlib.dyt, bnlib.dyt_backward, (X, 0.5, gamma, beta)) < 1e-7


def test_what_cannot_be_checked_is_said():
    with pytest.raises(ValueError, match="argument 0 must be float64"):
        bnlib.check_gradient(cube, cube_backward, (X.astype(np.float32),))
    with pytest.raises(ValueError, match="gradient 0 has shape"):
        bnlib.check_gradient(cube, lambda dy, x: x[0], (X,))
    with pytest.raises(ValueError, match="1 arguments need as many gradients; got 2"):
        bnlib.check_gradient(cube, lambda dy, x: (x, x), (X,))
    with pytest.raises(ValueError, match="needs the dy"):
        bnlib.check_gradient(cube, [X], (X,))


def test_arguments_stay_as_they_were():
    def careless(x):
        y = x**3
        x[...] = 0
        return y

    before = X.copy()
    bnlib.check_gradient(careless, [3 * X**2], (X,), np.ones_like(X))
    np.testing.assert_array_equal(X, before)
