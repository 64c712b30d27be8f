"""Questions that are put to every library in the same way, through a layer with one interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

Array = np.ndarray


class Layer(Protocol):
    """A library's batch norm, seen as functions of NumPy arrays."""

    def train(self, x: Array) -> Array:
        """The output in training mode; the running statistics move."""

    def infer(self, x: Array) -> Array:
        """The output at inference."""

    def numbers(self) -> tuple[Array, Array, Array, Array]:
        """gamma, beta, running mean and running variance."""


Make = Callable[..., Layer]  # features, and the library's own options

BATCH, RUNNING = "the batch's statistics", "the running statistics"
OLD, NEW = "the old value", "the new value"


def column(*values: float) -> Array:
    return np.array(values, np.float32)[:, None]


def digits(value: float, count: int = 4) -> float:
    """A number as it is printed, so that rounding in float32 is not part of the answer."""
    return float(f"{float(value):.{count}g}")


def share(make: Make, **options) -> float:
    layer = make(1, **options)
    layer.train(column(0, 2))
    return digits(layer.numbers()[2][0])


def epsilon(y: Callable[[Array], Array], scale: float = 1e-3) -> float:
    """eps, from what becomes of -a and a: y = a / sqrt(a^2 + eps)."""
    out = float(np.abs(y(column(-scale, scale))).mean())
    return digits(scale**2 * (1 / out**2 - 1), 3)


def epsilon_of_row(y: Callable[[Array], Array], scale: float = 1e-3) -> float:
    """The same for a norm over features: one row of as many -a as a."""
    row = np.tile(np.array([-scale, scale], np.float32), 32)[None]
    return epsilon(lambda _: y(row), scale)


def divisor(squares: float, variance: float, count: int, name: str = "N") -> str:
    """By what the sum of squares was divided, in words."""
    found = squares / variance
    for off, words in ((0, name), (1, f"{name} - 1")):
        if abs(found - (count - off)) < 0.05:
            return words
    return f"{found:.3f} for {count} values"


def uses(y: Array, x: Array, running: tuple[float, float]) -> str:
    """Which statistics turned x into y: the batch's, or the given running mean and variance."""
    mean, var = running
    candidates = {BATCH: (x - x.mean()) / x.std(), RUNNING: (x - mean) / np.sqrt(var)}
    close = [name for name, z in candidates.items() if np.allclose(y, z, rtol=5e-3, atol=5e-3)]
    return close[0] if len(close) == 1 else "neither"


def moved(layer: Layer, call: Callable[[], object]) -> str:
    before = layer.numbers()[2:]
    call()
    after = layer.numbers()[2:]
    same = all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    return "no" if same else "yes"


def raised(call: Callable[[], object]) -> str:
    """The name of the error that a call ends with, or "no error"."""
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "no error"


def rounded_rows() -> Array:
    """4096 rows around 8 that bfloat16 holds exactly; their mean it does not."""
    steps = np.random.default_rng(2).integers(-16, 16, (4096, 1))
    return (8 + steps / 16).astype(np.float32)


def precision(mean: float, kept_as: str) -> str:
    """How exact a mean of ``rounded_rows`` is, and in which type it is kept."""
    error = abs(mean / rounded_rows().mean(dtype=np.float64) - 1)
    # bfloat16 has 8 bits: the mean, 8 and a little, would be off by more than 1e-4.
    return kept_as if error < 1e-5 else f"{kept_as}, but only to {error:.0e}"


def images() -> Array:
    """Four images of 2 x 3 positions with one channel, (N, C, H, W)."""
    return np.random.default_rng(1).normal(0, 2, (4, 1, 2, 3)).astype(np.float32)


def masked(y: Array, mean: float) -> str:
    """What a layer did with the rows 1 and 3 and a masked row 20, from its output and mean."""
    counted = "not counted" if abs(mean - 2) < 1e-3 else f"counted (mean {mean:.3g})"
    # By the mean 2 and deviation 1 of the other two, 20 becomes 18.
    there = "normalized like the others" if abs(y[2] - 18) < 0.1 else f"comes out as {y[2]:.3g}"
    return f"{counted} in the statistics, {there}"


def groups_of(y: Callable[[Array], Array], channels: int = 64) -> int:
    """In how many groups a group norm puts 64 channels: those that one changed channel moves."""
    x = np.random.default_rng(3).normal(size=(1, 4, channels)).astype(np.float32)
    other = x.copy()
    other[0, :, 0] += 1
    change = np.abs(y(other) - y(x)).max((0, 1))
    return channels // int(np.sum(change > 1e-6))


def new_variance(layer: Layer, new: float, x: Array, count: int, name: str) -> str:
    """By what the variance divides that enters a new layer's running variance with share new."""
    layer.train(x)
    variance = (layer.numbers()[3][0] - (1 - new)) / new
    return divisor(np.sum((x - x.mean()) ** 2), variance, count, name)
