"""Every layer against PyTorch: forward against its function, backward against autograd."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LAYERS, arrays, as_tuple, cast, epsilons, repeatable

import bnlib

if importlib.util.find_spec("torch"):
    import torch

# A mark, not importorskip: without PyTorch each test is listed as skipped.
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")

TOLERANCE = {np.float64: 1e-12, np.float32: 1e-5}


def ours(layer, arguments, eps, dy):
    y, cache = layer.forward(*arguments, *eps)
    return (y, *as_tuple(layer.backward(dy, cache)))


def theirs(layer, arguments, eps, dy):
    """y and the gradients of sum(dy * y), by autograd."""
    learned, fixed = arguments[: layer.learned], arguments[layer.learned :]
    # dtype: torch.tensor of a Python number would be float32
    leaves = [
        torch.tensor(a, dtype=torch.from_numpy(dy).dtype, requires_grad=True) for a in learned
    ]
    rest = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in fixed]
    y = layer.reference(torch, *leaves, *rest, *eps)
    gradients = torch.autograd.grad(y, leaves, torch.from_numpy(dy))
    return [t.detach().numpy() for t in (y, *gradients)]


def assert_close(got, expected, tolerance, floors):
    names = ["y"] + [f"gradient {i}" for i in range(len(expected) - 1)]
    for name, a, b, floor in zip(names, got, expected, floors, strict=True):
        assert a.shape == b.shape, name
        error = np.abs(a - b).max()
        assert error <= tolerance * (np.abs(b).max() + floor), (name, error)


def floors(layer, arguments, eps, dy):
    """The size of the terms whose difference each result is, in the order of `ours`.

    y is a sum with beta, dx a difference of numbers as large as max|dy| * |gamma| / sqrt(var +
    eps), and the other gradients are sums of numbers of both signs: a result near zero cannot be
    nearer than rounding in those.
    """
    cache = layer.forward(*arguments, *eps)[1]
    statistics = getattr(cache, "normalized", cache)
    inv_std = getattr(statistics, "inv_std", 1.0)
    gamma = np.max(np.abs(getattr(cache, "gamma", 1.0))) * np.max(getattr(cache, "r", 1.0))
    terms = np.abs(dy).max() * gamma * np.max(inv_std)
    beta = np.max(np.abs(arguments[layer.learned - 1]))
    return [beta, terms, *[np.abs(dy).sum()] * (layer.learned - 1)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", LAYERS)
@repeatable
@given(data=st.data())
def test_agrees_with_torch(name, dtype, data):
    layer = LAYERS[name]
    arguments = cast(data.draw(layer.arguments), dtype)
    eps = (data.draw(epsilons),) if layer.eps else ()
    dy = data.draw(arrays(arguments[0].shape, spread=False)).astype(dtype)
    # The reference is in float64 for both: float32 PyTorch has rounding errors of its own.
    wide = cast(arguments, np.float64)
    got = ours(layer, arguments, eps, dy)
    assert all(a.dtype == dtype for a in got)
    limits = floors(layer, wide, eps, dy.astype(float))
    assert_close(got, theirs(layer, wide, eps, dy.astype(float)), TOLERANCE[dtype], limits)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "shape",
    [(2, 1), (2, 3000), (3, 70000), (257, 256), (1000, 1), (4099, 7), (20001, 33)],
    ids=str,
)
@pytest.mark.parametrize("mean", [0, 1.9, 2.1, 10])
def test_batch_norm_of_many_blocks(shape, mean, dtype):
    # The drawn batches fit into one block; these have several, folded rows and a remainder. With
    # means below 2 standard deviations x is squared as it is, above after its mean is subtracted.
    rng = np.random.default_rng(3)
    layer = LAYERS["batch_norm"]
    arguments = (rng.standard_normal(shape) + mean, *rng.standard_normal((2, shape[1])))
    arguments = cast(arguments, dtype)
    dy = rng.standard_normal(shape).astype(dtype)
    wide = cast(arguments, np.float64)
    expected = theirs(layer, wide, (1e-5,), dy.astype(float))
    limits = floors(layer, wide, (1e-5,), dy.astype(float))
    assert_close(ours(layer, arguments, (1e-5,), dy), expected, TOLERANCE[dtype], limits)


@pytest.mark.parametrize("mean", [1e3, 1e6])
@pytest.mark.parametrize(
    "name", ["batch_norm", "spatial_batch_norm", "layer_norm", "instance_norm", "group_norm"]
)
def test_large_means_lose_no_more_digits_than_in_torch(name, mean):
    rng = np.random.default_rng(4)
    layer = LAYERS[name]
    shape = (64, 32) if name in ("batch_norm", "layer_norm") else (4, 6, 5, 7)
    size = shape[-1] if name == "layer_norm" else shape[1]
    extra = (3,) if name == "group_norm" else ()
    x = rng.standard_normal(shape) + mean
    arguments = cast((x, *rng.standard_normal((2, size)), *extra), np.float32)
    dy = rng.standard_normal(shape).astype(np.float32)
    exact = theirs(layer, cast(arguments, np.float64), (1e-5,), dy.astype(float))
    for a, b, c in zip(
        ours(layer, arguments, (1e-5,), dy),
        theirs(layer, arguments, (1e-5,), dy),
        exact,
        strict=True,
    ):
        scale = np.abs(c).max()
        # 1e-6 is float32 rounding: below it the comparison would be one of luck.
        assert np.abs(a - c).max() / scale <= max(np.abs(b - c).max() / scale, 1e-6)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2, 5)], ids=str)
def test_batch_norm_inference(shape, dtype):
    rng = np.random.default_rng(5)
    x = rng.standard_normal(shape).astype(dtype)
    gamma, beta, mean, var = rng.standard_normal((4, 3)).astype(dtype)
    var = var**2
    t = torch.from_numpy
    for eps in (1e-5, 0.5):
        y = bnlib.batch_norm_inference(x, gamma, beta, mean, var, eps)
        expected = torch.nn.functional.batch_norm(
            t(x), t(mean), t(var), t(gamma), t(beta), False, 0.1, eps
        ).numpy()
        assert y.dtype == dtype
        np.testing.assert_allclose(y, expected, rtol=0, atol=TOLERANCE[dtype] * 100)
