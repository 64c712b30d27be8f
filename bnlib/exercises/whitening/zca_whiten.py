"""Exercise: the symmetric whitening."""

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


def _power(a, exponent):
    values, vectors = np.linalg.eigh(a)
    return vectors * values**exponent @ vectors.T


def _root(a):
    return _power(a, -0.5)


def reference(x, eps):
    return faults.whiten(x, eps, _root)


def example(rng):
    cloud = eps_cloud(rng, (6, 3))
    return cloud.x, cloud.eps


exercise = Exercise(
    name="zca_whiten",
    notebook="02_whitening",
    title="ZCA whitening",
    difficulty=2,
    minutes=15,
    section=sections.WHITENINGS,
    parameters=("x", "eps"),
    returns=("z", "mean", "w"),
    reference=reference,
    uses=("covariance", "pca_whiten"),
    example=example,
)

product_check(exercise)
white_check(exercise)
one_of_them_check(exercise, "w is the symmetric whitening: z stays nearest to x - mean", _root)
common_checks(exercise)
faults.add(exercise, faults.MATRIX + returned.RETURNED, _root)


def _not_rotated_back(a):
    values, vectors = np.linalg.eigh(a)
    return vectors / np.sqrt(values)


def _rotated_back_twice(a):
    values, vectors = np.linalg.eigh(a)
    return vectors / np.sqrt(values) @ vectors


def _wrong_side(a):
    values, vectors = np.linalg.eigh(a)
    return vectors.T / np.sqrt(values) @ vectors


def _out_of_step(a):
    values, vectors = np.linalg.eigh(a)
    return vectors[:, ::-1] / np.sqrt(values) @ vectors[:, ::-1].T


def _of_correlation(a):
    deviation = np.sqrt(np.diag(a))
    return (_root(a / np.outer(deviation, deviation)).T / deviation).T


faults.add_roots(
    exercise,
    (
        (
            "not-rotated-back",
            "Your z is white, but its axes are the directions of variance: that is PCA whitening. "
            "ZCA rotates back to the features.",
            _not_rotated_back,
        ),
        (
            "rotated-back-untransposed",
            "You rotate a second time in the same sense. The way back is the transpose of the "
            "eigenvector matrix.",
            _rotated_back_twice,
        ),
        (
            "rotations-exchanged",
            "The two rotations are exchanged: a row of x meets the eigenvectors first, and goes "
            "back with their transpose.",
            _wrong_side,
        ),
        (
            "out-of-step",
            "Eigenvectors and eigenvalues are out of step: one of them is turned round, the other "
            "is not.",
            _out_of_step,
        ),
        (
            "eigenvalues-not-rooted",
            "Your w is the inverse of the covariance: you divide by the eigenvalues. Their root "
            "brings a direction to variance 1.",
            lambda a: _power(a, -1.0),
        ),
        (
            "fourth-root",
            "You take the root of the eigenvalues twice. If you divide by singular values of x, "
            "they are deviations already, times the root of N.",
            lambda a: _power(a, -0.25),
        ),
        (
            "multiplied",
            "Your w is the root of the covariance. Whitening takes its inverse.",
            lambda a: _power(a, 0.5),
        ),
        (
            "not-scaled",
            "Your w is the identity: you rotate, and rotate back, and do not divide by the "
            "deviations in between.",
            lambda a: _power(a, 0.0),
        ),
        (
            "root-of-each-entry",
            "You take the root of each entry and invert. The root of a matrix is the matrix whose "
            "square it is: take it of the eigenvalues.",
            lambda a: np.linalg.inv(np.sqrt(a)),
        ),
        (
            "root-of-each-entry-last",
            "You invert the covariance and take the root of each entry. The root of a matrix is "
            "the matrix whose square it is: take it of the eigenvalues.",
            lambda a: np.sqrt(np.linalg.inv(a)),
        ),
        (
            "zca-of-correlation",
            "You standardize first and then whiten the correlation. That whitens as well, but its "
            "w is not symmetric: it is another whitening.",
            _of_correlation,
        ),
        (
            "cholesky-instead",
            "Your z is white, but by the Cholesky factor. ZCA is the whitening with a symmetric w.",
            lambda a: np.linalg.inv(np.linalg.cholesky(a)).T,
        ),
        (
            "factor-of-inverse",
            "Your z is white, but by the Cholesky factor of the inverse. ZCA is the whitening with "
            "a symmetric w.",
            lambda a: np.linalg.cholesky(np.linalg.inv(a)),
        ),
        (
            "negative-root",
            "Your w has its sign reversed: z is white, and each feature is turned round. Take the "
            "positive root.",
            lambda a: -_root(a),
        ),
    ),
)


def _spectral(id, advice, scale, source=""):
    """A fault of eps that shows in what each eigenvalue is divided by."""

    @exercise.mistake(id, advice, source=source)
    def mistake(x, eps):
        mean = x.mean(axis=0)
        values, vectors = np.linalg.eigh(faults.covariance(x - mean))
        w = vectors * scale(values, eps) @ vectors.T
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


@exercise.alternative
def singular_values(x, eps):
    mean = x.mean(axis=0)
    u, s, rows = np.linalg.svd(faults.covariance(x - mean) + eps * np.eye(x.shape[1]))
    w = u @ np.diag(1 / np.sqrt(s)) @ rows
    return (x - mean) @ w, mean, w


@exercise.alternative
def whitened_and_rotated_back(x, eps):
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(x, rowvar=False, ddof=0))
    z = (x - mean) @ vectors / np.sqrt(values + eps) @ vectors.T
    w = np.einsum("ik,k,jk->ij", vectors, (values + eps) ** -0.5, vectors)
    return z, mean, w


@exercise.alternative
def root_then_inverse(x, eps):
    mean = np.mean(x, axis=0)
    root = _power(faults.covariance(x - mean) + eps * np.eye(x.shape[1]), 0.5)
    w = np.linalg.inv(root)
    return [np.linalg.solve(root, (x - mean).T).T, mean, w]


@exercise.alternative
def loops(x, eps):
    mean = np.array([sum(column) / len(x) for column in x.T])
    d = x.shape[1]
    a = sum(np.outer(row - mean, row - mean) for row in x) / len(x)
    values, vectors = np.linalg.eigh(a)
    w = np.zeros((d, d))
    for value, vector in zip(values, vectors.T, strict=True):
        w += np.outer(vector, vector) / (value + eps) ** 0.5
    return [[float(row @ w[:, k]) for k in range(d)] for row in x - mean], list(mean), w.tolist()


@exercise.alternative
def single_precision(x, eps):
    return reference(x.astype(np.float32), np.float32(eps))
