"""Each check of an argument on its own: what passes, unchanged, and what the refusal says."""

import math

import numpy as np
import pytest

from bnlib import arguments


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_arrays_pass_uncopied(dtype):
    x = np.ones((2, 3), dtype)
    assert arguments.floating_array("x", x, "N D") is x
    assert arguments.floating_array("x", x, "... D") is x
    assert arguments.floating_array("x", x, "N ...") is x
    assert arguments.parameter("gamma", x[0], 3, "D").dtype == dtype


def test_lists_of_floats_are_arrays():
    assert arguments.floating_array("x", [[1.0, 2.0]], "N D").dtype == np.float64


@pytest.mark.parametrize(
    ("value", "letters", "message"),
    [
        (np.ones(3), "N D", r"x must have 2 axes, shape \(N, D\); got 1, shape \(3,\)"),
        (np.ones((2, 3)), "N C H W", r"x must have 4 axes, shape \(N, C, H, W\); got 2"),
        (np.float64(1), "... D", r"x must have at least 1 axes, shape \(\.\.\., D\); got 0"),
        (np.ones((0, 3)), "N D", r"x is empty: its shape is \(0, 3\)"),
        (np.ones((2, 3), int), "N D", r"x has dtype int64.*\.astype\(float\)"),
        (np.ones((2, 3), np.float16), "N D", "x has dtype float16.*float32"),
        (np.ones((2, 3), np.longdouble), "N D", "x must be float32 or float64; got"),
        (np.ones((2, 3), ">f8"), "N D", "x must be float32 or float64; got >f8"),
        ([[1.0], [1.0, 2.0]], "N D", "x is not an array of numbers"),
    ],
)
def test_arrays_refused(value, letters, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        arguments.floating_array("x", value, letters)


def test_parameters_refused():
    with pytest.raises(ValueError, match=r"^gamma must have shape \(D,\) = \(4,\).*feature"):
        arguments.parameter("gamma", np.ones(3), 4, "D")
    with pytest.raises(ValueError, match=r"^beta must have shape \(C,\) = \(4,\).*channel"):
        arguments.parameter("beta", np.ones(3), 4, "C")
    with pytest.raises(ValueError, match=r"^gamma holds NaN or infinity"):
        arguments.parameter("gamma", np.array([1, np.nan]), 2, "D")
    with pytest.raises(ValueError, match=r"^running_var holds variances.*-2\.0"):
        arguments.variances("running_var", np.array([1, -2.0]), 2, "D")


def test_upstream_gradients():
    dy = np.ones((2, 3))
    assert arguments.upstream_gradient("dy", dy, (2, 3), np.float64) is dy
    for value, message in [
        (dy.astype(np.float32), "dtype of the output, float64; got float32"),
        (dy.astype(int), r"astype\(float\)"),
        (dy.T, r"shape of the output, \(2, 3\); got \(3, 2\)"),
    ]:
        with pytest.raises(ValueError, match=f"^dy .*{message}"):
            arguments.upstream_gradient("dy", value, (2, 3), np.dtype(np.float64))


def test_numbers():
    assert arguments.positive("eps", np.float32(0.5)) == 0.5
    assert arguments.number("alpha", -2) == -2.0
    assert arguments.in_range("momentum", 1, 0, 1) == 1.0
    assert arguments.in_range("r_max", math.inf, 1, math.inf) == math.inf
    for value in (0, -1, math.nan, math.inf, None, "a", [1, 2]):
        with pytest.raises(ValueError, match=r"^eps must be"):
            arguments.positive("eps", value)
    for value in (1.5, -0.1, math.nan, None):
        with pytest.raises(ValueError, match=r"^momentum must"):
            arguments.in_range("momentum", value, 0, 1)


def test_divisors():
    assert arguments.divisor("groups", np.int64(3), 6, "C") == 3
    for value in (4, 0, -3, 7, 3.0, "3"):
        with pytest.raises(ValueError, match=r"^groups must be"):
            arguments.divisor("groups", value, 6, "C")


def test_several_values():
    arguments.several_values("x", 2, "N")
    with pytest.raises(ValueError, match=r"^x gives each statistic only 1 value .*\(over N\)"):
        arguments.several_values("x", 1, "N")


def test_finite():
    # The sum of these overflows, and still nothing is wrong with them.
    large = np.full(4, 1e308)
    assert arguments.finite("x", large) is large
    arguments.finite_statistics("x", large, np.array([1.0]))
    with pytest.raises(ValueError, match=r"^x is finite, but too large"):
        arguments.finite_statistics("x", large, np.array([np.inf]))
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match=r"^x holds NaN or infinity"):
            arguments.finite("x", np.array([1.0, bad]))
        with pytest.raises(ValueError, match=r"^x holds NaN or infinity"):
            arguments.finite_statistics("x", np.array([1.0, bad]), np.array([bad]))
    # Infinities of both signs, whose sum is NaN.
    with pytest.raises(ValueError, match=r"^x holds"):
        arguments.finite("x", np.array([np.inf, -np.inf]))
