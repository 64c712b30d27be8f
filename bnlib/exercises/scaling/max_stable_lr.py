"""Exercise: the learning rate at which gradient descent on a mean squared error stops to settle."""

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.scaling.condition_number import moments
from bnlib.exercises.scaling.spectrum import aligned, turned, with_means


def reference(x):
    return 2 / np.linalg.eigvalsh(moments(x))[-1]


exercise = Exercise(
    name="max_stable_lr",
    notebook="01_inputs",
    title="The largest learning rate",
    difficulty=2,
    minutes=15,
    section=sections.RATE,
    parameters=("x",),
    returns=("lr",),
    reference=reference,
    example=lambda rng: (with_means(rng, 9, (1.0, 3.0, 8.0)),),
)


def _judge(student, x, given):
    expect("lr", student(x), reference(x), f"x of shape {x.shape}, {given}")


@exercise.check("features at right angles: the largest mean square sets the rate", points=1)
def right_angles(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, aligned(rng, 9, (3 * a, 12 * b, 0.4 * c, 5 * a)), "features at right angles")


@exercise.check("features that depend on each other: the largest eigenvalue does", points=2)
def dependent(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, turned(rng, 8, (0.7 * a, 3 * b, 10 * c)), "features that depend on each other")


@exercise.check("the means of the features count", points=1)
def means(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, with_means(rng, 7, (0.7 * a, 2 * b, 4 * c)), "features with means")


@exercise.check("features ten times as large: a hundredth; each row twice: the same", points=1)
def proportions(student, rng, others):
    x = with_means(rng, 7, (0.7, 2.0, 4.0))
    once, tenfold, twice = student(x), student(10 * x), student(np.concatenate([x, x]))
    rate = as_array("lr", once)
    if rate.shape != () or not (np.isfinite(rate) and rate > 0):
        expect("lr", once, reference(x), "x of shape (7, 3)")
    # Against the answer's own rate: a wrong factor was judged before.
    expect("lr", tenfold, rate / 100, f"features ten times as large as for lr = {rate:.4g}")
    expect("lr", twice, rate, f"each row of x twice, where once gave {rate:.4g}")


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    x = turned(rng, 6, (1.0, 2.5, 7.0))
    if student.changed_arguments(x):
        raise Wrong("After the call x held other numbers.", "changed-argument")
    _judge(student, x, "features that depend on each other")


def _mistake(id, advice, function):
    exercise.mistake(id, advice)(function)


def _largest(x):
    return np.linalg.eigvalsh(moments(x))[-1]


_mistake(
    "one-over-largest",
    "Your rate is half of the limit. With the 1/2 in the loss the curvatures are the eigenvalues "
    "of X^T X / N, and an error factor of 1 - lr * lambda stays above -1 for longer.",
    lambda x: 1 / _largest(x),
)
_mistake(
    "four-over-largest",
    "Your rate is twice the limit. Where does 1 - lr * lambda reach -1?",
    lambda x: 4 / _largest(x),
)
_mistake(
    "smallest",
    "You use the smallest eigenvalue. The flattest direction bears the largest rate; the steepest "
    "one sets the limit.",
    lambda x: 2 / np.linalg.eigvalsh(moments(x))[0],
)
_mistake(
    "trace",
    "You divide by the sum of the eigenvalues, the trace. That rate is safe; the limit is set by "
    "the largest alone.",
    lambda x: 2 / np.trace(moments(x)),
)
_mistake(
    "mean-eigenvalue",
    "You divide by the mean of the eigenvalues. The limit is set by the largest.",
    lambda x: 2 * x.shape[1] / np.trace(moments(x)),
)
_mistake(
    "n-missing",
    "You leave out the 1/N of the loss: your matrix is X^T X, so your rate shrinks as rows are "
    "added.",
    lambda x: reference(x) / len(x),
)
_mistake(
    "count-of-features",
    "You divide X^T X by the number of features. The loss is a mean over the examples.",
    lambda x: reference(x) * x.shape[1] / len(x),
)
_mistake(
    "bessel",
    "You divide X^T X by N - 1. The loss is a mean over N examples.",
    lambda x: reference(x) * (len(x) - 1) / len(x),
)
_mistake(
    "covariance",
    "You take the means away first. Gradient descent works on x as it is, and a mean makes a "
    "direction steeper.",
    lambda x: reference(x - x.mean(axis=0)),
)
_mistake(
    "sample-covariance",
    "Your matrix is the covariance with N - 1. Asked is X^T X / N of x as it is, with its means.",
    lambda x: 2 / np.linalg.eigvalsh(np.cov(x.T))[-1],
)
_mistake(
    "mean-squares",
    "You take the largest mean square of a feature. Where features depend on each other, the "
    "steepest direction lies between the axes.",
    lambda x: 2 / (x**2).mean(axis=0).max(),
)
_mistake(
    "variances",
    "You take the largest variance of a feature. That leaves out the means and how the features "
    "depend on each other.",
    lambda x: 2 / x.var(axis=0).max(),
)
_mistake(
    "singular-value",
    "You divide by the largest singular value of X. The largest eigenvalue of X^T X / N is its "
    "square over N.",
    lambda x: 2 / np.linalg.norm(x, 2),
)
_mistake(
    "root",
    "You divide by the root of the largest eigenvalue. The curvature is the eigenvalue itself.",
    lambda x: 2 / np.sqrt(_largest(x)),
)
_mistake(
    "frobenius",
    "You divide by the Frobenius norm of X^T X / N, in which all eigenvalues have a say. Asked is "
    "the largest.",
    lambda x: 2 / np.linalg.norm(moments(x)),
)
_mistake(
    "first-eigenvalue",
    "You take the first eigenvalue that the routine returns; not every routine returns the "
    "largest first. Look for the largest.",
    lambda x: 2 / np.linalg.eig(moments(x))[0][0],
)
_mistake(
    "best-rate",
    "Your rate is the one at which both ends shrink equally fast, 2 / (largest + smallest). The "
    "limit lies a little above it.",
    lambda x: 2 / np.linalg.eigvalsh(moments(x))[[0, -1]].sum(),
)
_mistake(
    "curvature",
    "You return the largest eigenvalue. Asked is the rate, 2 over it.",
    _largest,
)
_mistake(
    "half-curvature",
    "You return the inverse of what is asked: the largest eigenvalue over 2.",
    lambda x: _largest(x) / 2,
)
_mistake(
    "condition-number",
    "You divide by the condition number. The limit is set by the largest eigenvalue alone.",
    lambda x: 2 / np.linalg.cond(moments(x)),
)
_mistake(
    "one-rate-each",
    "You return a rate for each eigenvalue. One rate has to do for all directions: the smallest "
    "of them.",
    lambda x: 2 / np.linalg.eigvalsh(moments(x)),
)


@exercise.mistake("changes-x", "You scale x in place, and the caller's data are changed.")
def changes_x(x):
    x /= len(x) ** 0.5
    return 2 / np.linalg.eigvalsh(x.T @ x)[-1]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x):
    reference(x)


@exercise.alternative
def spectral_norm(x):
    return 2 * len(x) / np.linalg.norm(x, 2) ** 2


@exercise.alternative
def of_the_rows(x):
    # X X^T has the same eigenvalues above 0.
    return 2 * len(x) / max(np.linalg.eigvalsh(x @ x.T))


@exercise.alternative
def einsum(x):
    return float(2 / np.linalg.eigvals(np.einsum("ni,nj->ij", x, x) / x.shape[0]).max())


@exercise.alternative
def power_iteration(x):
    m = x.T @ x / len(x)
    for _ in range(12):
        m = m @ m
        m = m / np.trace(m)
    direction = m[:, np.argmax(np.diag(m))]
    steep = x @ direction
    return 2 * len(x) * (direction @ direction) / (steep @ steep)


@exercise.alternative
def single_precision(x):
    x = x.astype(np.float32)
    return np.float32(2) / np.linalg.eigvalsh(x.T @ x / np.float32(len(x)))[-1]
