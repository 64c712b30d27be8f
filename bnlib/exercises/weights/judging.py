"""Judging a backward pass beside the student's own forward pass, or a given one.

An error in the forward pass costs nothing here: the exact gradient of one's own wrong forward
pass is right. Where the student's forward pass does not run, or its gradient is not what came, a
given one with the documented cache takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bnlib.checks.compare import as_array, expect
from bnlib.checks.verdicts import NotAttempted, Raised, TimedOut, Wrong

OWN_FORWARD = (
    "Right for your own forward pass, which is another function than the one that was asked; what "
    "is wrong there is reported there."
)
ANOTHER_CACHE = (
    "Right with the documented cache. That of your own forward pass is another: in a network the "
    "two would not work together."
)
# What a numerical derivative, or work that went on from float32, can be held to.
_LOOSE = {np.dtype(np.float64): 1e-4, np.dtype(np.float32): 1e-3}


class Layer(NamedTuple):
    """A layer whose backward pass is an exercise.

    Attributes:
        forward: the right one, (*arguments) -> (out, documented cache). backward: the right one,
            (dout, cache) -> one gradient an argument, in order. gradients: their names.
        acts: ``acts(run, arguments, out)`` says whether a wrong forward pass still does what the
            layer is about, so that its exact gradient is an answer; ``run(*arguments)`` is its
            output for other arguments, or None.
    """

    forward: Callable
    backward: Callable
    gradients: tuple[str, ...]
    acts: Callable


def judge(
    student,
    own: Callable | None,
    layer: Layer,
    arguments: tuple,
    dout: np.ndarray,
    given: str,
    names: tuple[str, ...] = (),
) -> str | None:
    """Raise Wrong unless the gradients are right; return a note where one is due.

    Args:
        student: the backward pass. own: the student's forward pass, or None. arguments: what the
            forward pass is called with, and ``given`` the same in words. dout: the gradient of
            its output. names: the gradients to look at; all of them unless told.
    """
    out, cache = layer.forward(*arguments)
    truth = layer.backward(dout, cache)
    wanted = (layer.gradients, names or layer.gradients, given)
    start, first, right = len(student.record), None, False
    forward = run_forward(own, arguments)
    if forward is not None:
        own_out, own_cache = forward
        right = _close(own_out, out)
        try:
            got = student(dout, own_cache)
            if right:
                part = None if own_out.itemsize == 8 else _LOOSE
                _compare(got, truth, *wanted, part)
                return None
            return _beside_a_wrong_forward(own, layer, arguments, own_out, dout, got, truth, wanted)
        except (Wrong, Raised, TimedOut) as error:
            first = error
            told = student.record[start:]
            student.start_again(start)
    try:
        _compare(student(dout, cache), truth, *wanted)
    except Raised:
        # Written for another cache than the given one: what it did with its own is the verdict.
        if first is None or isinstance(first, TimedOut):
            raise
        student.record[start:] = told
        raise first from None
    return ANOTHER_CACHE if first is not None and right else None


def _beside_a_wrong_forward(own, layer, arguments, own_out, dout, got, truth, wanted):
    """The gradient of the layer that was asked is right, and so is that of what was written."""
    try:
        _compare(got, truth, *wanted)
        return None
    except Wrong:

        def run(*others):
            forward = run_forward(own, others)
            return None if forward is None else forward[0]

        if own_out.shape != dout.shape or not layer.acts(run, arguments, own_out):
            raise
    _compare(got, derivative(own, arguments, dout), *wanted, _LOOSE)
    return OWN_FORWARD


def call_twice(student, own: Callable | None, layer: Layer, arguments: tuple, dout) -> None:
    """Raise Wrong if a backward pass changes dout or the cache, or finds its cache spoilt.

    A cache of the student's own form is out of sight; a second call on it is not.
    """
    forward = run_forward(own, arguments)
    caches = [] if forward is None else [forward[1]]
    caches.append(layer.forward(*arguments)[1])
    for position, cache in enumerate(caches):
        start = len(student.record)
        try:
            changed = student.changed_arguments(dout, cache)
            if changed:
                names = " and ".join(changed)
                raise Wrong(f"After the call {names} held other numbers.", "changed-argument")
            one, two = student(dout, cache), student(dout, cache)
            for name, a, b in zip(layer.gradients, one, two, strict=True):
                if not np.array_equal(_numbers(a), _numbers(b), equal_nan=True):
                    message = f"A second call on the same cache gives another {name}."
                    raise Wrong(message, "changed-argument", name)
            return
        except Raised:
            if position == len(caches) - 1:
                return  # what it raises is for the checks of its values
            student.start_again(start)


def run_forward(own: Callable | None, arguments: tuple) -> tuple | None:
    """(output, cache) of the student's forward pass, or None where it does not run."""
    if own is None:
        return None
    try:
        out, cache = own(*arguments)
        return as_array("the output", out), cache
    except (Wrong, NotAttempted, Raised, TimedOut):
        return None


def derivative(forward: Callable, arguments: tuple, dout: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gradients of sum(forward(*arguments)[0] * dout) by central differences."""
    gradients = []
    for position, argument in enumerate(arguments):
        moved = np.array(argument, dtype=float)
        h = 1e-5 * max(1.0, float(np.abs(moved).max()))
        gradient = np.zeros(moved.shape)
        for index in np.ndindex(*moved.shape):
            value, ends = moved[index], []
            for end in (value + h, value - h):
                moved[index] = end
                others = list(arguments)
                others[position] = moved if moved.ndim else float(moved)
                ends.append(np.sum(as_array("the output", forward(*others)[0]) * dout))
            moved[index] = value
            gradient[index] = (ends[0] - ends[1]) / (2 * h)
        gradients.append(gradient)
    return tuple(gradients)


def _numbers(value) -> np.ndarray:
    try:
        return as_array("", value)
    except Wrong:
        return np.array([])


def _close(got: np.ndarray, want: np.ndarray) -> bool:
    try:
        expect("the output", got, want)
    except Wrong:
        return False
    return True


def _compare(got, want, gradients, names, given, part=None) -> None:
    for name, g, w in zip(gradients, got, want, strict=True):
        if name in names:
            expect(name, g, w, given, part=part)
