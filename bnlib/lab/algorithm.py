"""Experiments of chapter 4: how straight an activation is, what the next layer sees, rounding."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Array = np.ndarray


class LineFit(NamedTuple):
    """The line slope * z + intercept nearest to a function of z ~ N(0, 1), and its R^2."""

    slope: float
    intercept: float
    r2: float


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)), written with tanh so that no exponential overflows."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z)))


def relu(z: Array) -> Array:
    """max(z, 0)."""
    return np.maximum(z, 0)


def line_fit(f: Callable[[Array], Array], gamma: float = 1.0, beta: float = 0.0) -> LineFit:
    """Fit a line to f(gamma z + beta) by least squares over z ~ N(0, 1).

    The expectations are sums on a fine grid under the normal density, so nothing is sampled:
    slope = E[z f], intercept = E[f], R^2 = slope^2 / Var[f].
    """
    z = np.linspace(-9, 9, 18_001)
    weight = np.exp(-0.5 * z**2)
    weight /= weight.sum()
    value = f(gamma * z + beta)
    intercept = float(weight @ value)
    slope = float(weight @ (z * value))
    spread = float(weight @ (value - intercept) ** 2)
    return LineFit(slope, intercept, slope**2 / spread)


# The variance of the last axis, four ways. Each keeps the dtype of x through every operation.


def one_pass_variance(x: Array) -> Array:
    """E[x^2] - E[x]^2: one reading of the data, and a subtraction of two near-equal numbers."""
    return np.mean(x * x, axis=-1) - np.mean(x, axis=-1) ** 2


def two_pass_variance(x: Array) -> Array:
    """E[(x - E[x])^2]: the mean first, then the squared deviations from it."""
    deviation = x - np.mean(x, axis=-1, keepdims=True)
    return np.mean(deviation * deviation, axis=-1)


def welford_variance(x: Array) -> Array:
    """Welford's update (Technometrics 1962): one reading, one value at a time."""
    mean = np.zeros_like(x[..., 0])
    m2 = np.zeros_like(mean)
    for n, value in enumerate(np.moveaxis(x, -1, 0), start=1):
        delta = value - mean
        mean = mean + delta / x.dtype.type(n)
        m2 = m2 + delta * (value - mean)
    return m2 / x.dtype.type(x.shape[-1])


def chunked_variance(x: Array, chunks: int = 8) -> Array:
    """Two passes in each chunk, chunks merged by Chan, Golub and LeVeque (1983)."""
    real = x.dtype.type
    count, mean, m2 = 0, np.zeros_like(x[..., 0]), np.zeros_like(x[..., 0])
    for part in np.array_split(x, chunks, axis=-1):
        n = part.shape[-1]
        part_mean = np.mean(part, axis=-1)
        delta = part_mean - mean
        m2 = m2 + two_pass_variance(part) * real(n) + delta**2 * real(count * n / (count + n))
        mean = mean + delta * real(n / (count + n))
        count += n
    return m2 / real(count)


VARIANCES = {
    "one pass": one_pass_variance,
    "two passes": two_pass_variance,
    "Welford": welford_variance,
    "chunks merged": chunked_variance,
}


class VarianceErrors(NamedTuple):
    """Relative errors of float32 variances against the mean/std ratio of the data.

    errors: name of the method -> (ratios,) mean relative error over the draws.
    negative: (ratios,) share of the draws where the one-pass variance came out below zero.
    """

    ratios: Array
    errors: dict[str, Array]
    negative: Array


def variance_errors(ratios: Array, n: int = 256, draws: int = 200, seed: int = 4) -> VarianceErrors:
    """Compute the variance of n float32 values of std 1 and mean `ratio` in four ways.

    The reference is the two-pass variance, in float64, of the same float32 values: the error
    counted is the method's own, not that of storing the data.
    """
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((draws, n))
    errors = {name: [] for name in VARIANCES}
    negative = []
    for ratio in ratios:
        x = (z + ratio).astype(np.float32)
        true = two_pass_variance(x.astype(np.float64))
        found = {name: variance(x) for name, variance in VARIANCES.items()}
        for name, value in found.items():
            errors[name].append(np.mean(np.abs(value - true) / true))
        negative.append(np.mean(found["one pass"] < 0))
    return VarianceErrors(
        np.asarray(ratios), {k: np.array(v) for k, v in errors.items()}, np.array(negative)
    )
