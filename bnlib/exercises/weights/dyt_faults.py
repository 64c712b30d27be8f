"""Dynamic tanh, right and wrong: (x, alpha, gamma, beta) -> (y, cache)."""

from __future__ import annotations

import numpy as np

from bnlib.cache import DyTCache
from bnlib.exercises.algorithm.faults import Fault


def given_forward(x, alpha, gamma, beta):
    """A right forward pass with the documented cache."""
    tanh = np.tanh(alpha * x)
    return gamma * tanh + beta, DyTCache(x, tanh, alpha, gamma)


FAULTS: list[Fault] = []


def _fault(id, advice, step, source=""):
    FAULTS.append(Fault(id, advice, lambda x, a, g, b: (step(x, a, g, b), None), source=source))


def _squashed_by(squash):
    return lambda x, a, g, b: g * squash(a * x) + b


_fault(
    "alpha-missing",
    "alpha has no effect on your y. It multiplies x before the tanh.",
    lambda x, a, g, b: g * np.tanh(x) + b,
)
_fault(
    "alpha-outside",
    "alpha stands outside of your tanh. It multiplies x, so that it sets how steep the tanh is.",
    lambda x, a, g, b: g * a * np.tanh(x) + b,
)
_fault(
    "alpha-outside-too",
    "alpha enters twice, in the tanh and outside of it. Inside is its place.",
    lambda x, a, g, b: g * a * np.tanh(a * x) + b,
)
_fault(
    "alpha-divides",
    "You divide x by alpha. It multiplies: a larger alpha makes the tanh steeper.",
    lambda x, a, g, b: g * np.tanh(x / a) + b,
)
_fault(
    "alpha-added",
    "You add alpha to x. It multiplies.",
    lambda x, a, g, b: g * np.tanh(x + a) + b,
)
_fault(
    "alpha-squared",
    "alpha enters your tanh twice.",
    lambda x, a, g, b: g * np.tanh(a * a * x) + b,
)
_fault(
    "alpha-absolute",
    "You use the size of alpha without its sign. A negative alpha turns the curve around.",
    lambda x, a, g, b: g * np.tanh(abs(a) * x) + b,
)
_fault(
    "alpha-hard-coded",
    "Your y does not follow the alpha that was passed: it is that of alpha = 0.5, a usual first "
    "value. Use the argument.",
    lambda x, a, g, b: g * np.tanh(0.5 * x) + b,
)
_fault(
    "tanh-missing",
    "Your y is a straight line in x: the tanh is missing.",
    lambda x, a, g, b: g * a * x + b,
)
_fault(
    "tanh-twice",
    "Your tanh is taken twice.",
    _squashed_by(lambda z: np.tanh(np.tanh(z))),
)
_fault(
    "gamma-inside",
    "gamma stands inside of your tanh. It scales what comes out.",
    lambda x, a, g, b: np.tanh(g * a * x) + b,
)
_fault(
    "beta-inside",
    "beta stands inside of your tanh. It shifts what comes out.",
    lambda x, a, g, b: g * np.tanh(a * x + b),
)
_fault(
    "gamma-and-beta-inside",
    "gamma and beta stand inside of your tanh. They scale and shift what comes out.",
    lambda x, a, g, b: np.tanh(g * a * x + b),
)
_fault(
    "gamma-for-alpha",
    "gamma takes the place of alpha in your tanh, and alpha that of gamma outside.",
    lambda x, a, g, b: a * np.tanh(g * x) + b,
)
_fault(
    "gamma-missing",
    "gamma has no effect on your y. It scales the tanh, before beta is added.",
    lambda x, a, g, b: np.tanh(a * x) + b,
)
_fault(
    "beta-missing",
    "beta has no effect on your y. It is added after the scaling.",
    lambda x, a, g, b: g * np.tanh(a * x),
)
_fault(
    "affine-missing",
    "Your y is the tanh alone. gamma and beta are still to be applied.",
    lambda x, a, g, b: np.tanh(a * x),
    source="students' repositories",
)
_fault(
    "beta-before-gamma",
    "You add beta before you multiply by gamma, so that beta is scaled too. Scale first.",
    lambda x, a, g, b: g * (np.tanh(a * x) + b),
    source="students' repositories",
)
_fault(
    "gamma-beta-exchanged",
    "gamma and beta are exchanged: gamma scales, beta shifts.",
    lambda x, a, g, b: b * np.tanh(a * x) + g,
)
_fault(
    "beta-subtracted",
    "You subtract beta. It is added.",
    lambda x, a, g, b: g * np.tanh(a * x) - b,
)
_fault(
    "gamma-divides",
    "You divide by gamma. It multiplies.",
    lambda x, a, g, b: np.tanh(a * x) / g + b,
)
_fault("gamma-squared", "gamma enters your y twice.", lambda x, a, g, b: g * g * np.tanh(a * x) + b)
_fault("sign", "The sign of your tanh is reversed.", _squashed_by(lambda z: -np.tanh(z)))
_fault(
    "x-added",
    "You add x to the result, as a residual connection does. The layer gives the branch alone.",
    lambda x, a, g, b: x + g * np.tanh(a * x) + b,
)
_fault(
    "standardized-first",
    "You standardize the features of each row before the tanh. The layer takes no mean and no "
    "variance: that is its point.",
    lambda x, a, g, b: (
        g * np.tanh(a * (x - x.mean(axis=-1, keepdims=True)) / x.std(axis=-1, keepdims=True)) + b
    ),
)
_fault(
    "sigmoid",
    "You squash with the sigmoid, which runs from 0 to 1. The tanh runs from -1 to 1.",
    _squashed_by(lambda z: 1 / (1 + np.exp(-z))),
)
_fault(
    "clipped",
    "You clip at -1 and 1, which has corners. The tanh bends smoothly.",
    _squashed_by(lambda z: np.clip(z, -1, 1)),
)
_fault("arctan", "Your curve is the arctangent, not the tanh.", _squashed_by(np.arctan))
_fault("tangent", "You take the tangent. The tanh is another function.", _squashed_by(np.tan))
_fault(
    "sinh",
    "Your curve is the hyperbolic sine. The tanh is that over the cosine.",
    _squashed_by(np.sinh),
)
_fault(
    "softsign",
    "Your curve is x / (1 + |x|). It has the shape of a tanh and other values.",
    _squashed_by(lambda z: z / (1 + np.abs(z))),
)
_fault(
    "half-argument",
    "Your tanh is that of half the argument. Written with exponentials it holds e^2z, not e^z.",
    _squashed_by(lambda z: np.tanh(z / 2)),
)
_fault(
    "tanh-overflows",
    "Your tanh divides one overflowed exponential by another, and the result is no number. "
    "NumPy has a tanh that does not overflow.",
    _squashed_by(lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))),
)
_fault(
    "tanh-overflows-above",
    "For large positive values your tanh divides one overflowed exponential by another, and the "
    "result is no number. NumPy has a tanh that does not overflow.",
    _squashed_by(lambda z: (np.exp(2 * z) - 1) / (np.exp(2 * z) + 1)),
)
_fault(
    "tanh-overflows-below",
    "For large negative values your tanh divides one overflowed exponential by another, and the "
    "result is no number. NumPy has a tanh that does not overflow.",
    _squashed_by(lambda z: (1 - np.exp(-2 * z)) / (1 + np.exp(-2 * z))),
)
