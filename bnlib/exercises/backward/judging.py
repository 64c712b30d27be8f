"""Judging a backward pass beside the student's own forward pass, or a given one.

An error in the forward pass costs nothing here: the exact gradient of one's own wrong forward
pass is right. Where the student's forward pass does not run, or its gradient is not what came, a
given one with the documented cache takes its place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.compare import expect
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong

OWN_FORWARD = (
    "Right for your own forward pass, which is not batch norm's; what is wrong there is reported "
    "there."
)
NAMES = ("dx", "dgamma", "dbeta")


def judge(
    student,
    own: Callable | None,
    given: Callable,
    backward: Callable,
    batch,
    dy: np.ndarray,
    names: tuple[str, ...] = NAMES,
) -> str | None:
    """Raise Wrong unless the named gradients are right; return a note where one is due.

    Args:
        student: the backward pass. own: the student's forward pass, or None. given, backward:
            the right ones. batch: what the forward pass is called with. dy: gradient of y.
    """
    x, gamma, beta, eps, words = batch
    y, cache = given(x, gamma, beta, eps)
    truth = backward(dy, cache)
    forward = _run(own, batch)
    if forward is not None:
        if _close(forward[0], y):
            _compare(student(dy, forward[1]), truth, names, words)
            return None
        try:
            got = student(dy, forward[1])
            _compare(got, derivative(own, batch, dy), names, words, part=1e-4)
        except (Wrong, Raised):
            student.start_again()
        else:
            return OWN_FORWARD
    _compare(student(dy, cache), truth, names, words)
    return None


def derivative(forward: Callable, batch, dy: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gradients of sum(forward(x, gamma, beta, eps)[0] * dy) by central differences."""
    gradients = []
    for position in range(3):
        arguments = [np.array(a, dtype=float) for a in batch[:3]]
        moved = arguments[position]
        h = 1e-5 * max(1.0, float(moved.std()))
        gradient = np.zeros(moved.shape)
        for index in np.ndindex(*moved.shape):
            value, ends = moved[index], []
            for end in (value + h, value - h):
                moved[index] = end
                ends.append(np.sum(forward(*arguments, batch[3])[0] * dy))
            moved[index] = value
            gradient[index] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return tuple(gradients)


def _run(own: Callable | None, batch):
    if own is None:
        return None
    try:
        return own(*batch[:4])
    except (Wrong, NotAttempted, Raised, TimedOut):
        return None


def _close(got: np.ndarray, want: np.ndarray) -> bool:
    try:
        expect("y", got, want)
    except Wrong:
        return False
    return True


def _compare(got, want, names, words, part=None) -> None:
    for name, g, w in zip(NAMES, got, want, strict=True):
        if name in names:
            expect(name, g, w, words, part=part)
