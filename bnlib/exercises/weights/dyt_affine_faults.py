"""Wrong gradients of the scale and shift of dynamic tanh; dx and dalpha are right."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.weights.dyt_backward_faults import backward, inner, leading, replacing

AFFINE: list[Fault] = []
_STUDENTS = "students' repositories"
_dgamma, _dbeta = replacing(2, AFFINE), replacing(3, AFFINE)

_dgamma(
    "dgamma-from-x",
    "Your dgamma weighs dy with x. What gamma multiplies is the tanh.",
    lambda dy, c: (dy * c.x).sum(axis=leading(dy)),
    source=_STUDENTS,
)
_dgamma(
    "dgamma-from-argument",
    "Your dgamma weighs dy with alpha * x. What gamma multiplies is the tanh of it.",
    lambda dy, c: (dy * c.alpha * c.x).sum(axis=leading(dy)),
)
_dgamma(
    "dgamma-at-x",
    "Your dgamma weighs dy with the tanh of x. The forward pass took that of alpha * x.",
    lambda dy, c: (dy * np.tanh(c.x)).sum(axis=leading(dy)),
)
_dgamma(
    "dgamma-tanh-of-tanh",
    "Your dgamma takes the tanh of what is a tanh already.",
    lambda dy, c: (dy * np.tanh(c.tanh)).sum(axis=leading(dy)),
)
_dgamma(
    "dgamma-without-tanh",
    "Your dgamma is the sum of dy. gamma multiplies the tanh, so each dy is weighed with it.",
    lambda dy, c: dy.sum(axis=leading(dy)),
)
_dgamma(
    "dgamma-with-slope",
    "Your dgamma holds the slope of the tanh. gamma stands outside of the tanh.",
    lambda dy, c: (dy * (1 - c.tanh**2)).sum(axis=leading(dy)),
)
_dgamma(
    "dgamma-times-gamma",
    "Your dgamma holds a factor gamma. The derivative of gamma * tanh by gamma is the tanh.",
    lambda dy, c: (dy * c.gamma * c.tanh).sum(axis=leading(dy)),
)
_dbeta(
    "dbeta-times-gamma",
    "Your dbeta holds a factor gamma. beta is added after the scaling.",
    lambda dy, c: (dy * c.gamma).sum(axis=leading(dy)),
)
_dbeta(
    "dbeta-with-slope",
    "Your dbeta holds the slope of the tanh, as if beta stood inside of it.",
    lambda dy, c: (dy * (1 - c.tanh**2)).sum(axis=leading(dy)),
)
_dbeta(
    "dbeta-inside",
    "Your dbeta is that of a beta inside of the tanh. It is added after the scaling.",
    lambda dy, c: inner(dy, c).sum(axis=leading(dy)),
)
for _add, _name, _of, _terms in (
    (_dgamma, "gamma", "a gamma", lambda dy, c: dy * c.tanh),
    (_dbeta, "beta", "a beta", lambda dy, c: dy.copy()),
):
    for _id, _advice, _sum in (
        ("averaged", "is a mean over the batch. It is the sum: each row adds its part.", "mean"),
        ("sum-of-all", "sums over the features too. Each feature has {} of its own.", "all"),
        ("over-features", "is summed over the features. Sum over the batch.", "features"),
        ("not-summed", "is not summed over the batch: one {} serves all rows.", "none"),
        ("keepdims", "has axes of length 1 too many: its shape is that of {}, (D,).", "keep"),
    ):
        _word = _of if _id == "sum-of-all" else _name

        def _step(dy, c, terms=_terms, how=_sum):
            values, rows = terms(dy, c), leading(dy)
            return {
                "mean": lambda: values.mean(axis=rows),
                "all": lambda: values.sum(),
                "features": lambda: values.sum(axis=-1),
                "none": lambda: values,
                "keep": lambda: values.sum(axis=rows, keepdims=True),
            }[how]()

        _seen = _STUDENTS if _id in ("sum-of-all", "keepdims", "over-features") else ""
        _add(f"d{_name}-{_id}", f"Your d{_name} {_advice.format(_word)}", _step, _seen)


def _sums(how):
    """dgamma and dbeta summed in the same wrong way."""

    def wrong(dy, c):
        return *backward(dy, c)[:2], how(dy * c.tanh), how(dy)

    return wrong


AFFINE += [
    Fault(
        "keepdims",
        "Your dgamma and dbeta have axes of length 1 too many: their shape is (D,).",
        _sums(lambda a: a.sum(axis=leading(a), keepdims=True)),
        source=_STUDENTS,
    ),
    Fault(
        "x-and-tanh-exchanged",
        "x and the tanh are exchanged throughout. Was the cache unpacked in another order than "
        "(x, tanh, alpha, gamma)?",
        lambda dy, c: backward(dy, c._replace(x=c.tanh, tanh=c.x)),
        source=_STUDENTS,
    ),
    Fault(
        "first-axis-only",
        "Your dgamma and dbeta are summed over the first axis alone. All axes but the last are "
        "summed over.",
        _sums(lambda a: a.sum(axis=0)),
    ),
]
