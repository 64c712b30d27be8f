"""Exercise: normalize with the running statistics, each row alone."""

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections
from bnlib.exercises.algorithm.faults import AFFINE
from bnlib.exercises.inputs import signed
from bnlib.exercises.running.inputs import running


def reference(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta


def _arguments(rng, shape, low, high, eps):
    features = shape[1]
    running_mean, running_var = running(rng, features, low, high)
    # The rows lie elsewhere and spread otherwise than what is remembered.
    x = high * (2 * rng.standard_normal(shape) + signed(rng, 1.0, 3.0, features))
    gamma, beta = signed(rng, 0.5, 2.0, features), signed(rng, 0.5, 2.0, features)
    given = f"x of shape {shape}, eps={eps:g}"
    return (x, gamma, beta, running_mean, running_var, eps), given


def example(rng):
    return _arguments(rng, (5, 3), 0.8, 2.0, 0.5)[0]


exercise = Exercise(
    name="batchnorm_inference",
    notebook="06_running",
    title="Batch norm without a batch",
    difficulty=1,
    minutes=10,
    section=sections.NO_BATCH,
    parameters=("x", "gamma", "beta", "running_mean", "running_var", "eps"),
    returns=("y",),
    reference=reference,
    example=example,
)


def _judge(student, arguments, given):
    expect("y", student(*arguments), reference(*arguments), given)


@exercise.check("y is x normalized with the running statistics, scaled and shifted", points=3)
def formula(student, rng, others):
    _judge(student, *_arguments(rng, (7, 4), 20.0, 200.0, 1e-10))


@exercise.check("one row is enough", points=1)
def one_row(student, rng, others):
    _judge(student, *_arguments(rng, (1, 4), 20.0, 200.0, 1e-10))


@exercise.check("eps is added to the running variance, inside the root", 1, sections.EPS)
def eps_inside(student, rng, others):
    _judge(student, *_arguments(rng, (6, 3), 0.8, 1.5, 0.5))


@exercise.check("a feature that was constant in training does no harm", 1, sections.EPS)
def constant_feature(student, rng, others):
    arguments, _ = _arguments(rng, (3, 4), 20.0, 200.0, 1e-4)
    arguments[4][1] = 0.0
    _judge(student, arguments, "x of shape (3, 4), running_var[1] = 0, eps=0.0001")


@exercise.check("the arguments are left as they were", points=1)
def unchanged(student, rng, others):
    arguments, given = _arguments(rng, (5, 3), 20.0, 200.0, 1e-10)
    changed = student.changed_arguments(*arguments)
    if changed:
        names = " and ".join(changed)
        raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
    _judge(student, arguments, given)


_STUDENTS = "students' repositories"


def _mistake(id, advice, xhat, source=""):
    """A wrong normalization, ``xhat(x, running_mean, running_var, eps)``, with a right affine."""
    exercise.mistake(id, advice, source=source)(
        lambda x, gamma, beta, mean, var, eps: gamma * xhat(x, mean, var, eps) + beta
    )


_mistake(
    "eps-outside-root",
    "You add eps to the root of running_var. It belongs to the variance, under the root, as in "
    "training.",
    lambda x, mean, var, eps: (x - mean) / (np.sqrt(var) + eps),
    _STUDENTS,
)
_mistake(
    "eps-missing",
    "eps has no effect on your output. It is added to running_var before the root, as in training.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var),
    _STUDENTS,
)
_mistake(
    "eps-hard-coded",
    "Your output does not follow the eps that was passed: it is that of eps = 1e-5. Use the "
    "argument.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var + 1e-5),
    _STUDENTS,
)
_mistake(
    "eps-hard-coded-1e-8",
    "Your output does not follow the eps that was passed: it is that of eps = 1e-8. Use the "
    "argument.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var + 1e-8),
)
_mistake(
    "eps-subtracted",
    "You subtract eps from the variance. It is added, so that the root stays away from 0.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var - eps),
)
_mistake(
    "eps-squared",
    "You add the square of eps under the root. eps is added to the variance as it is.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var + eps**2),
)
_mistake(
    "eps-in-numerator",
    "You add eps to the centred input too. It has one place: the variance, under the root.",
    lambda x, mean, var, eps: (x - mean + eps) / np.sqrt(var + eps),
)
_mistake(
    "variance-not-root",
    "You divide by running_var itself, as if it were a standard deviation. It is a variance: take "
    "its root.",
    lambda x, mean, var, eps: (x - mean) / (var + eps),
    _STUDENTS,
)
_mistake(
    "variance-squared",
    "You square running_var before the root, as if it were a standard deviation. It is a variance "
    "already.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(var**2 + eps),
    _STUDENTS,
)
_mistake(
    "precedence",
    "Only the mean is divided: the division comes before the subtraction. Put x less the mean in "
    "parentheses.",
    lambda x, mean, var, eps: x - mean / np.sqrt(var + eps),
    _STUDENTS,
)
_mistake(
    "batch-statistics",
    "You normalize with the statistics of the rows at hand. At inference those of training are "
    "used: each row stands alone.",
    lambda x, mean, var, eps: (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps),
    "in the wild",
)
_mistake(
    "batch-mean",
    "You subtract the mean of the rows at hand. At inference it is running_mean.",
    lambda x, mean, var, eps: (x - x.mean(axis=0)) / np.sqrt(var + eps),
)
_mistake(
    "batch-variance",
    "You divide by the deviation of the rows at hand. At inference it comes from running_var.",
    lambda x, mean, var, eps: (x - mean) / np.sqrt(x.var(axis=0) + eps),
)
_mistake(
    "not-centred",
    "You divide by the deviation without taking running_mean away first.",
    lambda x, mean, var, eps: x / np.sqrt(var + eps),
)
_mistake(
    "not-scaled",
    "You take running_mean away and do not divide by the standard deviation.",
    lambda x, mean, var, eps: x - mean,
)
_mistake(
    "sign",
    "The sign is reversed: running_mean is subtracted from x, not x from running_mean.",
    lambda x, mean, var, eps: (mean - x) / np.sqrt(var + eps),
)
_mistake(
    "mean-added",
    "You add running_mean. It is subtracted.",
    lambda x, mean, var, eps: (x + mean) / np.sqrt(var + eps),
)
_mistake(
    "multiplied",
    "You multiply by the standard deviation. To bring the variance to 1, divide by it.",
    lambda x, mean, var, eps: (x - mean) * np.sqrt(var + eps),
)
_mistake(
    "statistics-exchanged",
    "running_mean and running_var are exchanged. The mean is subtracted; the variance goes under "
    "the root.",
    lambda x, mean, var, eps: (x - var) / np.sqrt(mean + eps),
)


def _bessel(x, mean, var, eps):
    n = x.shape[0]
    return (x - mean) / np.sqrt(var * n / (n - 1) + eps)


_mistake(
    "bessel-again",
    "You correct running_var with N / (N - 1). That was done when it was collected, and the rows "
    "at hand play no part here.",
    _bessel,
)


def _then(step):
    def inference(x, gamma, beta, mean, var, eps):
        return step(x, (x - mean) / np.sqrt(var + eps), gamma, beta)

    return inference


for fault in AFFINE:
    exercise.mistake(fault.id, fault.advice, fault.rounding, fault.source)(_then(fault.function))


@exercise.mistake(
    "changes-x",
    "You work on x in place, and the caller's rows are changed. Let the first step make a new "
    "array.",
)
def changes_x(x, gamma, beta, running_mean, running_var, eps):
    x -= running_mean
    x /= np.sqrt(running_var + eps)
    return gamma * x + beta


@exercise.mistake(
    "cache-returned",
    "You return y and a cache. There is no backward pass at inference: return y alone.",
)
def cache_returned(x, gamma, beta, running_mean, running_var, eps):
    return reference(x, gamma, beta, running_mean, running_var, eps), None


@exercise.mistake("nothing-returned", "The function ends without a return.")
def nothing_returned(x, gamma, beta, running_mean, running_var, eps):
    reference(x, gamma, beta, running_mean, running_var, eps)


@exercise.alternative
def one_line(x, gamma, beta, running_mean, running_var, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return scale * x + (beta - scale * running_mean)


@exercise.alternative
def power(x, gamma, beta, running_mean, running_var, eps):
    inv_std = (running_var + eps) ** -0.5
    return np.add(np.multiply(np.subtract(x, running_mean) * inv_std, gamma), beta)


@exercise.alternative
def einsum(x, gamma, beta, running_mean, running_var, eps):
    inv_std = 1 / np.sqrt(running_var + eps)
    return np.einsum("nd,d,d->nd", x - running_mean, inv_std, gamma) + beta


@exercise.alternative
def loops(x, gamma, beta, running_mean, running_var, eps):
    y = []
    for row in x:
        line = []
        for v, g, b, mean, var in zip(row, gamma, beta, running_mean, running_var, strict=True):
            line.append(g * (v - mean) / (var + eps) ** 0.5 + b)
        y.append(line)
    return y


@exercise.alternative
def single_precision(x, gamma, beta, running_mean, running_var, eps):
    x, gamma, beta, mean, var = (
        a.astype(np.float32) for a in (x, gamma, beta, running_mean, running_var)
    )
    return gamma * (x - mean) / np.sqrt(var + np.float32(eps)) + beta
