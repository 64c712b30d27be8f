"""Experiments of chapter 6 on statistics alone: what the variance of a batch is worth.

Every number has a value that theory gives; the figures and tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma
from typing import NamedTuple

import numpy as np

from bnlib.data import digits

Array = np.ndarray


class VarianceBias(NamedTuple):
    """The mean variance of many batches, divided by the true variance.

    Attributes:
        sizes: (K,), examples of a batch.
        biased: (S, K), one row a seed: squared deviations divided by the number of values.
        bessel: (S, K): divided by the number of values less one.
        theory: (S, K) or (K,): the expectation of ``biased``.
    """

    sizes: tuple[int, ...]
    biased: Array
    bessel: Array
    theory: Array


def independent(
    seeds: Sequence[int], sizes: Sequence[int] = (2, 4, 8), draws: int = 300_000
) -> VarianceBias:
    """Batches of independent standard normal values; in theory the biased variance is (m - 1)/m."""
    biased = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        biased.append([rng.standard_normal((draws, m)).var(axis=1).mean() for m in sizes])
    return _corrected(sizes, 1, np.array(biased), 1 - 1 / np.array(sizes))


def channels(seed: int, layer: int, count: int = 8) -> Array:
    """What the channels of a small convolutional network say of the digits, (1797, count, P).

    Three layers of random 3 x 3 filters without padding, standardized and rectified in between:
    6 x 6, 4 x 4, 2 x 2 positions. What is returned is that of layer 1, 2 or 3 before its ReLU.
    """
    parts = digits()
    x = np.concatenate([parts.x_train, parts.x_test]).reshape(-1, 1, 8, 8) / 16
    rng = np.random.default_rng(seed)
    for place in range(1, layer + 1):
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
        weights = rng.standard_normal((count, x.shape[1], 3, 3))
        x = np.einsum("nchwij,ocij->nohw", windows, weights, optimize=True)
        if place < layer:
            means, deviations = (f(x, axis=(0, 2, 3), keepdims=True) for f in (np.mean, np.std))
            x = np.maximum((x - means) / deviations, 0)
    return x.reshape(*x.shape[:2], -1)


def shared(values: Array) -> Array:
    """The variance of the images' means as a share of the variance of all values, per channel.

    values: (N, C, P). It says what the positions of an image have in common: 1/P if they are
    independent, 1 if they are equal; below 1/P where a high value makes the others low.
    """
    return values.mean(axis=2).var(axis=0) / values.var(axis=(0, 2))


def images(
    seeds: Sequence[int], layer: int, sizes: Sequence[int] = (1, 2, 4, 8, 16), draws: int = 2000
) -> VarianceBias:
    """Batches of whole images, drawn with replacement; N images give N P values of a channel.

    In theory the biased variance is 1 - shared/N: images are independent, their positions are
    not. Means over eight channels; a seed has filters and batches of its own.
    """
    biased, theory = [], []
    for seed in seeds:
        values = channels(seed, layer)
        rng, true = np.random.default_rng([seed, 6]), values.var(axis=(0, 2))
        found = []
        for n in sizes:
            rows = rng.integers(len(values), size=(draws, n))
            found.append((values[rows].var(axis=(1, 3)).mean(axis=0) / true).mean())
        biased.append(found)
        theory.append(1 - shared(values).mean() / np.array(sizes))
    return _corrected(sizes, values.shape[2], np.array(biased), np.array(theory))


def smooth_noise(
    seeds: Sequence[int], sizes: Sequence[int] = (1, 2, 4, 8, 16), draws: int = 2000, side: int = 6
) -> VarianceBias:
    """Batches of noise in which each pixel is the mean of a 3 x 3 square of independent values.

    Pixels k apart in a row have the correlation 1 - k/3, and what those of an image share is the
    square of the mean of these over all pairs of a row.
    """
    biased = []
    for seed in seeds:
        rng, found = np.random.default_rng([seed, 7]), []
        for n in sizes:
            white = rng.standard_normal((draws, n, side + 2, side + 2))
            rows = white[..., :-2, :] + white[..., 1:-1, :] + white[..., 2:, :]
            x = (rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]) / 3
            found.append(x.var(axis=(1, 2, 3)).mean())
        biased.append(found)
    apart = np.abs(np.subtract.outer(np.arange(side), np.arange(side)))
    common = np.maximum(1 - apart / 3, 0).mean() ** 2
    return _corrected(sizes, side**2, np.array(biased), 1 - common / np.array(sizes))


def _corrected(sizes, positions: int, biased: Array, theory: Array) -> VarianceBias:
    count = np.array(sizes) * positions
    return VarianceBias(tuple(sizes), biased, biased * count / (count - 1), theory)


def expected_deviation(n: int) -> float:
    """E[s] of n standard normal values, s the root of their biased variance.

    sqrt(2/n) Gamma(n/2) / Gamma((n - 1)/2), the mean of a chi variable with n - 1 degrees.
    """
    return float(np.sqrt(2 / n) * np.exp(lgamma(n / 2) - lgamma((n - 1) / 2)))


def distance_of_modes(
    sizes: Sequence[int], values: int = 400_000, seed: int = 66
) -> tuple[Array, Array]:
    """How far batch statistics put a value from where exact population statistics put it.

    The root mean square of xhat - (x - mu) / sigma over normal x, measured, and in theory
    sqrt(2 - 2 E[s]). Returns two arrays, one entry a batch size.
    """
    rng = np.random.default_rng(seed)
    measured, theory = [], []
    for n in sizes:
        x = rng.standard_normal((values // n, n))
        xhat = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
        measured.append(np.sqrt(np.mean((xhat - x) ** 2)))
        theory.append(np.sqrt(2 - 2 * expected_deviation(n)))
    return np.array(measured), np.array(theory)


class Devices(NamedTuple):
    """The variance of a feature whose rows lie on several devices, found in three ways.

    Attributes:
        merged: from count, mean and variance of each device; exact.
        averaged: the average of the devices' variances.
        true: of all rows in one array.
    """

    merged: float
    averaged: float
    true: float


def on_devices(parts: Sequence[Array]) -> Devices:
    """Statistics of rows that lie on several devices, each part (n_i,), in float64."""
    counts = np.array([len(p) for p in parts])
    means = np.array([p.mean() for p in parts])
    variances = np.array([p.var() for p in parts])
    # What an all-reduce adds up: n, n mean and n (variance + squared distance from the mean).
    mean = counts @ means / counts.sum()
    merged = counts @ (variances + (means - mean) ** 2) / counts.sum()
    return Devices(float(merged), float(variances.mean()), float(np.concatenate(parts).var()))
