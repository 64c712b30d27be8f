"""Running statistics: the definition, PyTorch's buffers, and what is refused."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, repeatable, seeds

from bnlib.statistics import bessel, cumulative_average, exponential_average, update_running

if importlib.util.find_spec("torch"):
    import torch

needs_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")

SHAPES = [(2, 3), (6, 4), (2, 3, 4, 5), (1, 2, 1, 3)]


def batches(seed, shape, steps=4):
    rng = np.random.default_rng(seed)
    column = (1, shape[1]) + (1,) * (len(shape) - 2)
    scale, mean = rng.random(column) * 3, 5 * rng.standard_normal(column)
    return [scale * rng.standard_normal(shape) + mean for _ in range(steps)]


@needs_torch
@pytest.mark.parametrize("shape", SHAPES)
@repeatable
@given(momentum=st.sampled_from([0.7, 0.1, 0.0, 1.0, None]), seed=seeds)
def test_several_steps_equal_pytorchs_buffers(shape, momentum, seed):
    norm = (torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d)(
        shape[1], momentum=momentum, dtype=torch.float64
    )
    mean, var = np.zeros(shape[1]), np.ones(shape[1])
    for count, x in enumerate(batches(seed, shape), start=1):
        norm(torch.tensor(x))
        given_count = count if momentum is None else None
        mean, var = update_running(mean, var, x, momentum, count=given_count)
        np.testing.assert_allclose(mean, norm.running_mean, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(var, norm.running_var, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("unbiased", [True, False])
def test_update_is_the_definition(shape, unbiased):
    x = batches(0, shape)[0]
    axes = (0, *range(2, x.ndim))
    old_mean, old_var = np.arange(shape[1]) + 1.0, np.arange(shape[1]) + 0.5
    mean, var = update_running(old_mean, old_var, x, 0.7, unbiased)
    np.testing.assert_allclose(mean, 0.3 * old_mean + 0.7 * x.mean(axes), rtol=1e-12)
    expected = 0.3 * old_var + 0.7 * x.var(axes, ddof=int(unbiased))
    np.testing.assert_allclose(var, expected, rtol=1e-12)


@repeatable
@given(values=arrays((6, 3)))
def test_cumulative_average_is_the_mean_of_all(values):
    running = np.full(3, 1e3)  # forgotten
    for count, new in enumerate(values, start=1):
        running = cumulative_average(running, new, count)
    np.testing.assert_allclose(running, values.mean(0), rtol=1e-12, atol=1e-12)


@repeatable
@given(pair=arrays((2, 3)), momentum=st.floats(0, 1))
def test_exponential_average_weighs_the_new_by_momentum(pair, momentum):
    result = exponential_average(pair[0], pair[1], momentum)
    np.testing.assert_allclose(result, (1 - momentum) * pair[0] + momentum * pair[1], rtol=1e-12)
    np.testing.assert_array_equal(exponential_average(pair[0], pair[1], 0), pair[0])
    np.testing.assert_array_equal(exponential_average(pair[0], pair[1], 1), pair[1])


@repeatable
@given(x=arrays((7, 3)), n=st.integers(2, 7))
def test_bessel_gives_the_sample_variance(x, n):
    x = x[:n]
    np.testing.assert_allclose(bessel(x.var(0), n), x.var(0, ddof=1), rtol=1e-12)


def test_bessel_is_unbiased_over_many_samples():
    x = np.random.default_rng(0).standard_normal((200_000, 3))
    biased = x.var(1)
    assert abs(biased.mean() - 2 / 3) < 0.01
    assert abs(bessel(biased, 3).mean() - 1) < 0.01


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_no_argument_is_changed(dtype):
    x = batches(1, (5, 3))[0].astype(dtype)
    mean, var, new = (np.array(v, dtype) for v in ([1, 2, 3], [1, 2, 0.5], [4, 5, 6]))
    before = [a.copy() for a in (x, mean, var, new)]
    results = [
        *update_running(mean, var, x, 0.7),
        *update_running(mean, var, x, None, count=3),
        exponential_average(mean, new, 0.7),
        exponential_average(mean, new, 0),
        cumulative_average(mean, new, 2),
        bessel(var, 4),
    ]
    for result in results:
        assert result.dtype == dtype
        assert not any(np.shares_memory(result, a) for a in (x, mean, var, new))
    for a, b in zip((x, mean, var, new), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_constant_feature_and_large_mean():
    x = np.array([[7.0, 1e6], [7.0, 1e6 + 2]])
    mean, var = update_running(np.zeros(2), np.ones(2), x, 1.0)
    np.testing.assert_array_equal(mean, [7, 1e6 + 1])
    np.testing.assert_array_equal(var, [0, 2])


GOOD = {
    "running_mean": np.zeros(3),
    "running_var": np.ones(3),
    "x": np.ones((4, 3)),
    "momentum": 0.7,
}
BAD = [
    ("x", np.ones(3), "must have shape"),
    ("x", np.ones((2, 3, 4)), r"must have shape \(N, D\) or \(N, C, H, W\)"),
    ("x", np.ones((1, 3)), "only 1 value"),
    ("x", np.ones((1, 3, 1, 1)), "only 1 value"),
    ("x", np.ones((4, 3), int), "dtype int"),
    ("x", np.full((4, 3), np.inf), "NaN or infinity"),
    ("running_mean", np.zeros(4), r"must have shape \(D,\) = \(3,\)"),
    ("running_mean", np.zeros((1, 3)), "axes"),
    ("running_mean", np.zeros(3, int), "dtype int"),
    ("running_var", np.ones(2), r"must have shape \(D,\) = \(3,\)"),
    ("running_var", -np.ones(3), ">= 0"),
    ("running_var", np.full(3, np.nan), "NaN"),
    *(("momentum", value, "must") for value in (-0.1, 1.1, np.nan, "x")),
    ("momentum", None, "count"),
    ("count", 3, "momentum"),
]


@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_bad_arguments_are_named(name, value, message):
    with pytest.raises(ValueError, match=rf"{name}\b.*{message}|{message}.*\b{name}\b"):
        update_running(**GOOD | {name: value})


@pytest.mark.parametrize("count", [0, -1, 1.5, "2"])
def test_bad_counts_are_named(count):
    with pytest.raises(ValueError, match=r"^count must be"):
        update_running(**GOOD | {"momentum": None}, count=count)
    with pytest.raises(ValueError, match=r"^count must be"):
        cumulative_average(np.ones(2), np.ones(2), count)


@pytest.mark.parametrize("n", [1, 0, 2.5])
def test_bad_n_is_named(n):
    with pytest.raises(ValueError, match=r"^n must be"):
        bessel(np.ones(2), n)


def test_other_bad_arguments():
    with pytest.raises(ValueError, match=r"^new must have shape"):
        exponential_average(np.ones(2), np.ones(3), 0.5)
    with pytest.raises(ValueError, match=r"^running holds NaN"):
        exponential_average(np.full(2, np.nan), np.ones(2), 0.5)
    with pytest.raises(ValueError, match=r"^momentum must lie between 0 and 1"):
        exponential_average(np.ones(2), np.ones(2), 2)
    with pytest.raises(ValueError, match=r"^var holds variances"):
        bessel(-np.ones(2), 3)


def test_the_numpy_modules_import_no_torch():
    code = (
        "import sys, bnlib, bnlib.statistics, bnlib.merging, bnlib.whitening, bnlib.folding; "
        "print('torch' in sys.modules, 'bnlib.modules' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
