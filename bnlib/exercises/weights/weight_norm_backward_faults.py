"""Wrong gradients of weight norm: (dw, cache) -> (dv, dg)."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import Fault
from bnlib.exercises.weights.weight_norm_faults import incoming


def along(dw, direction):
    """The part of dw along the direction, with axes of length 1 beyond the first."""
    return (dw * direction).sum(axis=incoming(dw), keepdims=True)


def backward(dw, cache):
    """The right one: dv = g / norm (dw - direction dg), dg = sum(dw direction)."""
    direction, norm, g = cache
    dg = along(dw, direction)
    return g / norm * (dw - direction * dg), dg.ravel()


FAULTS: list[Fault] = []
_STUDENTS = "students' repositories"


def _dv(id, advice, step, source=""):
    def wrong(dw, cache):
        return step(dw, *cache), backward(dw, cache)[1]

    FAULTS.append(Fault(id, advice, wrong, source=source))


def _dg(id, advice, step, source=""):
    def wrong(dw, cache):
        return backward(dw, cache)[0], step(dw, *cache)

    FAULTS.append(Fault(id, advice, wrong, source=source))


def _paired(d):
    """The axes over which two sets of units are multiplied, pair by pair."""
    return (incoming(d), incoming(d))


def _out(dw, d, part=1.0):
    """dw without its part along d."""
    return dw - part * d * along(dw, d)


_dv(
    "norm-constant",
    "Your dv treats the length of v as a constant. It depends on every weight of the unit, and a "
    "second path leads through it.",
    lambda dw, d, n, g: g / n * dw,
    source=_STUDENTS,
)
_dv(
    "projection-sign",
    "The part of dw along v is added in your dv. It is taken away: a longer v leaves w as it was.",
    lambda dw, d, n, g: g / n * _out(dw, d, -1.0),
)
_dv(
    "projection-double",
    "The part of dw along v is taken away twice: what is left points the other way along v.",
    lambda dw, d, n, g: g / n * _out(dw, d, 2.0),
)
_dv(
    "projection-half",
    "Half of the part of dw along v is still in your dv. The derivative of a square brings a 2, "
    "that of a root a 1/2.",
    lambda dw, d, n, g: g / n * _out(dw, d, 0.5),
)
_dv(
    "projection-alone",
    "Your dv is the part of dw along v, the one that should be taken away. Give what is left.",
    lambda dw, d, n, g: g / n * d * along(dw, d),
)
_dv(
    "projection-with-v",
    "You take away v times the sum. What belongs there is the direction, v divided by its length.",
    lambda dw, d, n, g: g / n * (dw - d * n * along(dw, d)),
)
_dv(
    "projection-of-v",
    "Both factors of your projection are v itself. Each v in it is divided by its length.",
    lambda dw, d, n, g: g / n * _out(dw, d, n**2),
)
_dv(
    "projection-divided",
    "You divide the part along v by the length once more; the direction has been divided already.",
    lambda dw, d, n, g: g / n * _out(dw, d, 1 / n),
)
_dv(
    "projection-with-w",
    "The part that you take away holds a factor g too many: the projection is on the direction, "
    "not on w.",
    lambda dw, d, n, g: g / n * _out(dw, d, g),
)
_dv(
    "projection-with-w-twice",
    "The part that you take away holds g twice too many: both factors are w where the direction "
    "belongs.",
    lambda dw, d, n, g: g / n * _out(dw, d, g**2),
)
_dv(
    "direction-lost",
    "What you take away is the same number for all weights of a unit. It points along the "
    "direction of v.",
    lambda dw, d, n, g: g / n * (dw - along(dw, d)),
)
_dv(
    "parenthesis",
    "In your dv g / ||v|| multiplies dw alone. It stands before the whole bracket.",
    lambda dw, d, n, g: g / n * dw - d * along(dw, d),
    source=_STUDENTS,
)
_dv(
    "product-not-summed",
    "The product of dw and the direction is not summed over the unit's weights: one length serves "
    "all of them.",
    lambda dw, d, n, g: g / n * (dw - d * d * dw),
    source=_STUDENTS,
)
_dv(
    "projection-averaged",
    "The part along v is a mean over the weights in your dv. It is a sum.",
    lambda dw, d, n, g: g / n * (dw - d * (dw * d).mean(axis=incoming(dw), keepdims=True)),
)
_dv(
    "projection-over-all",
    "The sum in your dv runs over all units. Each unit has a direction of its own.",
    lambda dw, d, n, g: g / n * (dw - d * (dw * d).sum()),
)
_dv(
    "projection-over-outputs",
    "The sum in your dv runs over the output units. It runs over the weights of each unit.",
    lambda dw, d, n, g: g / n * (dw - d * (dw * d).sum(axis=0)),
)
_dv(
    "projection-on-all-units",
    "You take the directions of all units out of each row of dw. A unit is orthogonal to its own "
    "direction only.",
    lambda dw, d, n, g: g / n * (dw - np.tensordot(np.tensordot(dw, d, _paired(d)), d, 1)),
)
_dv(
    "norm-lost",
    "The factor 1 / ||v|| is missing from dv: a long v turns less for the same step.",
    lambda dw, d, n, g: g * _out(dw, d),
)
_dv(
    "norm-twice",
    "The factor 1 / ||v|| enters dv twice.",
    lambda dw, d, n, g: g / n**2 * _out(dw, d),
)
_dv(
    "g-and-norm-exchanged",
    "g and the length of v are exchanged in your dv. Was the cache unpacked in another order than "
    "(direction, norm, g)?",
    lambda dw, d, n, g: n / g * _out(dw, d),
    source=_STUDENTS,
)
_dv(
    "norm-multiplied",
    "Your dv is multiplied by the length of v. It is divided by it.",
    lambda dw, d, n, g: g * n * _out(dw, d),
)
_dv(
    "g-lost",
    "g is lost from dv. dw passes through the scaling by g before it reaches the direction.",
    lambda dw, d, n, g: _out(dw, d) / n,
    source=_STUDENTS,
)
_dv("g-twice", "g enters dv twice.", lambda dw, d, n, g: g * g / n * _out(dw, d))
_dv(
    "g-divides",
    "Your dv is divided by g. It is multiplied by it.",
    lambda dw, d, n, g: _out(dw, d) / (g * n),
)
_dv(
    "g-and-norm-lost",
    "Your dv is the part of dw across v and nothing more: the factor g / ||v|| is missing.",
    lambda dw, d, n, g: _out(dw, d),
)
_dv(
    "g-absolute",
    "Your dv uses the size of g without its sign.",
    lambda dw, d, n, g: np.abs(g) / n * _out(dw, d),
)
_dv("sign", "The sign of your dv is reversed.", lambda dw, d, n, g: -g / n * _out(dw, d))
_dv(
    "dw-for-dv",
    "Your dv is dw, as if nothing stood between.",
    lambda dw, d, n, g: dw.copy(),
    source=_STUDENTS,
)
_dv("zeros", "Your dv is zero everywhere.", lambda dw, d, n, g: np.zeros_like(dw), source=_STUDENTS)
_dg(
    "dg-with-v",
    "Your dg weighs dw with v. What g multiplies is the direction, v divided by its length.",
    lambda dw, d, n, g: along(dw, d * n).ravel(),
    source=_STUDENTS,
)
_dg(
    "dg-with-w",
    "Your dg weighs dw with w, which holds g. What g multiplies is the direction.",
    lambda dw, d, n, g: along(dw, d * g).ravel(),
)
_dg(
    "dg-divided-twice",
    "Your dg is divided by the length of v once too often.",
    lambda dw, d, n, g: along(dw, d / n).ravel(),
)
_dg(
    "dg-without-direction",
    "Your dg is the sum of dw. g multiplies the direction, so each dw is weighed with it.",
    lambda dw, d, n, g: dw.sum(axis=incoming(dw)),
)
_dg(
    "dg-averaged",
    "Your dg is a mean over the unit's weights. It is the sum: each weight adds its part.",
    lambda dw, d, n, g: (dw * d).mean(axis=incoming(dw)),
)
_dg(
    "dg-sum-of-all",
    "Your dg is one sum over everything. Each unit has its own g.",
    lambda dw, d, n, g: (dw * d).sum(),
    source=_STUDENTS,
)
_dg(
    "dg-over-outputs",
    "Your dg is summed over the output units. Sum over the weights of each unit.",
    lambda dw, d, n, g: (dw * d).sum(axis=0),
)
_dg(
    "dg-keepdims",
    "Your dg has axes of length 1 too many: its shape is that of g, (C,).",
    lambda dw, d, n, g: along(dw, d),
    source=_STUDENTS,
)
_dg(
    "dg-not-summed",
    "Your dg is not summed: one g serves all weights of a unit.",
    lambda dw, d, n, g: dw * d,
)
_dg(
    "dg-length-of-dw",
    "Your dg is the length of dw. It is the part along the direction of v, and it has a sign.",
    lambda dw, d, n, g: np.sqrt((dw**2).sum(axis=incoming(dw))),
)
_dg("dg-sign", "The sign of your dg is reversed.", lambda dw, d, n, g: -along(dw, d).ravel())
_dg(
    "dg-absolute",
    "Your dg has lost its sign: it tells how far, but not whether longer or shorter.",
    lambda dw, d, n, g: np.abs(along(dw, d)).ravel(),
)
_dg("dg-zeros", "Your dg is zero everywhere.", lambda dw, d, n, g: np.zeros(len(dw)))
