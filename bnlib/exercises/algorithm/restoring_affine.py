"""Exercise: the gamma and beta that undo the normalization."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections


def reference(mean, var, eps):
    return np.sqrt(var + eps), mean


exercise = Exercise(
    name="restoring_affine",
    notebook="04_algorithm",
    title="Undo it with gamma and beta",
    difficulty=2,
    minutes=10,
    section=sections.AFFINE,
    parameters=("mean", "var", "eps"),
    returns=("gamma", "beta"),
    reference=reference,
    example=lambda rng: (*_statistics(rng, 4), 0.5),
)


def _statistics(rng, features):
    mean = rng.uniform(0.5, 3.0, features) * rng.choice([-1.0, 1.0], features)
    return mean, rng.permutation(np.geomspace(2.0, 50.0, features))


@exercise.check("gamma is the standard deviation", points=1)
def gamma_value(student, rng, others):
    mean, var = _statistics(rng, 4)
    gamma, _ = student(mean, var, 1e-10)
    expect("gamma", gamma, reference(mean, var, 1e-10)[0], "four features, eps=1e-10")


@exercise.check("beta is the mean", points=1)
def beta_value(student, rng, others):
    mean, var = _statistics(rng, 4)
    _, beta = student(mean, var, 1e-10)
    expect("beta", beta, mean, "four features, eps=1e-10")


@exercise.check("the batch comes back exactly, eps included", 2, sections.EPS)
def identity(student, rng, others):
    mean, var = _statistics(rng, 3)
    gamma, beta = student(mean, var / 20, 0.5)
    want_gamma, want_beta = reference(mean, var / 20, 0.5)
    expect("gamma", gamma, want_gamma, "three features, eps=0.5")
    expect("beta", beta, want_beta, "three features, eps=0.5")


@exercise.check("mean and var are left as they were", points=1)
def unchanged(student, rng, others):
    mean, var = _statistics(rng, 3)
    changed = student.changed_arguments(mean, var, 1e-10)
    if changed:
        names = ", ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    gamma, beta = student(mean, var, 1e-10)
    want_gamma, want_beta = reference(mean, var, 1e-10)
    expect("gamma", gamma, want_gamma, "three features")
    expect("beta", beta, want_beta, "three features")


_EPS = "What the normalization divided by is the root of var + eps, so gamma holds the same eps."


def _mistake(id, advice, gamma, beta=lambda mean, var, eps: mean):
    exercise.mistake(id, advice)(lambda m, v, e: (gamma(m, v, e), beta(m, v, e)))


def _right(mean, var, eps):
    return np.sqrt(var + eps)


_mistake(
    "gamma-is-variance",
    "Your gamma is the variance; the normalization divided by its root.",
    lambda m, v, e: v + e,
)
_mistake("eps-missing", f"Your gamma leaves eps out. {_EPS}", lambda m, v, e: np.sqrt(v))
_mistake("eps-outside-root", f"You add eps after the root. {_EPS}", lambda m, v, e: np.sqrt(v) + e)
_mistake(
    "eps-hard-coded",
    "Your gamma does not follow the eps that was passed: it is that of eps = 1e-5.",
    lambda m, v, e: np.sqrt(v + 1e-5),
)
_mistake(
    "eps-subtracted", f"You subtract eps from the variance. {_EPS}", lambda m, v, e: np.sqrt(v - e)
)
_mistake(
    "gamma-inverted",
    "Your gamma is what the normalization multiplied by. To undo it takes the inverse.",
    lambda m, v, e: 1 / np.sqrt(v + e),
)
_mistake(
    "gamma-one",
    "Your gamma is 1, which leaves the batch at variance 1.",
    lambda m, v, e: np.ones_like(v),
)
_mistake(
    "beta-negative",
    "Your beta is the mean with its sign reversed; undoing adds the mean back.",
    _right,
    lambda m, v, e: -m,
)
_mistake(
    "beta-zero",
    "Your beta is 0, which leaves the batch at mean 0.",
    _right,
    lambda m, v, e: np.zeros_like(m),
)
_mistake(
    "beta-scaled",
    "You multiply the mean by gamma. beta is added after the scaling, so it is the mean itself.",
    _right,
    lambda m, v, e: m * np.sqrt(v + e),
)
_mistake(
    "beta-divided",
    "You divide the mean by the deviation. beta is added after the scaling, "
    "so it is the mean itself.",
    _right,
    lambda m, v, e: m / np.sqrt(v + e),
)
_mistake(
    "inverse-map",
    "You give the gamma and beta that normalize. Asked are those that undo it.",
    lambda m, v, e: 1 / np.sqrt(v + e),
    lambda m, v, e: -m / np.sqrt(v + e),
)
_mistake(
    "exchanged",
    "gamma and beta are exchanged: gamma scales, beta shifts.",
    lambda m, v, e: m,
    _right,
)


@exercise.mistake(
    "changes-var",
    "You add eps to var in place, and the caller's array is changed.",
)
def changes_var(mean, var, eps):
    var += eps
    return np.sqrt(var), mean


@exercise.alternative
def power(mean, var, eps):
    return (var + eps) ** 0.5, mean.copy()


@exercise.alternative
def loops(mean, var, eps):
    return [float(v + eps) ** 0.5 for v in var], [float(m) for m in mean]


@exercise.alternative
def by_inverse(mean, var, eps):
    inv_std = 1 / np.sqrt(var + eps)
    return 1 / inv_std, mean * inv_std / inv_std


@exercise.alternative
def single_precision(mean, var, eps):
    return np.sqrt(var.astype(np.float32) + np.float32(eps)), mean.astype(np.float32)
