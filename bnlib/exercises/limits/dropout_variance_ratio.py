"""Exercise: how much smaller a variance is once dropout is switched off."""

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.exercise import Exercise
from bnlib.checks.verdicts import Wrong
from bnlib.exercises import sections


def reference(p):
    return 1 - p


exercise = Exercise(
    name="dropout_variance_ratio",
    notebook="08_limits",
    title="The variance that dropout adds",
    difficulty=2,
    minutes=15,
    section=sections.DROPOUT,
    parameters=("p",),
    returns=("ratio",),
    reference=reference,
    example=lambda rng: (float(rng.uniform(0.15, 0.4)),),
)


def _judge(student, ps):
    # All calls first: mistakes that agree on one p part on another.
    ratios = [student(p) for p in ps]
    for p, ratio in zip(ps, ratios, strict=True):
        # Measured against the ratio itself, also where it is small.
        expect("ratio", ratio, reference(p), f"p={p:.4g}")


@exercise.check("the ratio is right at several p", points=2)
def several(student, rng, others):
    # Not near 0.5, where p and 1 - p are alike.
    ps = (rng.uniform(0.15, 0.25), rng.uniform(0.3, 0.4), rng.uniform(0.65, 0.8))
    _judge(student, [round(float(p), 4) for p in ps])


@exercise.check("p = 0 gives 1, and more dropout a smaller ratio", points=1)
def from_one_downwards(student, rng, others):
    p = round(float(rng.uniform(0.2, 0.4)), 4)
    first, second = student(0.0), student(p)
    expect("ratio", first, 1.0, "p=0")
    # Not which number: the first check asks for that.
    ratio = as_array("ratio", second)
    if ratio.shape or not 0 < ratio < 1:
        raise Wrong(f"ratio is {ratio} for p={p:g}, expected a number between 0 and 1.")


@exercise.check("where nearly all is dropped, nearly all the variance in training is noise", 1)
def nearly_all(student, rng, others):
    _judge(student, [round(float(1 - rng.uniform(0.01, 0.05)), 4)])


def _mistake(id, advice, ratio):
    exercise.mistake(id, advice)(ratio)


_mistake(
    "keep-and-drop-exchanged",
    "Your ratio is p. Is p the probability that a value is dropped, or that it is kept?",
    lambda p: p,
)
_mistake(
    "train-over-test",
    "Your ratio is that of training to test (or that of dropout without the factor 1 / (1 - p)). "
    "Asked is test to train, for inverted dropout.",
    lambda p: 1 / (1 - p),
)
_mistake(
    "train-over-test-of-p",
    "Your ratio is 1 / p. Which of the two variances is divided by which, and is p the "
    "probability that a value is dropped?",
    lambda p: 1 / p,
)
_mistake(
    "deviations",
    "Your ratio is that of the standard deviations. Asked is that of the variances.",
    lambda p: (1 - p) ** 0.5,
)
_mistake(
    "deviations-train-over-test",
    "Your ratio is that of the standard deviations, training to test. Asked is that of the "
    "variances, test to train.",
    lambda p: (1 - p) ** -0.5,
)
_mistake(
    "mask-forgotten",
    "Your variance in training is that of x / (1 - p). The values that were set to 0 count too.",
    lambda p: (1 - p) ** 2,
)
_mistake(
    "ratio-one",
    "Your ratio is 1. Inverted dropout keeps the mean of a value, but not its mean square.",
    lambda p: 1.0,
)
_mistake(
    "variance-of-mask",
    "Your ratio is the variance of the mask, p (1 - p). The variance of the product of the mask "
    "and x is needed.",
    lambda p: p * (1 - p),
)
_mistake(
    "variance-added",
    "Your ratio is the part that dropout adds, p / (1 - p). Asked is the variance at test over "
    "the whole of that in training.",
    lambda p: p / (1 - p),
)
_mistake(
    "one-plus",
    "Your variance in training is v (1 + p). Take the mean square of x m / (1 - p): with which "
    "probability is it not 0, and what is it then?",
    lambda p: 1 / (1 + p),
)
_mistake(
    "p-squared",
    "Your ratio is 1 - p^2. The mask's square is the mask itself, as it is 0 or 1.",
    lambda p: 1 - p**2,
)
_mistake("p-hard-coded", "Your ratio is 0.5 whatever p is.", lambda p: 0.5)
_mistake("percent", "Your ratio is in percent. Asked is a plain number.", lambda p: 100 * (1 - p))


@exercise.alternative
def from_moments(p):
    keep = 1.0 - p
    mean_square = keep * (1 / keep) ** 2  # of m / keep, for v = 1 and mean 0
    return 1 / mean_square


@exercise.alternative
def by_the_noise(p):
    return 1 / (1 + p / (1 - p))


@exercise.alternative
def by_law_of_total_variance(p):
    values, chances = np.array([0.0, 1 / (1 - p)]), np.array([p, 1 - p])
    within = (chances * values**2).sum()
    return np.float64(1 / within)


@exercise.alternative
def as_zero_d_array(p):
    return np.array(1 - p)


@exercise.alternative
def single_precision(p):
    return np.float32(1) - np.float32(p)
