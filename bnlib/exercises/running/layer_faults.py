"""Wrong layers: each differs from the right one in the step that its name says."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.algorithm.faults import AFFINE, NORMALIZING, Fault
from bnlib.exercises.backward.faults import DGAMMA_OF_X, DX, PARAMETERS
from bnlib.exercises.running.layer import Layer, variant

STUDENTS = "students' repositories"
WILD = "in the wild"

_KNOWN = {fault.id: fault for fault in (*NORMALIZING, *AFFINE)}


def _normalizing(id, normalized):
    """A wrong formula, written once for both modes."""
    known = _KNOWN[id]
    return Fault(id, known.advice, variant(normalized=normalized), source=known.source)


def _statistics(id, statistics):
    """Wrong statistics of the batch, which the running ones then follow."""
    known = _KNOWN[id]
    made = variant(statistics=statistics)
    return Fault(id, known.advice, made, known.rounding, known.source)


FORMULA = (
    _normalizing("variance-not-root", lambda s, x, m, v: (x - m) / (v + s.eps)),
    _normalizing("eps-outside-root", lambda s, x, m, v: (x - m) / (np.sqrt(v) + s.eps)),
    _normalizing("eps-missing", lambda s, x, m, v: (x - m) / np.sqrt(v)),
    _normalizing("eps-hard-coded", lambda s, x, m, v: (x - m) / np.sqrt(v + 1e-5)),
    _normalizing("eps-subtracted", lambda s, x, m, v: (x - m) / np.sqrt(v - s.eps)),
    _normalizing("eps-squared", lambda s, x, m, v: (x - m) / np.sqrt(v + s.eps**2)),
    _normalizing("eps-in-numerator", lambda s, x, m, v: (x - m + s.eps) / np.sqrt(v + s.eps)),
    _normalizing("not-centred", lambda s, x, m, v: x / np.sqrt(v + s.eps)),
    _normalizing("not-scaled", lambda s, x, m, v: x - m),
    _normalizing("sign", lambda s, x, m, v: (m - x) / np.sqrt(v + s.eps)),
    Fault(
        "precedence",
        "Your output is x - mean / sqrt(var + eps): without a bracket around x - mean only the "
        "mean is divided.",
        variant(normalized=lambda s, x, m, v: x - m / np.sqrt(v + s.eps)),
        source=STUDENTS,
    ),
    _statistics("mean-over-all", lambda s, x: (x.mean() + 0 * x[0], x.var(axis=0))),
    _statistics("variance-over-all", lambda s, x: (x.mean(axis=0), x.var() + 0 * x[0])),
    _statistics("statistics-over-all", lambda s, x: (x.mean() + 0 * x[0], x.var() + 0 * x[0])),
    _statistics("second-moment", lambda s, x: (x.mean(axis=0), (x**2).mean(axis=0))),
    _statistics(
        "sum-not-mean",
        lambda s, x: (x.mean(axis=0), ((x - x.mean(axis=0)) ** 2).sum(axis=0)),
    ),
    _statistics(
        "one-pass-variance",
        lambda s, x: (x.mean(axis=0), (x**2).mean(axis=0) - x.mean(axis=0) ** 2),
    ),
)


def _bessel(self, x):
    y = Layer.forward(self, x)
    if self.training:
        xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + self.eps)
        y = self.gamma * xhat + self.beta
    return y


def _each_example(self, x):
    y = Layer.forward(self, x)
    if self.training:
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        y = self.gamma * (x - mean) / np.sqrt(var + self.eps) + self.beta
    return y


FORMULA += (
    Fault("bessel", _KNOWN["bessel"].advice, variant(forward=_bessel), source=WILD),
    Fault(
        "features-of-each-example",
        _KNOWN["features-of-each-example"].advice,
        variant(forward=_each_example),
        source=STUDENTS,
    ),
    *(
        Fault(
            fault.id,
            fault.advice,
            variant(scaled=lambda s, x, xhat, f=fault.function: f(x, xhat, s.gamma, s.beta)),
            source=fault.source,
        )
        for fault in AFFINE
    ),
)


def _changes_x(self, x):
    y = Layer.forward(self, x)
    x -= x.mean(axis=0)
    return y


def _changes_dy(self, dy):
    dx = Layer.backward(self, dy)
    dy *= self.gamma
    return dx


def _spoils_cache(self, dy):
    dx = Layer.backward(self, dy)
    self.cache.xhat[...] *= self.gamma
    return dx


def _accumulates(self, dy):
    before = getattr(self, "dgamma", 0), getattr(self, "dbeta", 0)
    dx = Layer.backward(self, dy)
    self.dgamma, self.dbeta = before[0] + self.dgamma, before[1] + self.dbeta
    return dx


def _keeps_first(self, x, training):
    if not hasattr(self, "cache"):
        Layer.keep(self, x, training)


def _keeps_in_training(self, x, training):
    if training or not hasattr(self, "cache"):
        Layer.keep(self, x, training)


def _batch_gradient_in_evaluation(self, dy, cache):
    return self.through_batch(dy, cache)


def _batch_cache_in_evaluation(self, x, training):
    Layer.keep(self, x, True)
    self.of_batch = training


def _returns_three(self, dy):
    return Layer.backward(self, dy), self.dgamma, self.dbeta


def _stores_nothing(self, dy):
    return self.gradients(dy, self.cache)[0]


def _returns_nothing(self, dy):
    Layer.backward(self, dy)


def _with_parameters(function):
    """Wrong dgamma or dbeta, in either mode."""

    def gradients(self, dy, cache):
        return Layer.gradients(self, dy, cache)[0], *function(dy, cache)[1:]

    return variant(gradients=gradients)


BACKWARD = (
    *(
        Fault(
            f"dx-{fault.id}",
            fault.advice,
            variant(
                through_batch=lambda s, dy, c, f=fault.function: (
                    f(dy, c)[0],
                    (dy * c.xhat).sum(axis=0),
                    dy.sum(axis=0),
                )
            ),
            source=fault.source,
        )
        for fault in DX
        if fault.source  # all of them stand in notebook 5, where the formula is the subject
    ),
    *(
        Fault(fault.id, fault.advice, _with_parameters(fault.function), source=fault.source)
        for fault in (*PARAMETERS, *DGAMMA_OF_X)
        if fault.source
    ),
    Fault(
        "evaluation-dx-as-in-training",
        "In evaluation your dx takes out the parts that go through the batch's mean and variance. "
        "There the statistics are constants, whatever the batch is.",
        variant(gradients=_batch_gradient_in_evaluation),
    ),
    Fault(
        "evaluation-gradient-of-the-batch",
        "In evaluation your gradients use the batch's mean and variance. The forward pass used the "
        "running ones, and the way back follows it.",
        variant(keep=_batch_cache_in_evaluation),
    ),
    Fault(
        "evaluation-keeps-nothing",
        "After a forward pass in evaluation your backward uses what an earlier pass in training "
        "had kept. Keep what the way back needs in both modes.",
        variant(keep=_keeps_in_training),
    ),
    Fault(
        "first-batch-kept",
        "Your backward uses what the first forward pass kept. It belongs to the last one.",
        variant(keep=_keeps_first),
    ),
    Fault(
        "gradients-accumulated",
        "Your dgamma and dbeta add up over the backward passes. They hold the gradients of the "
        "last one.",
        variant(backward=_accumulates),
    ),
    Fault(
        "backward-returns-three",
        "Your backward returns a tuple. It returns dx alone; dgamma and dbeta are attributes.",
        variant(backward=_returns_three),
    ),
    Fault(
        "gradients-not-stored",
        "After backward the layer has no dgamma and dbeta: computed and not stored as attributes, "
        "they are lost.",
        variant(backward=_stores_nothing),
    ),
    Fault(
        "backward-returns-nothing",
        "Your backward ends without a return. The layer before this one needs dx.",
        variant(backward=_returns_nothing),
    ),
    Fault(
        "changes-x",
        "You work on x in place, and the caller's batch is changed. Let the first step make a new "
        "array.",
        variant(forward=_changes_x),
        source=STUDENTS,
    ),
    Fault(
        "changes-dy",
        "You work on dy in place, and the caller's gradient is changed.",
        variant(backward=_changes_dy),
    ),
    Fault(
        "changes-cache",
        "Your backward works in place on what the forward pass kept: a second backward pass finds "
        "other numbers.",
        variant(backward=_spoils_cache),
        source=STUDENTS,
    ),
)
