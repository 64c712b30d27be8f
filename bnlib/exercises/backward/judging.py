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
    "Right for your own forward pass, which is not the one asked for; what is wrong there is "
    "reported there."
)
ANOTHER_CACHE = (
    "Right with the documented cache. That of your own forward pass is another: in a network the "
    "two would not work together."
)
NAMES = ("dx", "dgamma", "dbeta")
_DIFFERENTIATED = ("x", "gamma", "beta")  # those of them that a forward pass has come first


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
            the right ones. batch: a NamedTuple of what the forward pass is called with and, last,
        ``given``, what that is in words. dy: gradient of y. names: the gradients to look at.
    """
    y, cache = given(*batch[:-1])
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
    right = given(*batch[:-1])[1]
    caches = [right] if forward is None else [forward[1], right]
    for position, cache in enumerate(caches):
        start = len(student.record)
        try:
            changed = student.changed_arguments(dy, cache)
            if changed:
                names = " and ".join(changed)
                raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
            calls = student(dy, cache), student(dy, cache)
            for name, one, two in zip(student.exercise.returns, *calls, strict=True):
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
        y, cache = own(*batch[:-1])
        return as_array("y", y), cache
    except (Wrong, NotAttempted, Raised, TimedOut):
        return None


def is_a_norm(own: Callable, batch, y: np.ndarray) -> bool:
    """Whether a wrong forward pass is one still: values meet in its statistics, gamma and beta act.

    The exact gradient of ``y = x`` is no answer to what is asked.
    """
    if y.shape != batch.x.shape:
        return False
    first = (0,) * y.ndim
    x = batch.x.copy()
    x[first] += x.std()
    moved = run_forward(own, batch._replace(x=x))
    if moved is None or moved[0].shape != y.shape:
        return False
    others = moved[0] != y
    others[first] = False
    if not others.any():
        return False
    for name in _differentiated(batch)[1:]:
        doubled = run_forward(own, batch._replace(**{name: 2 * getattr(batch, name)}))
        if doubled is None or np.array_equal(doubled[0], y):
            return False
    return True


def _differentiated(batch) -> tuple[str, ...]:
    return tuple(name for name in _DIFFERENTIATED if name in batch._fields)


def derivative(forward: Callable, batch, dy: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gradients of sum(forward(*batch)[0] * dy) by x, gamma and beta, by central differences."""
    gradients = []
    count = len(_differentiated(batch))
    rest = batch[count:-1]
    for position in range(count):
        arguments = [np.array(a, dtype=float) for a in batch[:count]]
        moved = arguments[position]
        h = 1e-5 * max(1.0, float(moved.std()))
        gradient = np.zeros(moved.shape)
        for index in np.ndindex(*moved.shape):
            value, ends = moved[index], []
            for end in (value + h, value - h):
                moved[index] = end
                ends.append(np.sum(as_array("y", forward(*arguments, *rest)[0]) * dy))
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
    for name, g, w in zip(NAMES[: len(want)], got, want, strict=True):
        if name in names:
            expect(name, g, w, words, part=part)
