"""Exercises: the backward pass of batch norm, staged and in closed form; one set of checks."""

import numpy as np

from bnlib.checks.compare import as_array
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.batchnorm_forward import given_forward
from bnlib.exercises.backward.faults import DGAMMA_OF_X, DX, PARAMETERS, backward
from bnlib.exercises.backward.judging import call_twice, judge
from bnlib.exercises.inputs import eps_batch, ordinary, wide_batch

INHERITED = (
    "Equal to what your own affine_backward leads to. What is wrong there is reported there and "
    "costs nothing here."
)


def example(rng):
    return rng.standard_normal((6, 3)), given_forward(*ordinary(rng, (6, 3)))[1]


def _exercise(name, title, difficulty, minutes, section):
    exercise = Exercise(
        name=name,
        notebook="05_backward",
        title=title,
        difficulty=difficulty,
        minutes=minutes,
        section=section,
        parameters=("dy", "cache"),
        returns=("dx", "dgamma", "dbeta"),
        reference=backward,
        uses=("batchnorm_forward", "affine_backward"),
        example=example,
    )

    def against(student, others, batch, dy, names):
        own = others.get("batchnorm_forward")
        start = len(student.record)
        try:
            return judge(student, own, given_forward, backward, batch, dy, names)
        except Wrong:
            # What is wrong with one's own affine_backward costs its points there.
            told = student.record[start:]
            through = _through_affine(others.get("affine_backward"))
            if through is not None:
                student.start_again(start)
                try:
                    judge(student, own, given_forward, through, batch, dy, names)
                except (Wrong, Raised):
                    pass
                else:
                    return INHERITED
                student.record[start:] = told
            raise

    @exercise.check("dx goes through the mean and the variance too", points=3)
    def dx(student, rng, others):
        batch = wide_batch(rng, (7, 4))
        return against(student, others, batch, rng.standard_normal((7, 4)), ("dx",))

    @exercise.check("dgamma sums dy * xhat over the batch", points=1)
    def dgamma(student, rng, others):
        batch = wide_batch(rng, (5, 3))
        return against(student, others, batch, rng.standard_normal((5, 3)), ("dgamma",))

    @exercise.check("dbeta sums dy over the batch", points=1)
    def dbeta(student, rng, others):
        batch = wide_batch(rng, (5, 3))
        return against(student, others, batch, rng.standard_normal((5, 3)), ("dbeta",))

    @exercise.check("eps is that of the forward pass", 1, sections.STAGED)
    def eps(student, rng, others):
        batch = eps_batch(rng, (6, 3))
        return against(student, others, batch, rng.standard_normal((6, 3)), ("dx",))

    @exercise.check("dy and the cache are left as they were; a second call agrees", points=1)
    def unchanged(student, rng, others):
        batch = eps_batch(rng, (4, 3))
        dy = rng.standard_normal((4, 3))
        call_twice(student, others.get("batchnorm_forward"), given_forward, batch, dy)
        return against(student, others, batch, dy, ("dgamma", "dbeta"))

    for fault in (*DX, *PARAMETERS, *DGAMMA_OF_X):
        exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(fault.function)

    @exercise.mistake(
        "changes-dy", "You work on dy in place, and the caller's gradient is changed."
    )
    def changes_dy(dy, cache):
        out = backward(dy, cache)
        dy *= cache.gamma
        return out

    @exercise.mistake(
        "changes-cache",
        "You work in place on an array of the cache: a second backward pass finds other numbers.",
        source="students' repositories",
    )
    def changes_cache(dy, cache):
        out = backward(dy, cache)
        cache.xhat[...] *= cache.gamma
        return out

    exercise.alternative(staged)
    exercise.alternative(projection)
    exercise.alternative(einsum)
    exercise.alternative(jacobian)
    exercise.alternative(single_precision)
    return exercise


def _through_affine(affine):
    """The backward pass that goes through the student's affine_backward, or None."""
    if affine is None:
        return None

    def through(dy, cache):
        xhat = cache.xhat
        try:
            dxhat, dgamma, dbeta = affine(dy, xhat, cache.gamma)
            dxhat = as_array("dxhat", dxhat)
            if dxhat.shape != dy.shape:
                raise Wrong("dxhat has another shape than dy.")
        except (NotAttempted, TimedOut):
            return backward(dy, cache)
        dx = cache.inv_std * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0))
        return dx, as_array("dgamma", dgamma), as_array("dbeta", dbeta)

    return through


def staged(dy, cache):
    x, xhat, mean, inv_std, gamma = cache
    n = len(dy)
    centred = x - mean
    dxhat = dy * gamma
    dinv_std = (dxhat * centred).sum(axis=0)
    dvar = dinv_std * -0.5 * inv_std**3
    dcentred = dxhat * inv_std + dvar * 2 / n * centred
    dmean = -dcentred.sum(axis=0)
    return dcentred + dmean / n, (dy * xhat).sum(axis=0), dy.sum(axis=0)


def projection(dy, cache):
    xhat, scale = cache.xhat, cache.gamma * cache.inv_std
    n, d = dy.shape
    dx = np.empty((n, d))
    for j in range(d):
        basis = np.stack([np.ones(n), xhat[:, j]], axis=1)
        dx[:, j] = scale[j] * (dy[:, j] - basis @ (basis.T @ dy[:, j]) / n)
    return dx, np.sum(dy * xhat, axis=0), np.sum(dy, axis=0)


def einsum(dy, cache):
    xhat, n = cache.xhat, len(dy)
    dbeta, dgamma = np.einsum("nd->d", dy), np.einsum("nd,nd->d", dy, xhat)
    inner = n * dy - dbeta - np.einsum("nd,d->nd", xhat, dgamma)
    return np.einsum("d,nd->nd", cache.gamma * cache.inv_std / n, inner), dgamma, dbeta


def jacobian(dy, cache):
    n, d = dy.shape
    dx = np.empty((n, d))
    for j in range(d):
        h = cache.xhat[:, j]
        matrix = np.eye(n) - 1 / n - np.outer(h, h) / n
        dx[:, j] = cache.gamma[j] * cache.inv_std[j] * matrix @ dy[:, j]
    return dx, (dy * cache.xhat).sum(0), dy.sum(0)


def single_precision(dy, cache):
    return backward(dy.astype(np.float32), type(cache)(*(a.astype(np.float32) for a in cache)))


staged_exercise = _exercise(
    "batchnorm_backward_staged", "Backward, one step at a time", 3, 30, sections.STAGED
)
closed_exercise = _exercise(
    "batchnorm_backward", "Backward, in closed form", 4, 25, sections.CLOSED
)
