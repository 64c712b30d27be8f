"""Wrong gradients of dynamic tanh: (dy, cache) -> (dx, dalpha, dgamma, dbeta)."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault


def backward(dy, cache):
    """The right one."""
    return _through(lambda c: 1 - c.tanh**2)(dy, cache)


def leading(dy):
    """All axes but the last."""
    return tuple(range(dy.ndim - 1))


def inner(dy, c):
    """The gradient of alpha * x."""
    return dy * c.gamma * (1 - c.tanh**2)


def _through(slope):
    """The whole backward pass with this in the place of the slope of the tanh."""

    def wrong(dy, c):
        through, rows = dy * c.gamma * slope(c), leading(dy)
        return (
            through * c.alpha,
            (through * c.x).sum(),
            (dy * c.tanh).sum(axis=rows),
            dy.sum(axis=rows),
        )

    return wrong


FAULTS: list[Fault] = []
_STUDENTS = "students' repositories"


def _both(id, advice, slope, source=""):
    FAULTS.append(Fault(id, advice, _through(slope), source=source))


def replacing(position, faults):
    """A function that adds a fault of one gradient, all others right, to a list."""

    def add(id, advice, step, source=""):
        def wrong(dy, cache):
            out = list(backward(dy, cache))
            out[position] = step(dy, cache)
            return tuple(out)

        faults.append(Fault(id, advice, wrong, source=source))

    return add


_dx, _dalpha = replacing(0, FAULTS), replacing(1, FAULTS)

_both(
    "tanh-not-squared",
    "The slope in your dx is 1 - tanh. That of a tanh is 1 less its square; at 0 it is 1, and it "
    "falls to both sides.",
    lambda c: 1 - c.tanh,
)
_both(
    "slope-plus",
    "The slope in your dx is 1 + tanh^2, which grows where the tanh is flat. The sign is wrong.",
    lambda c: 1 + c.tanh**2,
)
_both(
    "slope-sign",
    "The sign of your slope is reversed: a tanh rises everywhere.",
    lambda c: c.tanh**2 - 1,
)
_both(
    "slope-missing",
    "The slope of the tanh is missing: your dx and dalpha are those of a straight line.",
    lambda c: 1.0,
)
_both(
    "slope-is-tanh",
    "The tanh itself stands where its slope belongs.",
    lambda c: c.tanh,
)
_both(
    "slope-is-square",
    "Your slope is tanh^2, which is 0 in the middle. That of a tanh is 1 there.",
    lambda c: c.tanh**2,
)
_both(
    "slope-of-sigmoid",
    "Your slope is that of a sigmoid, s (1 - s), with the tanh put in. The tanh has another one.",
    lambda c: c.tanh * (1 - c.tanh),
)
_both(
    "slope-of-root",
    "You take the root of the slope.",
    lambda c: np.sqrt(1 - c.tanh**2),
)
_both(
    "slope-squared",
    "The slope of the tanh enters twice.",
    lambda c: (1 - c.tanh**2) ** 2,
)
_both(
    "tanh-of-tanh",
    "You take the tanh of what is a tanh already. The slope is 1 less the square of "
    "the cached one.",
    lambda c: 1 - np.tanh(c.tanh) ** 2,
)
_both(
    "slope-at-x",
    "Your slope is taken at x. The forward pass took the tanh at alpha * x.",
    lambda c: 1 - np.tanh(c.x) ** 2,
)
_both(
    "slope-of-x",
    "Your slope is 1 - x^2. It is the tanh that is squared, not its argument.",
    lambda c: 1 - c.x**2,
)
_both(
    "slope-of-argument",
    "Your slope is 1 - (alpha x)^2. It is the tanh that is squared, not its argument.",
    lambda c: 1 - (c.alpha * c.x) ** 2,
)
_both(
    "slope-of-scaled",
    "The tanh in your slope is multiplied by gamma. The slope is that of the tanh before it is "
    "scaled.",
    lambda c: 1 - (c.gamma * c.tanh) ** 2,
)
_both(
    "gamma-lost",
    "gamma is lost from dx and dalpha. dy passes through the scaling before it reaches the tanh.",
    lambda c: (1 - c.tanh**2) / c.gamma,
    source=_STUDENTS,
)
_both(
    "gamma-twice",
    "gamma enters dx and dalpha twice.",
    lambda c: (1 - c.tanh**2) * c.gamma,
)
_both(
    "gamma-divides",
    "You divide by gamma on the way back. It multiplies, as on the way forward.",
    lambda c: (1 - c.tanh**2) / c.gamma**2,
)
_dx(
    "dx-without-alpha",
    "alpha is missing from your dx. It multiplies x, so it multiplies the gradient.",
    lambda dy, c: inner(dy, c),
)
_dx("dx-alpha-twice", "alpha enters your dx twice.", lambda dy, c: inner(dy, c) * c.alpha**2)
_dx(
    "dx-divided-by-alpha",
    "Your dx is divided by alpha. It is multiplied by it.",
    lambda dy, c: inner(dy, c) / c.alpha,
)
_dx(
    "dx-alpha-absolute",
    "Your dx uses the size of alpha without its sign.",
    lambda dy, c: inner(dy, c) * abs(c.alpha),
)
_dx(
    "dx-with-x",
    "Your dx holds a factor x in the place of alpha: that is the derivative by alpha.",
    lambda dy, c: inner(dy, c) * c.x,
)
_dx(
    "dx-without-slope",
    "The slope of the tanh is missing from your dx. Where the tanh is flat, nothing passes.",
    lambda dy, c: dy * c.gamma * c.alpha,
)
_dx(
    "dx-without-gamma",
    "gamma is lost from your dx. dy passes through the scaling before it reaches the tanh.",
    lambda dy, c: inner(dy, c) / c.gamma * c.alpha,
    source=_STUDENTS,
)
_dx(
    "dx-centred",
    "You subtract the mean of dx over the batch. No mean was taken on the way forward.",
    lambda dy, c: inner(dy, c) * c.alpha - (inner(dy, c) * c.alpha).mean(axis=0),
)
_dx(
    "dx-summed",
    "Your dx is summed over the batch. Each row has its own gradient.",
    lambda dy, c: (inner(dy, c) * c.alpha).sum(axis=leading(dy)),
)
_dx(
    "dx-is-dy",
    "Your dx is dy, as if nothing stood between.",
    lambda dy, c: dy.copy(),
    source=_STUDENTS,
)
_dx("dx-zeros", "Your dx is zero everywhere.", lambda dy, c: np.zeros_like(dy), source=_STUDENTS)

_dalpha(
    "dalpha-a-feature",
    "Your dalpha is one number a feature. There is one alpha for all features: sum over them too.",
    lambda dy, c: (inner(dy, c) * c.x).sum(axis=leading(dy)),
)
_dalpha(
    "dalpha-a-row",
    "Your dalpha is summed over the features alone. There is one alpha for all rows too.",
    lambda dy, c: (inner(dy, c) * c.x).sum(axis=-1),
)
_dalpha(
    "dalpha-not-summed",
    "Your dalpha is not summed: one alpha serves every entry of x.",
    lambda dy, c: inner(dy, c) * c.x,
)
_dalpha(
    "dalpha-keepdims",
    "Your dalpha has axes of length 1 left. alpha is one number without axes, and so is its "
    "gradient.",
    lambda dy, c: (inner(dy, c) * c.x).sum(keepdims=True),
)
_dalpha(
    "dalpha-one-entry",
    "Your dalpha is an array of one entry. alpha is one number without axes, and so is its "
    "gradient.",
    lambda dy, c: (inner(dy, c) * c.x).sum().reshape(1),
)
_dalpha(
    "dalpha-repeated",
    "Your dalpha is the right sum, repeated for every feature. It is one number.",
    lambda dy, c: np.full(dy.shape[-1], (inner(dy, c) * c.x).sum()),
)
_dalpha(
    "dalpha-averaged",
    "Your dalpha is a mean. It is a sum: every entry of x adds its part.",
    lambda dy, c: (inner(dy, c) * c.x).mean(),
)
_dalpha(
    "dalpha-averaged-over-batch",
    "Your dalpha is averaged over the batch. It is a sum over the batch and the features.",
    lambda dy, c: (inner(dy, c) * c.x).sum() / (dy.size / dy.shape[-1]),
)
_dalpha(
    "dalpha-averaged-over-features",
    "Your dalpha is averaged over the features. It is a sum over the batch and the features.",
    lambda dy, c: (inner(dy, c) * c.x).sum() / dy.shape[-1],
)
_dalpha(
    "dalpha-without-x",
    "x is missing from your dalpha. alpha multiplies x, so each part is weighed with its x.",
    lambda dy, c: inner(dy, c).sum(),
)
_dalpha(
    "dalpha-without-gamma",
    "gamma is missing from your dalpha: dy passes through the scaling first.",
    lambda dy, c: (dy * (1 - c.tanh**2) * c.x).sum(),
)
_dalpha(
    "dalpha-without-slope",
    "The slope of the tanh is missing from your dalpha.",
    lambda dy, c: (dy * c.gamma * c.x).sum(),
)
_dalpha(
    "dalpha-with-alpha",
    "Your dalpha holds a factor alpha, as dx does. The derivative of alpha * x by alpha is "
    "x alone.",
    lambda dy, c: (inner(dy, c) * c.x).sum() * c.alpha,
)
_dalpha(
    "dalpha-divided-by-alpha",
    "Your dalpha is divided by alpha.",
    lambda dy, c: (inner(dy, c) * c.x).sum() / c.alpha,
)
_dalpha(
    "dalpha-with-tanh",
    "Your dalpha is weighed with the tanh. What alpha multiplies is x.",
    lambda dy, c: (inner(dy, c) * c.tanh).sum(),
)
_dalpha(
    "dalpha-as-gamma",
    "Your dalpha is the sum of dgamma, as if alpha stood outside of the tanh.",
    lambda dy, c: (dy * c.tanh).sum(),
)
_dalpha(
    "dalpha-as-outside",
    "Your dalpha is that of an alpha outside of the tanh, beside gamma. It stands inside.",
    lambda dy, c: (dy * c.gamma * c.tanh).sum(),
)
_dalpha(
    "dalpha-alpha-for-gamma",
    "alpha stands in your dalpha where gamma belongs. Was the cache unpacked in another order than "
    "(x, tanh, alpha, gamma)?",
    lambda dy, c: (dy * c.alpha * (1 - c.tanh**2) * c.x).sum(),
    source=_STUDENTS,
)
_dalpha(
    "dalpha-sign",
    "The sign of your dalpha is reversed.",
    lambda dy, c: -(inner(dy, c) * c.x).sum(),
)
_dalpha("dalpha-zero", "Your dalpha is 0. alpha is learned too.", lambda dy, c: 0.0)
_dalpha("dalpha-none", "Your dalpha is None. alpha is learned too.", lambda dy, c: None)
