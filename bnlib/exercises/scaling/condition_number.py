"""Exercise: the condition number of X^T X / N."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.scaling.spectrum import aligned, turned, with_means


def moments(x):
    return x.T @ x / len(x)


def reference(x):
    values = np.linalg.eigvalsh(moments(x))
    return values[-1] / values[0]


exercise = Exercise(
    name="condition_number",
    notebook="01_inputs",
    title="The condition number",
    difficulty=2,
    minutes=15,
    section=sections.CONDITION,
    parameters=("x",),
    returns=("condition",),
    reference=reference,
    example=lambda rng: (with_means(rng, 9, (1.0, 3.0, 8.0)),),
)


def _judge(student, x, given):
    expect("condition", student(x), reference(x), f"x of shape {x.shape}, {given}")


@exercise.check("features at right angles: the largest mean square over the smallest", points=1)
def right_angles(student, rng, others):
    # The largest and the smallest stand inside: the first over the last is something else.
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, aligned(rng, 9, (3 * a, 12 * b, 0.8 * c, 5 * a)), "features at right angles")


@exercise.check("features that depend on each other: eigenvalues, not mean squares", points=2)
def dependent(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, turned(rng, 8, (a, 3 * b, 10 * c)), "features that depend on each other")


@exercise.check("the means of the features count", points=1)
def means(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    _judge(student, with_means(rng, 8, (a, 2 * b, 4 * c)), "features with means")


@exercise.check("a common unit of all features does not", points=1)
def units(student, rng, others):
    a, b, c = rng.uniform(0.9, 1.1, 3)
    x = 1e-5 * turned(rng, 7, (a, 3 * b, 9 * c))
    _judge(student, x, "mean squares of about 1e-10")


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    x = turned(rng, 6, (1.0, 2.5, 7.0))
    if student.changed_arguments(x):
        raise Wrong("After the call x held other numbers.", "changed-argument")
    _judge(student, x, "features that depend on each other")


def _mistake(id, advice, function):
    exercise.mistake(id, advice)(function)


def _ratio(values):
    return values.max() / values.min()


def _eigenvalues(x):
    return np.linalg.eigvalsh(moments(x))


_mistake(
    "of-x-itself",
    "Your number is that of X, the ratio of its singular values. That of X^T X / N is its square.",
    lambda x: np.linalg.cond(x),
)
_mistake(
    "squared-twice",
    "Your number is the square of what is asked: the eigenvalues of X^T X / N are squares of "
    "singular values already.",
    lambda x: reference(x) ** 2,
)
_mistake(
    "covariance",
    "You take the means away first, which makes it the covariance. Asked is X^T X / N of x as it "
    "is: a mean makes a direction steep too.",
    lambda x: reference(x - x.mean(axis=0)),
)
_mistake(
    "correlation",
    "Your number is that of the correlation matrix, in which all features have one scale. The "
    "scales are what it is about here.",
    lambda x: _ratio(np.linalg.eigvalsh(np.corrcoef(x.T))),
)
_mistake(
    "mean-squares",
    "You compare the features' own mean squares, the diagonal of X^T X / N. Where features depend "
    "on each other the steepest direction lies between the axes.",
    lambda x: _ratio((x**2).mean(axis=0)),
)
_mistake(
    "variances",
    "You compare the features' variances. That leaves out their means and how they depend on each "
    "other.",
    lambda x: _ratio(x.var(axis=0)),
)
_mistake(
    "deviations",
    "You compare the features' standard deviations. Asked are the eigenvalues of X^T X / N.",
    lambda x: _ratio(x.std(axis=0)),
)
_mistake(
    "lengths",
    "You compare the lengths of the features, the roots of their mean squares. Asked are the "
    "eigenvalues of X^T X / N.",
    lambda x: _ratio(np.sqrt((x**2).mean(axis=0))),
)
_mistake(
    "of-the-rows",
    "Your matrix is X X^T, one row and column an example. Its smallest eigenvalue is 0 where there "
    "are more examples than features; what you divide by is rounding.",
    lambda x: _ratio(np.linalg.eigvalsh(x @ x.T / len(x))),
)
_mistake(
    "inverse",
    "You divide the smallest eigenvalue by the largest. A condition number is never below 1.",
    lambda x: 1 / reference(x),
)
_mistake(
    "not-sorted",
    "You divide the first eigenvalue by the last; not every routine returns them in order. Take "
    "the largest and the smallest.",
    lambda x: (lambda values: values[0] / values[-1])(np.linalg.eig(moments(x))[0]),
)
_mistake(
    "next-largest",
    "You divide the largest eigenvalue by the second largest. The smallest is the other end.",
    lambda x: (lambda values: values[-1] / values[-2])(_eigenvalues(x)),
)
_mistake(
    "largest-alone",
    "You return the largest eigenvalue. Divide it by the smallest.",
    lambda x: _eigenvalues(x)[-1],
)
_mistake(
    "smallest-alone",
    "You return the smallest eigenvalue. The largest is divided by it.",
    lambda x: _eigenvalues(x)[0],
)
_mistake(
    "difference",
    "You subtract the smallest eigenvalue from the largest. Asked is their ratio.",
    lambda x: np.ptp(_eigenvalues(x)),
)
_mistake(
    "trace",
    "You divide the sum of the eigenvalues by the smallest. Asked is the largest alone.",
    lambda x: _eigenvalues(x).sum() / _eigenvalues(x)[0],
)
_mistake(
    "mean-eigenvalue",
    "You divide the largest eigenvalue by their mean. The smallest is the other end.",
    lambda x: _eigenvalues(x)[-1] / _eigenvalues(x).mean(),
)
_mistake(
    "frobenius",
    "Your condition number is that of the Frobenius norm, in which all eigenvalues have a say. "
    "Asked is the largest over the smallest.",
    lambda x: np.linalg.norm(moments(x)) * np.linalg.norm(np.linalg.inv(moments(x))),
)
_mistake(
    "one-norm",
    "Your condition number is that of the 1-norm. Asked is the one of eigenvalues: the largest "
    "over the smallest.",
    lambda x: np.linalg.cond(moments(x), 1),
)
_mistake(
    "small-number-added",
    "You add a small number to what you divide by, and where all eigenvalues are small it is not "
    "small beside them.",
    lambda x: _eigenvalues(x)[-1] / (_eigenvalues(x)[0] + 1e-8),
)
_mistake(
    "logarithm",
    "You return the logarithm to base 10. Asked is the ratio itself.",
    lambda x: np.log10(reference(x)),
)
_mistake(
    "eigenvalues-returned",
    "You return all eigenvalues. Asked is one number, the largest over the smallest.",
    _eigenvalues,
)


@exercise.mistake("changes-x", "You scale x in place, and the caller's data are changed.")
def changes_x(x):
    x /= len(x) ** 0.5
    values = np.linalg.eigvalsh(x.T @ x)
    return values[-1] / values[0]


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x):
    reference(x)


@exercise.alternative
def singular_values(x):
    s = np.linalg.svd(x, compute_uv=False)
    return (s[0] / s[-1]) ** 2


@exercise.alternative
def library(x):
    return float(np.linalg.cond(np.einsum("ni,nj->ij", x, x)))


@exercise.alternative
def any_order(x):
    values = np.linalg.eig(x.T @ x / len(x))[0]
    return max(values) / min(values)


@exercise.alternative
def loops(x):
    n, d = x.shape
    m = [[sum(x[k, i] * x[k, j] for k in range(n)) / n for j in range(d)] for i in range(d)]
    values = sorted(float(v) for v in np.linalg.eigvalsh(m))
    return values[-1] / values[0]


@exercise.alternative
def two_norms(x):
    m = x.T @ x / len(x)
    return np.linalg.norm(m, 2) * np.linalg.norm(np.linalg.inv(m), 2)


@exercise.alternative
def single_precision(x):
    x = x.astype(np.float32)
    values = np.linalg.eigvalsh(x.T @ x / np.float32(len(x)))
    return values[-1] / values[0]
