"""Exercise: whitening along the directions of variance."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.whitening import faults, returned
from bnlib.exercises.whitening.clouds import eps_cloud, wide_cloud
from bnlib.exercises.whitening.judging import (
    OF_W,
    called,
    common_checks,
    expect_of_w,
    product_check,
    square,
    white_check,
)


def _eigen(a):
    """Eigenvalues and eigenvectors, largest first."""
    values, vectors = np.linalg.eigh(a)
    return values[::-1], vectors[:, ::-1]


def _root(a):
    values, vectors = _eigen(a)
    return vectors / np.sqrt(values)


def reference(x, eps):
    return faults.whiten(x, eps, _root)


def example(rng):
    cloud = eps_cloud(rng, (6, 3))
    return cloud.x, cloud.eps


exercise = Exercise(
    name="pca_whiten",
    notebook="02_whitening",
    title="PCA whitening",
    difficulty=3,
    minutes=20,
    section=sections.WHITENINGS,
    parameters=("x", "eps"),
    returns=("z", "mean", "w"),
    reference=reference,
    uses=("covariance",),
    example=example,
)

product_check(exercise)
white_check(exercise)


@exercise.check("the columns of w are the directions of variance, largest first", points=2)
def directions(student, rng, others):
    cloud = wide_cloud(rng, (7, 4))
    w = square(called(student, cloud)[2], cloud)
    with np.errstate(all="ignore"):
        columns = w / np.sqrt((w**2).sum(axis=0))
    student.record_as(w=np.abs(columns))
    want = _eigen(cloud.cov)[1]
    # An eigenvector's sign is free: each column is met with the one that is nearer.
    want = want * np.where((columns * want).sum(axis=0) < 0, -1.0, 1.0)
    expect_of_w("(w / column length)", expect, columns, want, cloud.given, part=OF_W)


common_checks(exercise)
faults.add(exercise, faults.MATRIX + returned.RETURNED + returned.TRANSPOSED, _root)


def _smallest_first(a):
    values, vectors = np.linalg.eigh(a)
    return vectors / np.sqrt(values)


def _out_of_step(a):
    values, vectors = np.linalg.eigh(a)
    return vectors[:, ::-1] / np.sqrt(values)


def _rows_scaled(a):
    values, vectors = _eigen(a)
    return vectors / np.sqrt(values)[:, None]


def _vectors_as_rows(a):
    values, vectors = _eigen(a)
    return vectors.T / np.sqrt(values)


def _rotated_back(a):
    return _root(a) @ _eigen(a)[1].T


faults.add_roots(
    exercise,
    (
        (
            "rotation-only",
            "Your w rotates to the directions of variance and stops there. Each direction is still "
            "to be divided by its deviation.",
            lambda a: _eigen(a)[1],
        ),
        (
            "eigenvalues-not-rooted",
            "You divide by the eigenvalues. They are variances; what brings a direction to "
            "variance 1 is the root.",
            lambda a: _eigen(a)[1] / _eigen(a)[0],
        ),
        (
            "fourth-root",
            "You take the root twice. If you divide by singular values of x, they are deviations "
            "already, times the root of N.",
            lambda a: _eigen(a)[1] / _eigen(a)[0] ** 0.25,
        ),
        (
            "multiplied",
            "You multiply by the deviations. Whitening divides by them.",
            lambda a: _eigen(a)[1] * np.sqrt(_eigen(a)[0]),
        ),
        (
            "smallest-first",
            "Your columns begin with the direction of smallest variance, the order in which the "
            "eigenvalues come from the library. Asked is the largest first.",
            _smallest_first,
        ),
        (
            "out-of-step",
            "Eigenvectors and eigenvalues are out of step: one of them is turned round, the other "
            "is not.",
            _out_of_step,
        ),
        (
            "rows-scaled",
            "You divide the rows of the eigenvector matrix by the deviations. An eigenvector is a "
            "column, and so is what gets scaled.",
            _rows_scaled,
        ),
        (
            "eigenvectors-as-rows",
            "You took the rows of the eigenvector matrix for eigenvectors. They are its columns.",
            _vectors_as_rows,
        ),
        (
            "rotated-back",
            "Your w whitens and then rotates back: that is ZCA whitening. PCA whitening stays with "
            "the directions of variance as axes.",
            _rotated_back,
        ),
        (
            "cholesky-instead",
            "Your w whitens, but by the Cholesky factor. Its columns are no directions of "
            "variance.",
            lambda a: np.linalg.inv(np.linalg.cholesky(a)).T,
        ),
        (
            "factor-of-inverse",
            "Your w whitens, but by the Cholesky factor of the inverse. Its columns are no "
            "directions of variance.",
            lambda a: np.linalg.cholesky(np.linalg.inv(a)),
        ),
    ),
)


def _spectral(id, advice, scale, source=""):
    """A fault of eps that shows in what each eigenvalue is divided by."""

    @exercise.mistake(id, advice, source=source)
    def mistake(x, eps):
        mean = x.mean(axis=0)
        values, vectors = _eigen(faults.covariance(x - mean))
        w = vectors * scale(values, eps)
        return (x - mean) @ w, mean, w


_spectral(
    "eps-outside-root",
    "You add eps after the root of the eigenvalues. It belongs to the variance, under the root.",
    lambda values, eps: 1 / (np.sqrt(values) + eps),
    faults.STUDENTS,
)
_spectral(
    "eps-added-last",
    "You add eps after you have divided by the root. It belongs to the variance, under the root.",
    lambda values, eps: 1 / np.sqrt(values) + eps,
)


@exercise.mistake(
    "w-not-scaled",
    "Your z is right, but the w that you return is the rotation alone: the division by the "
    "deviations is not in it.",
)
def w_not_scaled(x, eps):
    z, mean, _ = reference(x, eps)
    return z, mean, _eigen(faults.covariance(x - mean) + eps * np.eye(x.shape[1]))[1]


@exercise.alternative
def eigenvalues_then_eps(x, eps):
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    order = np.argsort(-values)
    w = vectors[:, order] @ np.diag((values[order] + eps) ** -0.5)
    return np.einsum("nd,de->ne", x - mean, w), mean, w


@exercise.alternative
def singular_values_of_x(x, eps):
    mean = np.mean(x, axis=0)
    _, s, rows = np.linalg.svd(x - mean)
    variances = np.zeros(x.shape[1])
    variances[: len(s)] = s**2 / len(x)
    w = rows.T / np.sqrt(variances + eps)
    return (x - mean) @ w, mean, w


@exercise.alternative
def singular_values_of_the_covariance(x, eps):
    mean = x.mean(axis=0)
    u, s, _ = np.linalg.svd(faults.covariance(x - mean))
    w = -u / np.sqrt(s + eps)
    return [(x - mean) @ w, mean, w]


@exercise.alternative
def loops(x, eps):
    mean = np.array([sum(column) / len(x) for column in x.T])
    d = x.shape[1]
    a = np.zeros((d, d))
    for row in x:
        a += np.outer(row - mean, row - mean) / len(x)
    values, vectors = np.linalg.eigh(a)
    w = np.empty((d, d))
    for k in range(d):
        w[:, k] = vectors[:, d - 1 - k] / (values[d - 1 - k] + eps) ** 0.5
        if w[np.argmax(abs(w[:, k])), k] < 0:
            w[:, k] *= -1
    return [[float(v @ w[:, k]) for k in range(d)] for v in x - mean], list(mean), w.tolist()


@exercise.alternative
def single_precision(x, eps):
    return reference(x.astype(np.float32), np.float32(eps))
