"""Mistakes of the backward passes of the norms of one example."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.alternatives.faults import STUDENTS, add
from bnlib.exercises.alternatives.gradients import (
    backward,
    channel_of,
    expanded,
    of_parameters,
    on_columns,
    scaled,
    through_normalization,
    with_dx,
)
from bnlib.exercises.alternatives.layouts import Layout, per_channel, shared_axes
from bnlib.exercises.backward.faults import DX

# Those of batch norm that are not about gamma or about its axes; gamma varies within a set here.
_ELSEWHERE = ("gamma-lost", "gamma-twice", "over-features", "features-counted", "dy-for-dx")
_WORDS = {
    "jacobian-diagonal": "Your dx treats the mean and the variance as constants. They are "
    "functions of all of {whole}, and two more paths lead through them.",
    "mean-path-missing": "The path through the mean is missing from dx. dx must sum to 0 over "
    "{whole}; does yours?",
    "sums-not-averaged": "The two sums in your dx are not divided by the number of values that "
    "share a mean.",
    "bessel": "Your dx divides by one less than the number of values. The forward pass took its "
    "mean and variance over all of them.",
    "extra-1-over-n": "Your dx is divided by the number of values once too often.",
    "factor-n": "Your dx is too large by the number of values that share a mean: the closed form "
    "divides by it once.",
    "parenthesis": "In your dx 1 / sqrt(var + eps) multiplies the first term alone. It stands "
    "before the whole bracket.",
    "dvar-not-summed": "The gradient of the variance is not summed: one variance serves {whole}.",
    "dmean-not-summed": "The gradient of the mean is not summed: one mean serves {whole}.",
    "xhat-factor-lost": "The term of the variance lacks its factor xhat: it is not the same for "
    "all of {whole}.",
}


def _with_dgamma(dgamma):
    def wrong(dy, cache):
        dx, _, dbeta = backward(dy, cache)
        return dx, dgamma(dy, cache), dbeta

    return wrong


def _with_dbeta(dbeta):
    def wrong(dy, cache):
        dx, dgamma, _ = backward(dy, cache)
        return dx, dgamma, dbeta(dy, cache)

    return wrong


def _with_parameters(step):
    """A backward pass whose dgamma and dbeta are ``step`` of what is to be summed."""
    return lambda dy, cache: (
        backward(dy, cache)[0],
        step(dy * cache.xhat),
        step(dy),
    )


def _shared(a):
    return shared_axes(a, channel_of(a))


def _sum(a, **kwargs):
    return a.sum(axis=_shared(a), **kwargs)


def _gamma(dy, cache):
    return per_channel(cache.gamma, dy, channel_of(dy))


_GAMMA = (
    Fault(
        "gamma-lost",
        "gamma is lost from dx. dy passes through the scaling before it reaches xhat.",
        with_dx(through_normalization),
        source=STUDENTS,
    ),
    Fault(
        "gamma-twice",
        "gamma enters dx twice.",
        with_dx(lambda dy, c: through_normalization(scaled(scaled(dy, c), c), c)),
    ),
    Fault(
        "divided-by-gamma",
        "You divide dy by gamma on the way to dx. The derivative of gamma * xhat by xhat is gamma.",
        with_dx(lambda dy, c: through_normalization(dy / _gamma(dy, c), c)),
    ),
    Fault(
        "dy-for-dx",
        "Your dx is dy, as if nothing stood between.",
        with_dx(lambda dy, c: dy.copy()),
        source=STUDENTS,
    ),
)


def parameter_faults(vector: str, kept: str, axis: str) -> tuple[Fault, ...]:
    """Wrong dgamma and dbeta; the words say the right shape, that with keepdims, gamma's axis."""
    whole = f"Their shape is {vector}"
    return (
        Fault(
            "dgamma-without-xhat",
            "Your dgamma is the sum of dy. gamma multiplies xhat, so each dy is weighed with its "
            "xhat.",
            _with_dgamma(lambda dy, c: _sum(dy)),
            source=STUDENTS,
        ),
        Fault(
            "dgamma-averaged",
            "Your dgamma is a mean. It is a sum: each value that gamma scales adds its part.",
            _with_dgamma(lambda dy, c: (dy * c.xhat).mean(axis=_shared(dy))),
        ),
        Fault(
            "dgamma-keepdims",
            f"Your dgamma has shape {kept}. Its shape is that of gamma, {vector}.",
            _with_dgamma(lambda dy, c: _sum(dy * c.xhat, keepdims=True)),
            source=STUDENTS,
        ),
        Fault(
            "dgamma-sum-of-all",
            f"Your dgamma is one number. Each of the {axis}s has its own gamma.",
            _with_dgamma(lambda dy, c: (dy * c.xhat).sum()),
            source=STUDENTS,
        ),
        Fault(
            "dgamma-not-summed",
            "Your dgamma is not summed: one gamma serves many values of xhat.",
            _with_dgamma(lambda dy, c: dy * c.xhat),
        ),
        Fault(
            "dgamma-times-gamma",
            "Your dgamma holds a factor gamma. The derivative of gamma * xhat by gamma is xhat.",
            _with_dgamma(lambda dy, c: _sum(scaled(dy, c) * c.xhat)),
        ),
        Fault(
            "dgamma-from-x",
            "Your dgamma weighs dy with x. What gamma multiplies is the normalized input, xhat.",
            _with_dgamma(lambda dy, c: _sum(dy * c.x)),
            source=STUDENTS,
        ),
        Fault(
            "dbeta-averaged",
            "Your dbeta is a mean. It is a sum: each value that beta shifts adds its part.",
            _with_dbeta(lambda dy, c: dy.mean(axis=_shared(dy))),
        ),
        Fault(
            "dbeta-keepdims",
            f"Your dbeta has shape {kept}. Its shape is that of beta, {vector}.",
            _with_dbeta(lambda dy, c: _sum(dy, keepdims=True)),
            source=STUDENTS,
        ),
        Fault(
            "dbeta-sum-of-all",
            f"Your dbeta is one number. Each of the {axis}s has its own beta.",
            _with_dbeta(lambda dy, c: dy.sum()),
            source=STUDENTS,
        ),
        Fault(
            "dbeta-not-summed",
            "Your dbeta is not summed: one beta serves many values.",
            _with_dbeta(lambda dy, c: dy.copy()),
        ),
        Fault(
            "dbeta-times-gamma",
            "Your dbeta holds a factor gamma. beta is added after the scaling.",
            _with_dbeta(lambda dy, c: _sum(scaled(dy, c))),
        ),
        Fault(
            "dgamma-dbeta-exchanged",
            "dgamma and dbeta are exchanged: return them in the order dx, dgamma, dbeta.",
            lambda dy, c: (backward(dy, c)[0], *of_parameters(dy, c)[::-1]),
        ),
        Fault(
            "keepdims",
            f"Your dgamma and dbeta have shape {kept}. {whole}.",
            _with_parameters(lambda a: _sum(a, keepdims=True)),
            source=STUDENTS,
        ),
        Fault(
            "dgamma-from-centred",
            "Your dgamma weighs dy with x - mean. What gamma multiplies is xhat.",
            _with_dgamma(lambda dy, c: _sum(dy * (c.x - expanded(c, dy)[1]))),
        ),
    )


def summed_over(id: str, advice: str, axes, source: str = "") -> Fault:
    """dgamma and dbeta summed over other axes than those that share a gamma."""
    return Fault(id, advice, _with_parameters(lambda a: a.sum(axis=axes)), source=source)


def dgamma_over(id: str, advice: str, axes, source: str = "") -> Fault:
    """dgamma alone summed over other axes."""
    return Fault(
        id, advice, _with_dgamma(lambda dy, c: (dy * c.xhat).sum(axis=axes)), source=source
    )


def add_backward_mistakes(exercise, layout: Layout, vector: str, kept: str, axis: str) -> None:
    """What can go wrong in any backward pass of (dy, cache) -> (dx, dgamma, dbeta)."""
    for fault in DX:
        if fault.id not in _ELSEWHERE:
            words = _WORDS.get(fault.id, fault.advice).format(whole=layout.whole)
            add(exercise, fault._replace(advice=words), with_dx(on_columns(fault.function)))
    for fault in (*_GAMMA, *parameter_faults(vector, kept, axis)):
        add(exercise, fault)
    add_state_mistakes(exercise, backward)


def add_state_mistakes(exercise, right) -> None:
    """A backward pass that changes what it was handed."""

    def changes_dy(dy, cache):
        out = right(dy, cache)
        dy *= 2
        return out

    def changes_cache(dy, cache):
        out = right(dy, cache)
        np.multiply(cache.xhat, 2, out=cache.xhat)
        return out

    add(
        exercise,
        Fault(
            "changes-dy",
            "You work on dy in place, and the caller's gradient is changed.",
            changes_dy,
            source=STUDENTS,
        ),
    )
    add(
        exercise,
        Fault(
            "changes-cache",
            "You work in place on an array of the cache: a second backward pass finds other "
            "numbers.",
            changes_cache,
            source=STUDENTS,
        ),
    )
