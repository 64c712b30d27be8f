"""Exercise: weights that grow for nothing (the gradient not taken through mean and variance)."""

import numpy as np

from bnlib.checks.compare import as_array, tolerance
from bnlib.checks.compare import expect as expect_array
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.clinic.observe import differing
from bnlib.exercises.inputs import signed


def gradients(x, t, w1, gamma, beta, w2, eps, through, **other):
    """The two passes, with the way back through the norm left to ``through``."""
    n = len(x)
    z = x @ w1
    inv_std = 1 / np.sqrt(z.var(axis=0) + eps)
    xhat = (z - z.mean(axis=0)) * inv_std
    a = np.tanh(gamma * xhat + beta)
    error = a @ w2 - t
    dout = 2 * error / n
    dy = np.outer(dout, w2) * (1 - a**2)
    dgamma, dbeta = (dy * xhat).sum(axis=0), dy.sum(axis=0)
    dz = through(dy, gamma, xhat, inv_std, z)
    return (error**2).mean(), x.T @ dz, dgamma, dbeta, a.T @ dout


def through_norm(dy, gamma, xhat, inv_std, z):
    g = dy * gamma
    return inv_std * (g - g.mean(axis=0) - xhat * (g * xhat).mean(axis=0))


def reference(x, t, w1, gamma, beta, w2, eps):
    return gradients(x, t, w1, gamma, beta, w2, eps, through_norm)


def _arguments(rng, shape=(7, 3, 4), eps=1e-10):
    """Units of unequal scale. The last input is 1, as for a bias.

    Drawn again where dw1 is a small rest of large terms: an honest answer in float32 loses
    there what tells a right answer from a wrong one.
    """
    while True:
        arguments = _drawn(rng, *shape, eps)
        x, _, w1, *_ = arguments
        z = x @ w1
        terms = gradients(*arguments, _sizes)[1]
        dw1 = reference(*arguments)[1]
        if (np.abs(z).max(axis=0) < 20 * z.std(axis=0)).all() and (
            np.abs(terms).max() < 20 * np.abs(dw1).max()
        ):
            return arguments


def _drawn(rng, n, d, h, eps):
    x = rng.standard_normal((n, d)) + signed(rng, 0.5, 1.5, d)
    x[:, -1] = 1.0
    w1 = rng.standard_normal((d, h)) * rng.permutation(np.geomspace(0.5, 3.0, h))
    gamma, beta = signed(rng, 0.6, 1.2, h), signed(rng, 0.2, 0.8, h)
    w2 = signed(rng, 0.5, 1.5, h)
    return x, signed(rng, 0.5, 2.0, n), w1, gamma, beta, w2, eps


def _sizes(dy, gamma, xhat, inv_std, z):
    """In place of dz, the largest term of each unit in every row: dw1 is a rest of x.T @ this."""
    return np.broadcast_to(inv_std * np.abs(gamma * dy).max(axis=0), dy.shape)


def example(rng):
    return _arguments(rng, (6, 3, 4), 0.5)


exercise = Exercise(
    name="clinic_gradients",
    notebook="07_training",
    title="Patient 7: weights that grow for nothing",
    difficulty=3,
    minutes=20,
    section=sections.TRAIN_GRADIENT,
    parameters=("x", "t", "w1", "gamma", "beta", "w2", "eps"),
    returns=("loss", "dw1", "dgamma", "dbeta", "dw2"),
    reference=reference,
    example=example,
    repair=True,
)


@exercise.check("dw1 is the slope of the loss, as finite differences measure it", points=3)
def slopes(student, rng, others):
    arguments = _arguments(rng)
    dw1 = as_array("dw1", student(*arguments)[1])
    # The exact slope; a test holds it to central differences.
    want = reference(*arguments)[1]
    if dw1.shape != want.shape:
        expect_array("dw1", dw1, want)
    off = np.abs(dw1 - want)
    if not (off <= tolerance(dw1.dtype) * np.abs(want).max()).all():
        where = np.unravel_index(int(np.argmax(np.where(np.isnan(off), np.inf, off))), off.shape)
        a, b = differing(dw1[where], want[where])
        d, h = map(int, where)
        raise Wrong(
            f"dw1[{d}, {h}] is {a}; moving w1[{d}, {h}] a little up and down, "
            f"the loss has the slope {b}.",
            judged="dw1",
        )


@exercise.check("the weights of a constant input get no gradient", points=1)
def constant_input(student, rng, others):
    arguments = _arguments(rng)
    dw1 = _dw1(student, arguments)
    row = np.abs(dw1[-1])
    if not row.max() <= tolerance(dw1.dtype) * 10 * np.abs(reference(*arguments)[1]).max():
        raise Wrong(
            "An input that is 1 in every row moves all of a unit's values alike, which changes no "
            f"output. Its weight w1[2, {int(row.argmax())}] has the gradient {row.max():.3g}, "
            "expected 0.",
            judged="dw1",
        )


@exercise.check("the gradient does not lengthen or shorten a unit's weights", points=1)
def same_length(student, rng, others):
    arguments = _arguments(rng)
    dw1, w1 = _dw1(student, arguments), arguments[2]
    along = np.abs((w1 * dw1).sum(axis=0))
    scale = np.abs(reference(*arguments)[1]).max() * np.abs(w1).max()
    if not along.max() <= tolerance(dw1.dtype) * 10 * scale:
        h = int(along.argmax())
        raise Wrong(
            f"Making all weights of unit {h} longer changes no output. "
            f"The gradient along them, sum of w1 * dw1, is {along[h]:.3g}, expected 0.",
            judged="dw1",
        )


def _dw1(student, arguments) -> np.ndarray:
    dw1 = as_array("dw1", student(*arguments)[1])
    if dw1.shape != arguments[2].shape or not dw1.any():
        expect_array("dw1", dw1, reference(*arguments)[1], "a loss that is not 0")
    if not np.isfinite(dw1).all():
        raise Wrong("dw1 is not finite everywhere.", "not-finite", "dw1")
    return dw1


@exercise.check("the loss and the gradients of gamma, beta and w2 are right", points=2)
def beside(student, rng, others):
    arguments = _arguments(rng)
    got, want = student(*arguments), reference(*arguments)
    for i in (0, 2, 3, 4):
        expect_array(exercise.returns[i], got[i], want[i], "x of shape (7, 3), 4 units")


@exercise.check("eps is in the gradient as it is in the loss", 1, sections.EPS)
def eps_inside(student, rng, others):
    arguments = _arguments(rng, eps=0.5)
    got, want = student(*arguments), reference(*arguments)
    for name, g, w in zip(exercise.returns, got, want, strict=True):
        expect_array(name, g, w, "x of shape (7, 3), 4 units, eps=0.5")
