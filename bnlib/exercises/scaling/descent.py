"""Gradient descent on a mean squared error: counting its steps, rightly and wrongly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.exercises.scaling.condition_number import moments


def distances(x, y, lr, steps: int) -> np.ndarray:
    """|w_k - w*| / |w*| for k = 0 to steps, from the eigenvectors: nothing is iterated.

    In the direction of an eigenvector the error shrinks by 1 - lr * lambda in each step, so where
    the rate is stable the distance falls from step to step.
    """
    values, vectors = np.linalg.eigh(moments(x))
    parts = vectors.T @ (x.T @ y / len(x)) / values  # w* in the directions of the eigenvectors
    factors = (1 - lr * values) ** np.arange(steps + 1)[:, None]
    return np.linalg.norm(factors * parts, axis=1) / np.linalg.norm(parts)


def reference(x, y, lr, tol):
    if lr >= 2 / np.linalg.eigvalsh(moments(x))[-1]:
        return -1
    steps = 64
    while (ratios := distances(x, y, lr, steps))[-1] > tol:
        steps *= 4
    return int(np.argmax(ratios <= tol))


def _far(w, best, tol, *_):
    error = w - best
    return error @ error > tol * tol * (best @ best)


def _descend(x, y, lr, tol, factor=1.0, start=0.0, goes_on=_far):
    """Gradient descent until ``goes_on`` is false. A rate that is too large ends in NaN, which is
    larger than nothing, so that the loop ends."""
    curvature, slope = x.T @ x * (factor / len(x)), x.T @ y * (factor / len(x))
    best = np.linalg.solve(curvature, slope)
    w, count = np.full(x.shape[1], start), 0
    gradient = curvature @ w - slope
    while goes_on(w, best, tol, x, y, gradient):
        w = w - lr * gradient
        gradient = curvature @ w - slope
        count += 1
    return count


FAULTS: list[tuple[str, str, Callable]] = []


def _fault(id, advice):
    def add(steps):
        FAULTS.append((id, advice, steps))
        return steps

    return add


def _diverges(x, lr):
    return lr >= 2 / np.linalg.eigvalsh(moments(x))[-1]


def _mistake(id, advice, **how):
    def steps(x, y, lr, tol):
        return -1 if _diverges(x, lr) else _descend(x, y, lr, tol, **how)

    FAULTS.append((id, advice, steps))


def _where(id, advice, goes_on):
    _mistake(id, advice, goes_on=goes_on)


@_fault(
    "n-missing",
    "Your steps are N times as long: the loss is a mean over the examples, and so is its gradient.",
)
def n_missing(x, y, lr, tol):
    return -1 if _diverges(x, lr) else _descend(x, y, lr, tol, factor=len(x))


@_fault(
    "count-of-features",
    "You divide the gradient by the number of features. The loss is a mean over the examples.",
)
def count_of_features(x, y, lr, tol):
    return -1 if _diverges(x, lr) else _descend(x, y, lr, tol, factor=len(x) / x.shape[1])


_mistake(
    "doubled",
    "Your steps are twice as long: the 1/2 in the loss cancels the 2 of the square.",
    factor=2.0,
)
_mistake(
    "halved",
    "Your steps are half as long: the 1/2 in the loss cancels the 2 of the square, and none is "
    "left.",
    factor=0.5,
)
_mistake("starts-at-one", "You start at w = 1. Asked is the count from w = 0.", start=1.0)
_where(
    "absolute",
    "You compare the distance itself with tol. Asked is the distance as a part of the length of "
    "the solution.",
    lambda w, best, tol, x, y, g: np.linalg.norm(w - best) > tol,
)
_where(
    "squared-distance",
    "You compare the squared distance with tol times the squared length. That is met where the "
    "distance is still the root of tol.",
    lambda w, best, tol, x, y, g: (w - best) @ (w - best) > tol * (best @ best),
)
_where(
    "relative-to-w",
    "You compare the distance with the length of the present w. Asked is that of the solution.",
    lambda w, best, tol, x, y, g: np.linalg.norm(w - best) > tol * np.linalg.norm(w),
)
_where(
    "each-entry",
    "You ask every entry of w to be near enough by itself. Asked is one distance for all of w.",
    lambda w, best, tol, x, y, g: (
        not np.all(np.abs(w - best) <= tol * np.abs(best)) and np.all(np.isfinite(w))
    ),
)
_where(
    "loss-below-tol",
    "You stop where the loss is below tol. Asked is where w is near the solution.",
    lambda w, best, tol, x, y, g: np.mean((x @ w - y) ** 2) / 2 > tol,
)
_where(
    "loss-ratio",
    "You stop where the loss is tol times the loss at w = 0. Asked is the distance of w from the "
    "solution; the loss hardly sees the flat directions.",
    lambda w, best, tol, x, y, g: np.sum((x @ w - y) ** 2) > tol * np.sum(y**2),
)
_where(
    "gradient-below-tol",
    "You stop where the gradient is shorter than tol. Where the loss is flat that is far from the "
    "solution.",
    lambda w, best, tol, x, y, g: np.linalg.norm(g) > tol,
)
_where(
    "gradient-ratio",
    "You stop where the gradient is tol times that at w = 0. Where the loss is flat that is far "
    "from the solution.",
    lambda w, best, tol, x, y, g: np.linalg.norm(g) > tol * np.linalg.norm(x.T @ y / len(x)),
)


@_fault(
    "step-below-tol",
    "You stop where a step is shorter than tol. Small steps do not mean that the solution is near.",
)
def step_below_tol(x, y, lr, tol):
    if _diverges(x, lr):
        return -1
    w, count = np.zeros(x.shape[1]), 0
    while True:
        step = lr * (x.T @ (x @ w - y) / len(x))
        w = w - step
        count += 1
        if not np.linalg.norm(step) > tol:
            return count


@_fault(
    "one-more",
    "Your count is one too high: w = 0 is there before the first step.",
)
def one_more(x, y, lr, tol):
    count = reference(x, y, lr, tol)
    return count if count < 0 else count + 1


@_fault(
    "one-less",
    "Your count is one too low. The first step is number 1, though a loop's index begins at 0.",
)
def one_less(x, y, lr, tol):
    count = reference(x, y, lr, tol)
    return count if count < 0 else max(count - 1, 0)


@_fault(
    "start-not-looked-at",
    "You make a step before you look. Where w = 0 is near enough the count is 0.",
)
def start_not_looked_at(x, y, lr, tol):
    count = reference(x, y, lr, tol)
    return max(count, 1) if count >= 0 else count


def _gives_up(id, advice, limit):
    def steps(x, y, lr, tol):
        return -1 if lr >= limit(x) else _descend(x, y, lr, tol)

    FAULTS.append((id, advice, steps))


_gives_up(
    "never-gives-up",
    "You let a rate run that is too large: w leaves for infinity, and what you return says when "
    "the numbers ended. Return -1.",
    lambda x: np.inf,
)
_gives_up(
    "limit-halved",
    "You give up at half of the limit. Between 1 and 2 over the largest eigenvalue w jumps from "
    "side to side, and arrives.",
    lambda x: 1 / np.linalg.eigvalsh(moments(x))[-1],
)
_gives_up(
    "limit-of-trace",
    "You give up at 2 over the sum of the eigenvalues. The largest alone sets the limit.",
    lambda x: 2 / np.trace(moments(x)),
)
_gives_up(
    "limit-without-n",
    "Your limit is that of X^T X, without the 1/N, and you give up far too early.",
    lambda x: 2 / np.linalg.eigvalsh(x.T @ x)[-1],
)
_gives_up(
    "limit-of-smallest",
    "Your limit is that of the flattest direction. The steepest one diverges first.",
    lambda x: 2 / np.linalg.eigvalsh(moments(x))[0],
)


def _instead(id, advice, value):
    def steps(x, y, lr, tol):
        return value if _diverges(x, lr) else reference(x, y, lr, tol)

    FAULTS.append((id, advice, steps))


_instead("none-for-too-large", "Where the rate is too large you return None. Asked is -1.", None)
_instead(
    "infinity-for-too-large",
    "Where the rate is too large you return infinity. Asked is -1.",
    np.inf,
)
_instead("zero-for-too-large", "Where the rate is too large you return 0. Asked is -1.", 0)


@_fault(
    "changes-y",
    "You work on y in place, and the caller's data are changed.",
)
def changes_y(x, y, lr, tol):
    count = reference(x, y, lr, tol)
    y -= x @ np.linalg.lstsq(x, y, rcond=None)[0]
    return count


@_fault("nothing-returned", "The function ends without a return.")
def nothing_returned(x, y, lr, tol):
    reference(x, y, lr, tol)
