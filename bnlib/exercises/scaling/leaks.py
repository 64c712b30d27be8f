"""Wrong ways to standardize a test set beside a training set."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.exercises.scaling.faults import deviation, mean

# id, advice, source, function
LEAKS: list[tuple[str, str, str, Callable]] = []


def _fault(id, advice, source=""):
    def add(split):
        LEAKS.append((id, advice, source, split))
        return split

    return add


def reference(x_train, x_test, eps):
    shift, scale = mean(x_train), deviation(x_train, eps)
    return (x_train - shift) / scale, (x_test - shift) / scale


def own(x, eps):
    return (x - mean(x)) / deviation(x, eps)


def _mistake(id, advice, z_test, source=""):
    """A mistake in the test set alone."""

    def split(x_train, x_test, eps):
        return own(x_train, eps), z_test(x_train, x_test, eps)

    LEAKS.append((id, advice, source, split))


_mistake(
    "test-by-itself",
    "You standardize the test set with its own mean and variance. The model was trained on the "
    "training set's scale, and one test row alone has no variance.",
    lambda a, b, eps: own(b, eps),
    "in the wild",
)


@_fault(
    "both-together",
    "You take the mean and the variance of both sets together: the test set has a say in what "
    "the model is trained on. That is a leak.",
    "in the wild",
)
def both_together(x_train, x_test, eps):
    rows = np.concatenate([x_train, x_test])
    z = own(rows, eps)
    return z[: len(x_train)], z[len(x_train) :]


_mistake(
    "test-by-both",
    "You scale the test set by the statistics of both sets together. Use those of the training "
    "set, as for the training set itself.",
    lambda a, b, eps: (b - mean(np.concatenate([a, b]))) / deviation(np.concatenate([a, b]), eps),
)


@_fault(
    "by-the-test-set",
    "You scale both sets by the statistics of the test set. They are those of the training set.",
)
def by_the_test_set(x_train, x_test, eps):
    return reference(x_test, x_train, eps)[::-1]


_mistake(
    "test-mean",
    "You subtract the test set's own mean from it, and divide by the training set's deviation. "
    "Both come from the training set.",
    lambda a, b, eps: (b - mean(b)) / deviation(a, eps),
)
_mistake(
    "test-deviation",
    "You subtract the training set's mean from the test set, and divide by the test set's own "
    "deviation. Both come from the training set.",
    lambda a, b, eps: (b - mean(a)) / deviation(b, eps),
)
_mistake(
    "test-untouched",
    "Your test set comes back as it was. The model expects it on the scale that the training set "
    "has now.",
    lambda a, b, eps: b.copy(),
)
_mistake(
    "test-by-z-train",
    "You take the statistics for the test set from the training set after it was standardized: "
    "mean 0, variance 1. Take them before.",
    lambda a, b, eps: (b - mean(own(a, eps))) / deviation(own(a, eps), eps),
)
_mistake(
    "test-not-centred",
    "You divide the test set and do not take the training set's mean away from it.",
    lambda a, b, eps: b / deviation(a, eps),
)
_mistake(
    "test-not-scaled",
    "You take the mean away from the test set and do not divide it by the deviation.",
    lambda a, b, eps: b - mean(a),
)
_mistake(
    "test-variance",
    "You divide the test set by the training set's variance. Divide it by the root, as the "
    "training set itself.",
    lambda a, b, eps: (b - mean(a)) / (deviation(a, eps) ** 2),
)
_mistake(
    "test-bessel",
    "For the test set your variance divides by N - 1, for the training set by N. Use the same "
    "numbers for both.",
    lambda a, b, eps: (b - mean(a)) / np.sqrt(a.var(axis=0, ddof=1) + eps),
)
_mistake(
    "test-precedence",
    "For the test set you divide the mean alone by the deviation. The difference is what is "
    "divided.",
    lambda a, b, eps: b - mean(a) / deviation(a, eps),
    "students' repositories",
)
_mistake(
    "eps-outside-root-in-test",
    "For the test set you add eps after the root; for the training set it is under the root. Use "
    "the same divisor for both.",
    lambda a, b, eps: (b - mean(a)) / (a.std(axis=0) + eps),
    "students' repositories",
)
_mistake(
    "eps-missing-in-test",
    "For the test set you leave eps out. Use the same divisor for both sets.",
    lambda a, b, eps: (b - mean(a)) / a.std(axis=0),
    "students' repositories",
)
