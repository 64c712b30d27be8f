"""Folding: the folded layer equals the layer followed by batch norm, in inference mode."""

import importlib.util

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, repeatable, seeds

from bnlib.folding import fold_conv, fold_linear
from bnlib.norms import batch_norm_inference

if importlib.util.find_spec("torch"):
    import torch
    from torch.nn import functional

needs_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")


@st.composite
def folds(draw, kernel=()):
    """w, b or None, gamma, beta, mean, var, eps."""
    out, into = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    w, vectors = draw(arrays((out, into, *kernel))), [draw(arrays((out,))) for _ in range(5)]
    b, gamma, beta, mean, var = vectors
    b = draw(st.sampled_from([b, None]))
    return w, b, gamma, beta, mean, np.square(var), draw(st.sampled_from([1e-5, 0.5]))


@repeatable
@given(arguments=folds(), seed=seeds)
def test_folded_linear_equals_linear_then_batch_norm(arguments, seed):
    w, b, *norm = arguments
    x = np.random.default_rng(seed).standard_normal((7, w.shape[1]))
    expected = batch_norm_inference(x @ w.T + (0 if b is None else b), *norm)
    folded, bias = fold_linear(*arguments)
    # Relative to the largest term: the sums of both may cancel.
    atol = 1e-12 * (np.abs(x) @ np.abs(folded.T) + np.abs(bias) + 1).max()
    np.testing.assert_allclose(x @ folded.T + bias, expected, rtol=1e-12, atol=atol)


@needs_torch
@repeatable
@given(arguments=folds(kernel=(3, 2)), padding=st.integers(0, 2), seed=seeds)
def test_folded_conv_equals_conv_then_batch_norm(arguments, padding, seed):
    tensors = [None if a is None else torch.tensor(a) for a in arguments[:-1]]
    w, b, gamma, beta, mean, var = tensors
    x = torch.tensor(np.random.default_rng(seed).standard_normal((2, w.shape[1], 5, 4)))
    y = functional.conv2d(x, w, b, padding=padding)
    expected = functional.batch_norm(y, mean, var, gamma, beta, False, 0.1, arguments[-1])
    folded, bias = (torch.tensor(a) for a in fold_conv(*arguments))
    actual = functional.conv2d(x, folded, bias, padding=padding)
    size = functional.conv2d(x.abs(), folded.abs(), bias.abs(), padding=padding).max() + 1
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12 * float(size))


@needs_torch
def test_folded_modules_in_eval_mode():
    torch.manual_seed(0)
    pair = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3, eps=0.5)).double()
    with torch.no_grad():
        for parameter in pair.parameters():
            parameter.normal_()
        for _ in range(3):
            pair(torch.randn(8, 4).double() + 2)  # moves the running statistics
        linear, norm = pair.eval()
        arrays = (linear.weight, linear.bias, norm.weight, norm.bias)
        arrays += (norm.running_mean, norm.running_var)
        w, b = fold_linear(*(a.numpy() for a in arrays), norm.eps)
        x = torch.randn(5, 4).double()
        np.testing.assert_allclose(x.numpy() @ w.T + b, pair(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("fold", "kernel"), [(fold_linear, ()), (fold_conv, (3, 2))])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_no_argument_is_changed(fold, kernel, dtype):
    rng = np.random.default_rng(0)
    w = rng.standard_normal((3, 4, *kernel)).astype(dtype)
    rest = [rng.random(3).astype(dtype) for _ in range(5)]
    before = [a.copy() for a in (w, *rest)]
    folded, bias = fold(w, *rest, 1e-5)
    assert folded.dtype == bias.dtype == dtype
    assert folded.shape == w.shape
    assert bias.shape == (3,)
    for a, b in zip((w, *rest), before, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not any(np.shares_memory(r, a) for r in (folded, bias) for a in (w, *rest))


def test_a_variance_of_zero_folds():
    one = np.ones(1)
    w, b = fold_linear(np.array([[2.0]]), None, one, one, 3 * one, 0 * one, 0.25)
    np.testing.assert_allclose([w[0, 0], b[0]], [4, -5])


NAMES = ("w", "b", "gamma", "beta", "mean", "var", "eps")
BAD = [
    ("w", np.ones(3), "axes"),
    ("w", np.ones((3, 2, 2)), "axes"),
    ("w", "integers", "dtype int"),
    ("w", "nan", "NaN"),
    *((name, np.ones(4), r"must have shape \([CD],\) = \(3,\)") for name in NAMES[1:6]),
    *((name, np.ones((3, 1)), "axes") for name in NAMES[1:6]),
    *((name, np.ones(3, int), "dtype int") for name in NAMES[1:6]),
    *((name, np.array([1, np.nan, 1]), "NaN") for name in NAMES[1:6]),
    ("var", np.array([1.0, -0.1, 1.0]), ">= 0"),
    *(("eps", eps, "must be") for eps in (0, -1.0, np.nan, "x")),
]


@pytest.mark.parametrize(("fold", "kernel"), [(fold_linear, ()), (fold_conv, (3, 2))])
@pytest.mark.parametrize(("name", "value", "message"), BAD)
def test_bad_arguments_are_named(fold, kernel, name, value, message):
    w = np.ones((3, 2, *kernel))
    given_ = dict(zip(NAMES, (w, *[np.ones(3)] * 5, 1e-5), strict=True))
    if isinstance(value, str) and name == "w":
        value = w.astype(int) if value == "integers" else w * np.nan
    given_[name] = value
    with pytest.raises(ValueError, match=f"^{name} .*{message}"):
        fold(**given_)
