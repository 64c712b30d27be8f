"""Wrong gradients from which mistakes of several exercises are made: (dy, cache) -> three."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault


def backward(dy, cache):
    """The right one: dx = gamma inv_std (dy - mean(dy) - xhat mean(dy xhat))."""
    return _with_dx(_terms(1.0, 1.0))(dy, cache)


def _terms(mean_part, var_part):
    """dx with its two corrections weighed."""

    def dx(dy, cache):
        xhat = cache.xhat
        return (cache.gamma * cache.inv_std) * (
            dy - mean_part * dy.mean(axis=0) - var_part * xhat * (dy * xhat).mean(axis=0)
        )

    return dx


def _with_dx(dx):
    def wrong(dy, cache):
        return dx(dy, cache), (dy * cache.xhat).sum(axis=0), dy.sum(axis=0)

    return wrong


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


def _right_dx(dy, cache):
    return _terms(1.0, 1.0)(dy, cache)


def _again(cache, eps):
    """inv_std computed once more from x, with another eps than the forward pass had."""
    return cache._replace(inv_std=1 / np.sqrt(cache.x.var(axis=0) + eps))


def _counted(count):
    """The closed form with another number than N, as one who writes `N * dxhat - ...`."""

    def dx(dy, cache):
        xhat, m = cache.xhat, count(dy)
        total = m * dy - dy.sum(axis=0) - xhat * (dy * xhat).sum(axis=0)
        return cache.gamma * cache.inv_std / m * total

    return dx


def _dvar_not_summed(dy, cache):
    dxhat, xhat, n = dy * cache.gamma, cache.xhat, len(dy)
    dvar = -0.5 * dxhat * xhat * cache.inv_std**2
    dcentred = dxhat * cache.inv_std + dvar * 2 * xhat / (cache.inv_std * n)
    return dcentred - dcentred.mean(axis=0)


def _dmean_not_summed(dy, cache):
    dxhat, xhat, n = dy * cache.gamma, cache.xhat, len(dy)
    dcentred = cache.inv_std * (dxhat - xhat * (dxhat * xhat).mean(axis=0))
    return dcentred - dcentred / n


_STUDENTS = "students' repositories"

DX = (
    Fault(
        "jacobian-diagonal",
        "Your dx treats the mean and the variance as constants. They are functions of every row "
        "of the batch, and two more paths lead through them.",
        _with_dx(lambda dy, c: dy * c.gamma * c.inv_std),
        source=_STUDENTS,
    ),
    Fault(
        "mean-path-missing",
        "The path through the mean is missing from dx. Each feature of dx must sum to 0 over the "
        "batch; does yours?",
        _with_dx(_terms(0.0, 1.0)),
        source=_STUDENTS,
    ),
    Fault(
        "variance-path-missing",
        "The path through the variance is missing from dx: the part of the gradient that points "
        "along xhat is still in it.",
        _with_dx(_terms(1.0, 0.0)),
        source=_STUDENTS,
    ),
    Fault(
        "mean-path-sign",
        "The term of the mean has the wrong sign in dx.",
        _with_dx(_terms(-1.0, 1.0)),
    ),
    Fault(
        "variance-path-sign",
        "The term of the variance has the wrong sign in dx: the derivative of var ** (-1/2) is "
        "negative.",
        _with_dx(_terms(1.0, -1.0)),
    ),
    Fault(
        "variance-path-half",
        "The term of the variance is half of what it should be: the derivative of a square "
        "brings a factor of 2.",
        _with_dx(_terms(1.0, 0.5)),
    ),
    Fault(
        "variance-path-double",
        "The term of the variance is twice too large: the derivative of var ** (-1/2) brings a "
        "factor of 1/2.",
        _with_dx(_terms(1.0, 2.0)),
    ),
    Fault(
        "sums-not-averaged",
        "The two sums in your dx are not divided by the number of rows.",
        _with_dx(lambda dy, c: _terms(len(dy), len(dy))(dy, c)),
        source=_STUDENTS,
    ),
    Fault(
        "features-counted",
        "Your dx divides by the number of features D. The mean was taken over the N rows.",
        _with_dx(_counted(lambda dy: dy.shape[1])),
        source=_STUDENTS,
    ),
    Fault(
        "bessel",
        "Your dx divides by N - 1. The forward pass took its mean and variance over N.",
        _with_dx(_counted(lambda dy: len(dy) - 1)),
    ),
    Fault(
        "extra-1-over-n",
        "Your dx is divided by N once too often.",
        _with_dx(lambda dy, c: _right_dx(dy, c) / len(dy)),
        source=_STUDENTS,
    ),
    Fault(
        "factor-n",
        "Your dx is N times too large: the closed form has a factor of 1/N.",
        _with_dx(lambda dy, c: _right_dx(dy, c) * len(dy)),
        source=_STUDENTS,
    ),
    Fault(
        "gamma-lost",
        "gamma is lost from dx. dy passes through the scaling before it reaches xhat.",
        _with_dx(lambda dy, c: _right_dx(dy, c) / c.gamma),
        source=_STUDENTS,
    ),
    Fault(
        "gamma-twice",
        "gamma enters dx twice.",
        _with_dx(lambda dy, c: _right_dx(dy, c) * c.gamma),
    ),
    Fault(
        "inv-std-lost",
        "The factor 1 / sqrt(var + eps) is missing from dx.",
        _with_dx(lambda dy, c: _right_dx(dy, c) / c.inv_std),
    ),
    Fault(
        "inv-std-twice",
        "The factor 1 / sqrt(var + eps) enters dx twice.",
        _with_dx(lambda dy, c: _right_dx(dy, c) * c.inv_std),
    ),
    Fault(
        "std-multiplied",
        "Your dx is multiplied by the standard deviation. It is divided by it.",
        _with_dx(lambda dy, c: _right_dx(dy, c) / c.inv_std**2),
    ),
    Fault(
        "parenthesis",
        "In your dx gamma * inv_std multiplies dy alone. It stands before the whole bracket.",
        _with_dx(
            lambda dy, c: (
                c.gamma * c.inv_std * dy - dy.mean(axis=0) - c.xhat * (dy * c.xhat).mean(axis=0)
            )
        ),
        source=_STUDENTS,
    ),
    Fault(
        "centred-for-normalized",
        "The term of the variance holds x - mean where xhat belongs.",
        _with_dx(
            lambda dy, c: (
                c.gamma
                * c.inv_std
                * (dy - dy.mean(axis=0) - (c.x - c.mean) * (dy * (c.x - c.mean)).mean(axis=0))
            )
        ),
    ),
    Fault(
        "dvar-not-summed",
        "The gradient of the variance is not summed over the batch: one variance serves all rows.",
        _with_dx(_dvar_not_summed),
        source=_STUDENTS,
    ),
    Fault(
        "dmean-not-summed",
        "The gradient of the mean is not summed over the batch: one mean serves all rows.",
        _with_dx(_dmean_not_summed),
        source=_STUDENTS,
    ),
    Fault(
        "xhat-factor-lost",
        "The term of the variance lacks its factor xhat: it is not the same for every row.",
        _with_dx(
            lambda dy, c: c.gamma * c.inv_std * (dy - dy.mean(axis=0) - (dy * c.xhat).mean(axis=0))
        ),
    ),
    Fault(
        "over-features",
        "The means in your dx are taken over the features of each row. They belong to the batch.",
        _with_dx(
            lambda dy, c: (
                c.gamma
                * c.inv_std
                * (
                    dy
                    - dy.mean(axis=1, keepdims=True)
                    - c.xhat * (dy * c.xhat).mean(axis=1, keepdims=True)
                )
            )
        ),
        source=_STUDENTS,
    ),
    Fault(
        "eps-missing",
        "Your dx is that of a forward pass without eps. Use the inv_std that the forward pass "
        "computed.",
        _with_dx(lambda dy, c: _right_dx(dy, _again(c, 0.0))),
        source=_STUDENTS,
    ),
    Fault(
        "eps-hard-coded",
        "Your dx is that of a forward pass with eps = 1e-5, whatever eps it had. Use the inv_std "
        "that the forward pass computed.",
        _with_dx(lambda dy, c: _right_dx(dy, _again(c, 1e-5))),
        source=_STUDENTS,
    ),
    Fault(
        "dy-for-dx",
        "Your dx is dy, as if nothing stood between.",
        _with_dx(lambda dy, c: dy.copy()),
        source=_STUDENTS,
    ),
    Fault(
        "zeros",
        "Your dx is zero everywhere.",
        _with_dx(lambda dy, c: np.zeros_like(dy)),
        source=_STUDENTS,
    ),
)

PARAMETERS = (
    Fault(
        "dgamma-without-xhat",
        "Your dgamma is the sum of dy. gamma multiplies xhat, so each dy is weighed with its xhat.",
        _with_dgamma(lambda dy, c: dy.sum(axis=0)),
        source=_STUDENTS,
    ),
    Fault(
        "dgamma-averaged",
        "Your dgamma is a mean over the batch. It is the sum: each row adds its part.",
        _with_dgamma(lambda dy, c: (dy * c.xhat).mean(axis=0)),
    ),
    Fault(
        "dgamma-keepdims",
        "Your dgamma has a row too many: its shape is that of gamma, (D,).",
        _with_dgamma(lambda dy, c: (dy * c.xhat).sum(axis=0, keepdims=True)),
        source=_STUDENTS,
    ),
    Fault(
        "dgamma-sum-of-all",
        "Your dgamma sums over the features too. Sum over the batch only.",
        _with_dgamma(lambda dy, c: (dy * c.xhat).sum()),
        source=_STUDENTS,
    ),
    Fault(
        "dgamma-over-features",
        "Your dgamma is summed over the features. Sum over the batch.",
        _with_dgamma(lambda dy, c: (dy * c.xhat).sum(axis=1)),
        source=_STUDENTS,
    ),
    Fault(
        "dgamma-not-summed",
        "Your dgamma is not summed over the batch: one gamma serves all rows.",
        _with_dgamma(lambda dy, c: dy * c.xhat),
    ),
    Fault(
        "dgamma-times-gamma",
        "Your dgamma holds a factor gamma. The derivative of gamma * xhat by gamma is xhat.",
        _with_dgamma(lambda dy, c: (dy * c.xhat * c.gamma).sum(axis=0)),
    ),
    Fault(
        "dbeta-averaged",
        "Your dbeta is a mean over the batch. It is the sum: each row adds its part.",
        _with_dbeta(lambda dy, c: dy.mean(axis=0)),
    ),
    Fault(
        "dbeta-keepdims",
        "Your dbeta has a row too many: its shape is that of beta, (D,).",
        _with_dbeta(lambda dy, c: dy.sum(axis=0, keepdims=True)),
        source=_STUDENTS,
    ),
    Fault(
        "dbeta-sum-of-all",
        "Your dbeta sums over the features too. Sum over the batch only.",
        _with_dbeta(lambda dy, c: dy.sum()),
        source=_STUDENTS,
    ),
    Fault(
        "dbeta-over-features",
        "Your dbeta is summed over the features. Sum over the batch.",
        _with_dbeta(lambda dy, c: dy.sum(axis=1)),
    ),
    Fault(
        "dbeta-not-summed",
        "Your dbeta is not summed over the batch: one beta serves all rows.",
        _with_dbeta(lambda dy, c: dy.copy()),
    ),
    Fault(
        "dbeta-times-gamma",
        "Your dbeta holds a factor gamma. beta is added after the scaling.",
        _with_dbeta(lambda dy, c: (dy * c.gamma).sum(axis=0)),
    ),
    Fault(
        "dgamma-dbeta-exchanged",
        "dgamma and dbeta are exchanged: return them in the order dx, dgamma, dbeta.",
        lambda dy, c: (_right_dx(dy, c), dy.sum(axis=0), (dy * c.xhat).sum(axis=0)),
    ),
    Fault(
        "keepdims",
        "Your dgamma and dbeta have a row too many: their shape is (D,).",
        lambda dy, c: (
            _right_dx(dy, c),
            (dy * c.xhat).sum(axis=0, keepdims=True),
            dy.sum(axis=0, keepdims=True),
        ),
        source=_STUDENTS,
    ),
)

# These need x and the mean, or rows of (N, D): they make no sense for affine_backward.
DGAMMA_OF_X = (
    Fault(
        "dgamma-from-x",
        "Your dgamma weighs dy with x. What gamma multiplies is the normalized input, xhat.",
        _with_dgamma(lambda dy, c: (dy * c.x).sum(axis=0)),
        source=_STUDENTS,
    ),
    Fault(
        "dgamma-from-centred",
        "Your dgamma weighs dy with x - mean. What gamma multiplies is xhat.",
        _with_dgamma(lambda dy, c: (dy * (c.x - c.mean)).sum(axis=0)),
    ),
)
