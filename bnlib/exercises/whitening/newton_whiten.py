"""Exercise: whitening by matrix products alone."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.exercises import sections
from bnlib.exercises.whitening import faults, returned
from bnlib.exercises.whitening import steps as faulty_steps
from bnlib.exercises.whitening.clouds import eps_cloud, flat_cloud, offset_cloud, wide_cloud
from bnlib.exercises.whitening.judging import (
    OF_W,
    called,
    changes_nothing,
    expect_kept_digits,
    expect_mean_and_product,
    expect_product,
    expect_white,
    square,
)


def _root(a, steps):
    """P_steps / sqrt(trace): P^2 S is carried along beside P, and rounding does not build up."""
    trace, identity = np.trace(a), np.eye(len(a))
    root, residual = identity, a / trace
    for _ in range(steps):
        step = (3 * identity - residual) / 2
        root, residual = root @ step, residual @ step @ step
    return root / np.sqrt(trace)


def reference(x, steps, eps):
    return faults.whiten(x, eps, lambda a: _root(a, steps))


def example(rng):
    cloud = eps_cloud(rng, (6, 3))
    return cloud.x, 3, cloud.eps


exercise = Exercise(
    name="newton_whiten",
    notebook="02_whitening",
    title="Whitening by Newton steps",
    difficulty=4,
    minutes=30,
    section=sections.NEWTON,
    parameters=("x", "steps", "eps"),
    returns=("z", "mean", "w"),
    reference=reference,
    uses=("covariance",),
    forbidden=(
        *Exercise.forbidden,
        "numpy.linalg.cholesky",
        "numpy.linalg.eig",
        "numpy.linalg.eigh",
        "numpy.linalg.eigvals",
        "numpy.linalg.eigvalsh",
        "numpy.linalg.inv",
        "numpy.linalg.lstsq",
        "numpy.linalg.pinv",
        "numpy.linalg.qr",
        "numpy.linalg.solve",
        "numpy.linalg.svd",
        "numpy.linalg.svdvals",
        "numpy.linalg.tensorinv",
        "numpy.linalg.tensorsolve",
    ),
    example=example,
)


def _judge(student, cloud, steps: int):
    z, _, w = called(student, cloud, steps)
    w = square(w, cloud)
    want = _root(cloud.ridged, steps)
    expect("w", w, want, f"{cloud.given}, steps={steps}", part=OF_W)
    return z, w


@exercise.check("z is (x - mean) @ w, and mean holds the mean of each feature", points=1)
def product(student, rng, others):
    expect_mean_and_product(student, wide_cloud(rng, (7, 4)), 3)


@exercise.check("without a step, w divides by the root of the trace", points=1)
def no_step(student, rng, others):
    _judge(student, wide_cloud(rng, (7, 4)), 0)


@exercise.check("w is that of one, two and four Newton steps", points=3)
def iterates(student, rng, others):
    cloud = wide_cloud(rng, (7, 4))
    for steps in (1, 2, 4):
        _judge(student, cloud, steps)


@exercise.check("forty steps whiten: rounding errors do not build up", points=1)
def many_steps(student, rng, others):
    cloud = wide_cloud(rng, (8, 3))
    # Whoever is right after six steps made none of the mistakes that end in NaN by themselves.
    called(student, cloud, 6)
    expect_white(called(student, cloud, 40)[2], cloud, "w.T @ cov @ w")


@exercise.check("eps is added to the diagonal of the covariance", 1, sections.FLAT)
def eps_inside(student, rng, others):
    _judge(student, eps_cloud(rng, (6, 3)), 3)


@exercise.check("with eps, constant and repeated features and N < D do no harm", 1, sections.FLAT)
def flat(student, rng, others):
    cloud = flat_cloud(rng)
    z, w = _judge(student, cloud, 6)
    expect_product(z, w, cloud)


@exercise.check("large means cost no digits", 1, sections.CORRELATION)
def large_means(student, rng, others):
    expect_kept_digits(student, offset_cloud(rng, (8, 3)), 12)


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    cloud = wide_cloud(rng, (6, 3))
    z, w = changes_nothing(student, cloud, 2)
    expect("w", square(w, cloud), _root(cloud.ridged, 2), f"{cloud.given}, steps=2", part=OF_W)
    expect_product(z, w, cloud)


# An eps of 1e-8 and none at all are the same in so few steps.
_seen = tuple(f for f in faults.MATRIX + returned.RETURNED if f.id != "eps-hard-coded-1e-8")
faults.add(exercise, _seen, _root)


faults.add_roots(exercise, faulty_steps.ROOTS)
for _id, _advice, _function in faulty_steps.EPS:
    exercise.mistake(_id, _advice)(_function)


@exercise.mistake(
    "rounding-builds-up",
    "Your steps are right, and after many of them rounding errors have grown: each step multiplies "
    "them. Carry M = P^2 S along beside P, as the text says.",
    rounding=True,
)
def rounding_builds_up(x, steps, eps):
    return faults.whiten(x, eps, lambda a: faulty_steps.as_it_stands(a, steps))


@exercise.alternative
def two_sequences(x, steps, eps):
    mean = x.mean(axis=0)
    d = x.shape[1]
    a = np.cov(x, rowvar=False, bias=True) + eps * np.eye(d)
    trace = np.trace(a)
    y, p = a / trace, np.eye(d)
    for _ in range(steps):
        step = 1.5 * np.eye(d) - 0.5 * p @ y
        y, p = y @ step, step @ p
    w = p * trace**-0.5
    return np.einsum("nd,de->ne", x - mean, w), mean, w


@exercise.alternative
def recursive(x, steps, eps):
    mean = np.mean(x, axis=0)
    a = faults.covariance(x - mean) + np.diag([eps] * x.shape[1])

    def go(p, m, left):
        step = (3 * np.eye(len(m)) - m) / 2
        return p if left == 0 else go(step @ p, step @ m @ step, left - 1)

    w = go(np.eye(len(a)), a / a.trace(), steps) / a.trace() ** 0.5
    return [(x - mean) @ w, list(mean), w.tolist()]


@exercise.alternative
def loops(x, steps, eps):
    n, d = x.shape
    mean = np.array([sum(column) / n for column in x.T])
    a = np.zeros((d, d))
    for row in x:
        a += np.outer(row - mean, row - mean) / n
    for j in range(d):
        a[j, j] += eps
    trace = sum(a[j, j] for j in range(d))
    p, m = np.eye(d), a / trace
    for _ in range(steps):
        p = (3 * p - p @ m) / 2
        m = (9 * m - 6 * m @ m + m @ m @ m) / 4
    w = p / np.sqrt(trace)
    return [[float(row @ w[:, k]) for k in range(d)] for row in x - mean], mean, w


@exercise.alternative
def scaled_first(x, steps, eps):
    mean = x.mean(axis=0)
    centred = x - mean
    trace = (centred**2).mean(axis=0).sum() + eps * x.shape[1]
    unit = centred / np.sqrt(trace)
    p, m = np.eye(x.shape[1]), unit.T @ unit / len(x) + eps / trace * np.eye(x.shape[1])
    for _ in range(steps):
        step = 1.5 * np.eye(len(m)) - 0.5 * m
        p, m = p @ step, step @ (m @ step)
    return unit @ p, mean, p / np.sqrt(trace)


@exercise.alternative
def single_precision(x, steps, eps):
    x = x.astype(np.float32)
    mean = x.mean(axis=0)
    identity = np.eye(x.shape[1], dtype=np.float32)
    a = (x - mean).T @ (x - mean) / np.float32(len(x)) + np.float32(eps) * identity
    trace = np.trace(a)
    p, m = identity, a / trace
    for _ in range(steps):
        step = (3 * identity - m) / 2
        p, m = p @ step, m @ step @ step
    w = p / np.sqrt(trace)
    return (x - mean) @ w, mean, w
