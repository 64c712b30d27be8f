"""Statistics over seeds: what a change did, with an interval, an effect size and a head count.

Two conditions are run with the same seeds, so that both begin with the same weights and see the
same batches. What is left between them is the change itself, and the difference of each pair is
one measurement of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bnlib.lab.student_t import t_quantile

LEVEL = 0.95


class Estimate(NamedTuple):
    """The mean of one number a seed.

    Attributes:
        mean: the arithmetic mean; of ``ratio`` the geometric one.
        low, high: the ends of the 95 % t interval of that mean.
        effect: Cohen's d of a paired difference: the mean divided by the standard deviation
            over seeds (of a ratio: of its logarithm); for plain values the same against 0.
        share: the share of the seeds on the side of 0 (of a ratio: of 1) on which the mean lies.
        seeds: how many there were.
    """

    mean: float
    low: float
    high: float
    effect: float
    share: float
    seeds: int

    def __format__(self, spec: str) -> str:
        """The mean with its interval, each number in the given format: 9.5 [8.2, 11.0]."""
        spec = spec or ".3g"
        low, high = format(self.low, spec), format(self.high, spec)
        return f"{format(self.mean, spec)} [{low}, {high}]"


def estimate(values) -> Estimate:
    """The mean of one value a seed, with its interval.

    Raises ValueError for fewer than two values or one that is not finite.
    """
    values = _checked("values", values)
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    half = t_quantile((1 + LEVEL) / 2, len(values) - 1) * spread / np.sqrt(len(values))
    # Values that agree to rounding have no spread to speak of; the effect is then without bound.
    effect = mean / spread if spread > 1e-15 * abs(mean) else float(np.copysign(np.inf, mean))
    share = float(np.mean(np.sign(values) == np.sign(mean)))
    return Estimate(mean, mean - half, mean + half, effect, share, len(values))


def difference(after, before) -> Estimate:
    """The paired difference after - before, one pair a seed.

    Raises ValueError if all pairs are equal: a switch that changed nothing was not switched.
    """
    after, before = _pair(after, before)
    return estimate(after - before)


def ratio(after, before) -> Estimate:
    """The paired ratio after / before: geometric mean and interval, computed on logarithms.

    Raises ValueError if all pairs are equal, or if a value is not positive.
    """
    after, before = _pair(after, before)
    if min(after.min(), before.min()) <= 0:
        raise ValueError("a ratio needs positive values")
    logs = estimate(np.log(after) - np.log(before))
    mean, low, high = (float(np.exp(v)) for v in logs[:3])
    return Estimate(mean, low, high, *logs[3:])


def _pair(after, before):
    after, before = _checked("after", after), _checked("before", before)
    if after.shape != before.shape:
        raise ValueError(f"pairs are made by seed; got {after.shape} and {before.shape} values")
    if np.array_equal(after, before):
        raise ValueError("both conditions gave the same in every seed: nothing was switched")
    return after, before


def _checked(name: str, values) -> np.ndarray:
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"{name} must hold one number a seed, two at least; got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} must be finite; got {values}")
    return values
