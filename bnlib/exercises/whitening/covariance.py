"""Exercise: the covariance matrix of a batch."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.digits import expect_digits
from bnlib.exercises.inputs import signed
from bnlib.exercises.whitening.clouds import Cloud, eps_cloud, offset_cloud, wide_cloud

_STUDENTS = "students' repositories"


def reference(x):
    centred = x - x.mean(axis=0)
    return centred.T @ centred / len(x)


def example(rng):
    return (eps_cloud(rng, (6, 3)).x,)


exercise = Exercise(
    name="covariance",
    notebook="02_whitening",
    title="The covariance of a batch",
    difficulty=1,
    minutes=10,
    section=sections.CORRELATION,
    parameters=("x",),
    returns=("cov",),
    reference=reference,
    example=example,
)


def _judge(student, cloud):
    expect("cov", student(cloud.x), cloud.cov, cloud.given.removesuffix(", eps=1e-10"))


@exercise.check("entry (i, j) is the mean product of centred features i and j", points=3)
def formula(student, rng, others):
    _judge(student, wide_cloud(rng, (7, 4)))


@exercise.check("two rows are enough, and a constant feature has covariance 0 with all", points=1)
def two_rows(student, rng, others):
    # Of opposite signs, so that a covariance is negative.
    half = np.array([1.0, 0.0, -1.0]) * rng.permutation([1.0, 2.0, 4.0]) * rng.choice([-1, 1])
    middle = signed(rng, 2, 5, 3)
    x = np.stack([middle - half, middle + half])
    _judge(student, Cloud(x, 0.0, "x of shape (2, 3), feature 1 constant"))


# What rounding such an x to float32 does to its covariance, as a part of the largest entry.
_OFFSET_SINGLE = (2e-4, 0.5)


@exercise.check("large means cost no digits", points=1)
def large_means(student, rng, others):
    cloud = offset_cloud(rng, (8, 3))
    expect_digits("cov", student(cloud.x), cloud.cov, cloud.given, _OFFSET_SINGLE)


@exercise.check("x is left as it was", points=1)
def unchanged(student, rng, others):
    cloud = wide_cloud(rng, (6, 3))
    if student.changed_arguments(cloud.x):
        raise Wrong("After the call x held other numbers.", "changed-argument")
    _judge(student, cloud)


def _centred(x):
    return x - x.mean(axis=0)


_MISTAKES = (
    (
        "bessel",
        "You divide by N - 1, as some library functions do unless told not to. Asked is the mean "
        "over the N rows.",
        lambda x: reference(x) * len(x) / (len(x) - 1),
        "in the wild",
    ),
    (
        "not-centred",
        "Your matrix holds mean products of the raw features. Take each feature's mean away first.",
        lambda x: x.T @ x / len(x),
        "",
    ),
    (
        "sum-not-mean",
        "Your entries are sums over the rows. Divide them by the number of rows.",
        lambda x: reference(x) * len(x),
        "",
    ),
    (
        "divided-by-features",
        "You divide by D, the number of features. The mean is over the N rows.",
        lambda x: reference(x) * len(x) / x.shape[1],
        _STUDENTS,
    ),
    (
        "divided-by-entries",
        "You divide by N D, the number of all entries. Each entry of the matrix is a mean over "
        "N products.",
        lambda x: reference(x) / x.shape[1],
        "",
    ),
    (
        "products-of-rows",
        "Your matrix compares rows with rows: it is the transposed product, (N, N). Asked is "
        "features with features.",
        lambda x: _centred(x) @ _centred(x).T / len(x),
        "",
    ),
    (
        "products-of-rows-by-features",
        "Your matrix compares rows with rows, and divides by D. Asked is features with features, "
        "divided by N.",
        lambda x: _centred(x) @ _centred(x).T / x.shape[1],
        "",
    ),
    (
        "rows-as-variables",
        "You took rows for variables, as the library's function does unless told that "
        "variables are columns, and divided by one less than their length.",
        lambda x: _centred(x.T).T @ _centred(x.T) / (x.shape[1] - 1),
        "",
    ),
    (
        "rows-as-variables-biased",
        "You took rows for variables: the result is (N, N). In x a feature is a column.",
        lambda x: _centred(x.T).T @ _centred(x.T) / x.shape[1],
        "",
    ),
    (
        "centred-by-row",
        "You take the mean of each row away. Each feature has a mean of its own, taken over the "
        "rows.",
        lambda x: (c := x - x.mean(axis=1, keepdims=True)).T @ c / len(x),
        "",
    ),
    (
        "mean-over-all",
        "You subtract one mean of all entries. Each feature has its own.",
        lambda x: (c := x - x.mean()).T @ c / len(x),
        _STUDENTS,
    ),
    (
        "correlation",
        "Your matrix is the correlation: its diagonal is 1. The covariance keeps the features' "
        "scales.",
        lambda x: reference(x) / np.sqrt(np.outer(x.var(axis=0), x.var(axis=0))),
        "",
    ),
    (
        "variances-only",
        "You return one variance a feature, (D,). Asked is a matrix with an entry for each pair.",
        lambda x: x.var(axis=0),
        "",
    ),
    (
        "diagonal-only",
        "Your matrix has the variances on its diagonal and 0 elsewhere. Two features that move "
        "together have a covariance too.",
        lambda x: np.diag(x.var(axis=0)),
        "",
    ),
    (
        "one-triangle",
        "One triangle of your matrix is 0. The covariance of i with j is that of j with i.",
        lambda x: np.triu(reference(x)),
        "",
    ),
    (
        "other-triangle",
        "The upper triangle of your matrix is 0. The covariance of i with j is that of j with i.",
        lambda x: np.tril(reference(x)),
        "",
    ),
    (
        "absolute-values",
        "Your entries have lost their sign. Features of which one falls while the other rises "
        "have a negative covariance.",
        lambda x: np.abs(reference(x)),
        "",
    ),
    (
        "root-taken",
        "You take a root at the end: the diagonal holds deviations. Variances and covariances are "
        "means of products.",
        lambda x: np.sqrt(reference(x)),
        _STUDENTS,
    ),
    (
        "means-divided-too",
        "You divide the product of the means by N too. It is one product, subtracted after the "
        "sum over the rows has been divided.",
        lambda x: (x.T @ x - np.outer(x.mean(axis=0), x.mean(axis=0))) / len(x),
        "",
    ),
)

for _id, _advice, _function, _source in _MISTAKES:
    exercise.mistake(_id, _advice, source=_source)(_function)


@exercise.mistake(
    "one-pass-covariance",
    "Your output loses digits where the means are large, as E[x x^T] - mean mean^T does: two "
    "nearly equal large numbers are subtracted. Centre before you multiply.",
    rounding=True,
    source=_STUDENTS,
)
def one_pass(x):
    mean = x.mean(axis=0)
    return x.T @ x / len(x) - np.outer(mean, mean)


@exercise.mistake(
    "changes-x",
    "You centre x in place, and the caller's batch is changed. Let the first step make a new "
    "array.",
    source=_STUDENTS,
)
def changes_x(x):
    x -= x.mean(axis=0)
    return x.T @ x / len(x)


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x):
    reference(x)


@exercise.alternative
def einsum(x):
    centred = x - np.einsum("nd->d", x) / len(x)
    return np.einsum("ni,nj->ij", centred, centred) / len(x)


@exercise.alternative
def loops(x):
    n, d = x.shape
    means = [sum(x[:, j]) / n for j in range(d)]
    return [
        [sum((r[i] - means[i]) * (r[j] - means[j]) for r in x) / n for j in range(d)]
        for i in range(d)
    ]


@exercise.alternative
def library(x):
    return np.cov(x, rowvar=False, bias=True)


@exercise.alternative
def outer_products(x):
    mean = x.mean(axis=0)
    return sum(np.outer(row - mean, row - mean) for row in x) / len(x)


@exercise.alternative
def centring_matrix(x):
    n = len(x)
    return x.T @ (np.eye(n) - 1 / n) @ (x - x[0]) / n


@exercise.alternative
def single_precision(x):
    x = x.astype(np.float32)
    centred = x - x.mean(axis=0)
    return centred.T @ centred / np.float32(len(x))
