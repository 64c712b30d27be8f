"""Judging a backward pass beside the student's own forward pass, or a given one.

An error in the forward pass costs nothing here: the exact gradient of one's own wrong forward
pass is right. Where the student's forward pass does not run, or its gradient is not what came, a
given one with the documented cache takes its place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong

OWN_FORWARD = (
    "Right for your own forward pass, which is not batch norm's; what is wrong there is reported "
    "there."
)
ANOTHER_CACHE = (
    "Right with the documented cache. That of your own forward pass is another: in a network the "
    "two would not work together."
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
    y, cache = given(*batch[:4])
    truth = backward(dy, cache)
    start = len(student.record)
    first = None
    forward = run_forward(own, batch)
    if forward is not None:
        own_y, own_cache = forward
        right = _close(own_y, y)
        if right or is_a_norm(own, batch, own_y):
            try:
                got = student(dy, own_cache)
                part = {np.dtype(np.float64): 1e-4, np.dtype(np.float32): 1e-3}
                if right:
                    # What goes on from a float32 forward pass has no more digits than that.
                    _compare(got, truth, names, batch.given, None if own_y.itemsize == 8 else part)
                    return None
                _compare(got, derivative(own, batch, dy), names, batch.given, part)
                return OWN_FORWARD
            except (Wrong, Raised, TimedOut) as error:
                first = error
                told = student.record[start:]
                student.start_again(start)
    try:
        _compare(student(dy, cache), truth, names, batch.given)
    except Raised:
        # Written for another cache than the given one: what it did with its own is the verdict.
        if first is None or isinstance(first, TimedOut):
            raise
        student.record[start:] = told
        raise first from None
    return ANOTHER_CACHE if first is not None and right else None


def call_twice(student, own: Callable | None, given: Callable, batch, dy: np.ndarray) -> None:
    """Raise Wrong if a backward pass changes dy or the cache, or finds its cache spoilt by itself.

    A cache of the student's own form is out of sight; a second call on it is not.
    """
    forward = run_forward(own, batch)
    caches = [given(*batch[:4])[1]] if forward is None else [forward[1], given(*batch[:4])[1]]
    for position, cache in enumerate(caches):
        start = len(student.record)
        try:
            changed = student.changed_arguments(dy, cache)
            if changed:
                names = " and ".join(changed)
                raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
            for name, one, two in zip(NAMES, student(dy, cache), student(dy, cache), strict=True):
                if not np.array_equal(_numbers(one), _numbers(two), equal_nan=True):
                    message = f"A second call on the same cache gives another {name}."
                    raise Wrong(message, "changed-argument", name)
            return
        except Raised:
            if position == len(caches) - 1:
                return  # what it raises is for the checks of its values
            student.start_again(start)


def _numbers(value) -> np.ndarray:
    try:
        return as_array("", value)
    except Wrong:
        return np.array([])


def run_forward(own: Callable | None, batch) -> tuple | None:
    """(y, cache) of the student's forward pass, or None where it does not run."""
    if own is None:
        return None
    try:
        y, cache = own(*batch[:4])
        return as_array("y", y), cache
    except (Wrong, NotAttempted, Raised, TimedOut):
        return None


def is_a_norm(own: Callable, batch, y: np.ndarray) -> bool:
    """Whether a wrong forward pass is one still: rows meet in its statistics, gamma and beta act.

    The exact gradient of ``y = x`` is no answer to what is asked.
    """
    if y.shape != batch.x.shape:
        return False
    x = batch.x.copy()
    x[0] = x[0] + x[-1]
    moved = run_forward(own, batch._replace(x=x))
    scaled = run_forward(own, batch._replace(gamma=2 * batch.gamma))
    shifted = run_forward(own, batch._replace(beta=2 * batch.beta))
    if moved is None or scaled is None or shifted is None:
        return False
    if x.ndim == 4 and len(x) == 1:
        return True
    return (
        not np.array_equal(moved[0][1:], y[1:])
        and not np.array_equal(scaled[0], y)
        and not np.array_equal(shifted[0], y)
    )


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
                ends.append(np.sum(as_array("y", forward(*arguments, batch[3])[0]) * dy))
            moved[index] = value
            gradient[index] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return tuple(gradients)


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
