"""Exercise: whitening feature by feature."""

import numpy as np

from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.whitening import faults, returned
from bnlib.exercises.whitening.clouds import eps_cloud
from bnlib.exercises.whitening.judging import (
    common_checks,
    one_of_them_check,
    product_check,
    white_check,
)


def _root(a):
    return np.linalg.inv(np.linalg.cholesky(a)).T


def reference(x, eps):
    return faults.whiten(x, eps, _root)


def example(rng):
    cloud = eps_cloud(rng, (6, 3))
    return cloud.x, cloud.eps


exercise = Exercise(
    name="cholesky_whiten",
    notebook="02_whitening",
    title="Cholesky whitening",
    difficulty=2,
    minutes=15,
    section=sections.WHITENINGS,
    parameters=("x", "eps"),
    returns=("z", "mean", "w"),
    reference=reference,
    uses=("covariance",),
    example=example,
)

product_check(exercise)
white_check(exercise)
one_of_them_check(exercise, "w is upper triangular, with a positive diagonal", _root)
common_checks(exercise)
_transposed = tuple(f for f in returned.TRANSPOSED if f.id == "w-returned-transposed")
faults.add(exercise, faults.MATRIX + returned.RETURNED + _transposed, _root)


def _power(a, exponent):
    values, vectors = np.linalg.eigh(a)
    return vectors * values**exponent @ vectors.T


def _along_variance(a):
    values, vectors = np.linalg.eigh(a)
    return vectors / np.sqrt(values)


faults.add_roots(
    exercise,
    (
        (
            "inverse-not-transposed",
            "Your w is the inverse of the lower factor. Rows of x are multiplied from the right, "
            "so that it is its transpose that whitens.",
            lambda a: np.linalg.inv(np.linalg.cholesky(a)),
        ),
        (
            "factor-not-inverted",
            "Your w is the lower factor itself. It makes correlated features of white ones; "
            "whitening is the way back.",
            np.linalg.cholesky,
        ),
        (
            "upper-factor-not-inverted",
            "Your w is the upper factor itself. It makes correlated features of white ones; "
            "whitening is the way back.",
            lambda a: np.linalg.cholesky(a).T,
        ),
        (
            "factor-of-inverse",
            "Your w is the factor of the inverse covariance. It whitens too, and is lower "
            "triangular: it begins with the last feature. Asked is the inverse of the factor.",
            lambda a: np.linalg.cholesky(np.linalg.inv(a)),
        ),
        (
            "upper-factor-of-inverse",
            "Your w is the transposed factor of the inverse covariance: it is upper triangular "
            "and does not whiten. Asked is the inverse of the covariance's factor.",
            lambda a: np.linalg.cholesky(np.linalg.inv(a)).T,
        ),
        (
            "not-scaled",
            "Your features are uncorrelated, but not of variance 1: what is left of each is still "
            "to be divided by its deviation.",
            lambda a: _root(a) * np.diag(np.linalg.cholesky(a)),
        ),
        (
            "inverse-of-covariance",
            "Your w is the inverse of the whole covariance. What whitens is an inverse of a root "
            "of it: here of its Cholesky factor.",
            np.linalg.inv,
        ),
        (
            "reciprocal-of-each-entry",
            "You divide 1 by each entry of the factor. The inverse of a matrix is another one.",
            lambda a: (1 / np.linalg.cholesky(a)).T,
        ),
        (
            "negative-diagonal",
            "Your w whitens, but entries of its diagonal are negative, as a QR decomposition may "
            "leave them: those features come out turned round.",
            lambda a: -_root(a),
        ),
        (
            "zca-instead",
            "Your z is white, but by the symmetric w of ZCA. Cholesky's is upper triangular.",
            lambda a: _power(a, -0.5),
        ),
        (
            "pca-instead",
            "Your z is white, but along the directions of variance: that is PCA whitening. "
            "Cholesky's w is upper triangular.",
            _along_variance,
        ),
    ),
)


@exercise.mistake(
    "eps-outside-root",
    "You add eps to the factor. It belongs to the covariance, before it is factored.",
    source=faults.STUDENTS,
)
def eps_outside(x, eps):
    mean = x.mean(axis=0)
    factor = np.linalg.cholesky(faults.covariance(x - mean)) + eps * np.eye(x.shape[1])
    w = np.linalg.inv(factor).T
    return (x - mean) @ w, mean, w


@exercise.alternative
def upper_factor(x, eps):
    mean = x.mean(axis=0)
    a = np.cov(x, rowvar=False, bias=True) + np.diag(np.full(x.shape[1], eps))
    w = np.linalg.inv(np.linalg.cholesky(a).T)
    return np.einsum("nd,de->ne", x - mean, w), mean, w


@exercise.alternative
def solved(x, eps):
    mean = x.mean(axis=0)
    factor = np.linalg.cholesky(faults.covariance(x - mean) + eps * np.eye(x.shape[1]))
    z = np.linalg.solve(factor, (x - mean).T).T
    return [z, mean, np.linalg.solve(factor.T, np.eye(x.shape[1]))]


@exercise.alternative
def gram_schmidt(x, eps):
    mean = x.mean(axis=0)
    d = x.shape[1]
    a = faults.covariance(x - mean) + eps * np.eye(d)
    w = np.eye(d)
    for j in range(d):
        for i in range(j):
            w[:, j] -= (w[:, i] @ a @ w[:, j]) * w[:, i]
        w[:, j] /= (w[:, j] @ a @ w[:, j]) ** 0.5
    return (x - mean) @ w, mean, w


@exercise.alternative
def orthogonal_columns(x, eps):
    n, d = x.shape
    mean = x.mean(axis=0)
    rows = np.vstack([(x - mean) / np.sqrt(n), np.sqrt(eps) * np.eye(d)])
    upper = np.linalg.qr(rows)[1]
    upper = upper * np.sign(np.diag(upper))[:, None]
    w = np.linalg.inv(upper)
    return (x - mean) @ w, list(mean), w.tolist()


@exercise.alternative
def single_precision(x, eps):
    return reference(x.astype(np.float32), np.float32(eps))
