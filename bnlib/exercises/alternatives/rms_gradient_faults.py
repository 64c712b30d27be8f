"""The gradient of RMS norm, right and wrong: (dy, cache) -> (dx, dgamma)."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.alternatives.faults import STUDENTS


def _dgamma(dy, cache):
    return (dy * cache.xhat).sum(axis=tuple(range(dy.ndim - 1)))


def _through(g, cache, part=1.0, axes=-1):
    """dx of dxhat = g, with the term of the root mean square weighed."""
    xhat = cache.xhat
    return cache.inv_std * (g - part * xhat * (g * xhat).mean(axis=axes, keepdims=True))


def backward(dy, cache):
    """The right one: dx = inv_rms (g - xhat mean(g xhat)) with g = gamma dy."""
    return _through(cache.gamma * dy, cache), _dgamma(dy, cache)


def _dx(dx):
    return lambda dy, cache: (dx(cache.gamma * dy, cache), _dgamma(dy, cache))


def _parameter(dgamma):
    return lambda dy, cache: (backward(dy, cache)[0], dgamma(dy, cache))


def _again(cache, eps):
    mean_square = (cache.x**2).mean(axis=-1, keepdims=True)
    return cache._replace(inv_std=1 / np.sqrt(mean_square + eps))


def _counted(count):
    return _dx(lambda g, c: _through(g, c, g.shape[-1] / count(g)))


def _not_summed(g, cache):
    return cache.inv_std * (g - cache.xhat**2 * g / g.shape[-1])


RMS_GRADIENT = (
    Fault(
        "jacobian-diagonal",
        "Your dx treats the root mean square as a constant. It is a function of all features of "
        "the example, and one more path leads through it.",
        _dx(lambda g, c: c.inv_std * g),
        source=STUDENTS,
    ),
    Fault(
        "mean-path-added",
        "Your dx has the term of a mean; that is layer norm's backward pass. RMS norm subtracts "
        "no mean, so no gradient comes from one.",
        _dx(lambda g, c: _through(g, c) - c.inv_std * g.mean(axis=-1, keepdims=True)),
    ),
    Fault(
        "rms-path-sign",
        "The term of the root mean square has the wrong sign in dx: the derivative of "
        "ms ** (-1/2) is negative.",
        _dx(lambda g, c: _through(g, c, -1.0)),
    ),
    Fault(
        "rms-path-half",
        "The term of the root mean square is half of what it should be: the derivative of a "
        "square brings a factor of 2.",
        _dx(lambda g, c: _through(g, c, 0.5)),
    ),
    Fault(
        "rms-path-double",
        "The term of the root mean square is twice too large: the derivative of ms ** (-1/2) "
        "brings a factor of 1/2.",
        _dx(lambda g, c: _through(g, c, 2.0)),
    ),
    Fault(
        "sum-not-averaged",
        "The sum in your dx is not divided by D.",
        _counted(lambda g: 1),
        source=STUDENTS,
    ),
    Fault(
        "examples-counted",
        "Your dx divides by the number of examples N. The mean of the squares was taken over the "
        "D features.",
        _counted(lambda g: g.shape[0]),
        source=STUDENTS,
    ),
    Fault(
        "bessel",
        "Your dx divides by D - 1. The forward pass took its mean over D.",
        _counted(lambda g: g.shape[-1] - 1),
    ),
    Fault(
        "extra-1-over-d",
        "Your dx is divided by D once too often.",
        _dx(lambda g, c: _through(g, c) / g.shape[-1]),
        source=STUDENTS,
    ),
    Fault(
        "factor-d",
        "Your dx is D times too large: the closed form has a factor of 1/D.",
        _dx(lambda g, c: _through(g, c) * g.shape[-1]),
        source=STUDENTS,
    ),
    Fault(
        "rms-path-not-summed",
        "The gradient of the root mean square is not summed: one divisor serves all features of "
        "an example.",
        _dx(_not_summed),
        source=STUDENTS,
    ),
    Fault(
        "xhat-factor-lost",
        "The term of the root mean square lacks its factor xhat: it is not the same for all "
        "features.",
        _dx(lambda g, c: c.inv_std * (g - (g * c.xhat).mean(axis=-1, keepdims=True))),
    ),
    Fault(
        "x-for-xhat",
        "The term of the root mean square holds x where xhat belongs.",
        _dx(lambda g, c: c.inv_std * (g - c.x * (g * c.x).mean(axis=-1, keepdims=True))),
    ),
    Fault(
        "parenthesis",
        "In your dx 1 / rms multiplies the first term alone. It stands before the whole bracket.",
        _dx(lambda g, c: c.inv_std * g - c.xhat * (g * c.xhat).mean(axis=-1, keepdims=True)),
        source=STUDENTS,
    ),
    Fault(
        "over-the-batch",
        "The mean in your dx is over the examples. It belongs to the features of each example.",
        _dx(lambda g, c: _through(g, c, axes=0)),
        source=STUDENTS,
    ),
    Fault(
        "over-all",
        "The mean in your dx is over all entries. It belongs to the features of each example.",
        _dx(lambda g, c: _through(g, c, axes=tuple(range(g.ndim)))),
        source=STUDENTS,
    ),
    Fault(
        "axis-1-not-last",
        "The mean in your dx is over axis 1. In a sequence (N, T, D) that is the position: the "
        "features are the last axis.",
        _dx(lambda g, c: _through(g, c, axes=1)),
    ),
    Fault(
        "gamma-lost",
        "gamma is lost from dx. dy passes through the scaling before it reaches xhat.",
        lambda dy, c: (_through(dy, c), _dgamma(dy, c)),
        source=STUDENTS,
    ),
    Fault(
        "gamma-twice",
        "gamma enters dx twice.",
        _dx(lambda g, c: _through(c.gamma * g, c)),
    ),
    Fault(
        "gamma-outside",
        "You pull gamma out of the sum. It differs along the axis of that sum, so it stays inside.",
        lambda dy, c: (c.gamma * _through(dy, c), _dgamma(dy, c)),
        source=STUDENTS,
    ),
    Fault(
        "inv-rms-lost",
        "The factor 1 / rms is missing from dx.",
        _dx(lambda g, c: _through(g, c) / c.inv_std),
    ),
    Fault(
        "inv-rms-twice",
        "The factor 1 / rms enters dx twice.",
        _dx(lambda g, c: _through(g, c) * c.inv_std),
    ),
    Fault(
        "rms-multiplied",
        "Your dx is multiplied by the root mean square. It is divided by it.",
        _dx(lambda g, c: _through(g, c) / c.inv_std**2),
    ),
    Fault(
        "eps-missing",
        "Your dx is that of a forward pass without eps. Use the 1 / rms that the forward pass "
        "computed.",
        _dx(lambda g, c: _through(g, _again(c, 0.0))),
        source=STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your dx is that of a forward pass with eps = 1e-5, whatever eps it had. Use the 1 / rms "
        "that the forward pass computed.",
        _dx(lambda g, c: _through(g, _again(c, 1e-5))),
        source=STUDENTS,
    ),
    Fault(
        "dy-for-dx",
        "Your dx is dy, as if nothing stood between.",
        lambda dy, c: (dy.copy(), _dgamma(dy, c)),
        source=STUDENTS,
    ),
    Fault(
        "zeros",
        "Your dx is zero everywhere.",
        _dx(lambda g, c: np.zeros_like(g)),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-without-xhat",
        "Your dgamma is the sum of dy. gamma multiplies xhat, so each dy is weighed with its xhat.",
        _parameter(lambda dy, c: dy.sum(axis=tuple(range(dy.ndim - 1)))),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-averaged",
        "Your dgamma is a mean. It is a sum: each example adds its part.",
        _parameter(lambda dy, c: (dy * c.xhat).mean(axis=tuple(range(dy.ndim - 1)))),
    ),
    Fault(
        "dgamma-keepdims",
        "Your dgamma has shape (1, D). Its shape is that of gamma, (D,).",
        _parameter(lambda dy, c: (dy * c.xhat).sum(axis=tuple(range(dy.ndim - 1)), keepdims=True)),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-sum-of-all",
        "Your dgamma is one number. Each feature has its own gamma.",
        _parameter(lambda dy, c: (dy * c.xhat).sum()),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-over-features",
        "Your dgamma is summed over the features. gamma belongs to a feature: sum over the "
        "examples.",
        _parameter(lambda dy, c: (dy * c.xhat).sum(axis=-1)),
        source=STUDENTS,
    ),
    Fault(
        "dgamma-not-summed",
        "Your dgamma is not summed over the examples: one gamma serves them all.",
        _parameter(lambda dy, c: dy * c.xhat),
    ),
    Fault(
        "positions-not-summed",
        "In a sequence (N, T, D) your dgamma is summed over axis 0 alone. All positions share a "
        "gamma too.",
        _parameter(lambda dy, c: (dy * c.xhat).sum(axis=0)),
    ),
    Fault(
        "dgamma-times-gamma",
        "Your dgamma holds a factor gamma. The derivative of gamma * xhat by gamma is xhat.",
        _parameter(lambda dy, c: c.gamma * _dgamma(dy, c)),
    ),
    Fault(
        "dgamma-from-x",
        "Your dgamma weighs dy with x. What gamma multiplies is x over its root mean square.",
        _parameter(lambda dy, c: _dgamma(dy, c._replace(xhat=c.x))),
        source=STUDENTS,
    ),
)
