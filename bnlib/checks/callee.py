"""Calling what the student wrote: here in this process, in the grader over a pipe.

A callee is anything with ``call(arguments) -> Outcome`` and ``borrowed(exercise)``. The engine
knows no more of it, so the same checks serve the notebook, the browser and the grader.
"""

from __future__ import annotations

import contextlib
import copy
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from bnlib.checks.borrowed import borrowed_names, functions_of
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut

SECONDS_A_CALL = 5.0
_PACKAGE = str(Path(__file__).resolve().parents[1])


class Outcome(NamedTuple):
    """What a call returned, and which arguments (by position) it changed in place."""

    value: Any
    changed: tuple[int, ...]


class Callee(Protocol):
    """Where the student's code runs, seen from a check.

    ``call`` raises NotAttempted, Raised or TimedOut; values are arrays, numbers, strings, and
    tuples, lists and dicts of them; anything else is opaque and can only be passed back.
    """

    def call(self, arguments: tuple) -> Outcome: ...

    def borrowed(self, exercise) -> tuple[str, ...]: ...

    def given(self, functions: dict[str, Callable]) -> Callee:
        """The same answer, which finds these functions under the names of earlier exercises."""


class LocalCallee:
    """A function of this process, called on copies of its arguments, with a deadline a call."""

    def __init__(
        self, function: Callable, adapter: Callable | None = None, seconds: float | None = None
    ):
        self.function = function
        self.seconds = SECONDS_A_CALL if seconds is None else seconds
        self._call = adapter(function) if adapter else function
        self._given: dict[str, Callable] = {}

    def call(self, arguments: tuple) -> Outcome:
        given = tuple(_copy(a) for a in arguments)
        try:
            with (
                _replaced(self.function, self._given),
                deadline(self.seconds),
                np.errstate(all="ignore"),
            ):
                value = self._call(*given)
        except (KeyboardInterrupt, TimedOut, CannotJudge):
            raise
        except NotImplementedError as error:
            raise NotAttempted(_text(error)) from None
        except BaseException as error:  # sys.exit() in an answer must not end the notebook
            raise Raised(type(error).__name__, _text(error), _line(error)) from None
        changed = tuple(
            i for i, (a, b) in enumerate(zip(arguments, given, strict=True)) if not _same(a, b)
        )
        return Outcome(value, changed)

    def borrowed(self, exercise) -> tuple[str, ...]:
        return borrowed_names(self.function, exercise.forbidden, exercise.allowed, exercise.uses)

    def given(self, functions: dict[str, Callable]) -> LocalCallee:
        other = copy.copy(self)
        other._given = functions
        return other


class OwnCallee(LocalCallee):
    """Code of ours (a reference, a known mistake): nobody asks what it leans on.

    It may bring ``on_arrays``, what the adapter would make of it, and so save the way round.
    """

    def __init__(self, function: Callable, adapter: Callable | None = None):
        direct = getattr(function, "on_arrays", None)
        super().__init__(direct or function, None if direct else adapter, seconds=0)

    def borrowed(self, exercise) -> tuple[str, ...]:
        return ()


def as_callee(function, adapter: Callable | None = None, seconds: float | None = None) -> Callee:
    """What was given if it is a callee already, else a LocalCallee around the callable."""
    if hasattr(function, "call") and hasattr(function, "borrowed"):
        return function
    if not callable(function):
        raise ValueError(f"the answer must be a function or a class, got {type(function).__name__}")
    return LocalCallee(function, adapter, seconds)


@contextlib.contextmanager
def _replaced(function: Callable, names: dict[str, Callable]):
    """Let the answer, and helpers beside it, find other functions under these names for a while."""
    code = next(functions_of(function), None) if names else None
    if code is None:
        yield
        return
    beside = code.__globals__
    before = {name: beside[name] for name in names if name in beside}
    beside.update({name: names[name] for name in before})
    try:
        yield
    finally:
        beside.update(before)


@contextlib.contextmanager
def deadline(seconds: float):
    """Raise TimedOut in the block after that many seconds (0: never), where signals can do it.

    In a thread, on Windows and in a browser they cannot; there the reader interrupts the kernel.
    """
    usable = (
        seconds
        and hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
    )
    if not usable:
        yield
        return
    said = f"no answer after {seconds:g} seconds"
    expired, tracer = 0, sys.gettrace()

    def trace(frame, event, argument):
        # The first line after the exception is that of the `except:` that took it.
        if event == "line":
            raise TimedOut(said)
        return trace

    def stop(signum, frame):
        nonlocal expired
        expired += 1
        if expired > 1:
            # A bare `except:` inside a loop took the first one; a tracer raises inside of it.
            sys.settrace(trace)
            while frame is not None and frame.f_code is not LocalCallee.call.__code__:
                frame.f_trace = trace
                frame = frame.f_back
        raise TimedOut(said)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if expired > 1:
            sys.settrace(tracer)
    if expired:
        raise TimedOut(said)


def _copy(value):
    """Arrays are copied, also inside tuples, lists and dicts; all else is passed on."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_copy, value))
    if type(value) in (tuple, list):
        return type(value)(map(_copy, value))
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return value


def _same(a, b) -> bool:
    if isinstance(a, np.ndarray):
        # Bytes, so that NaN equals itself; an array can be changed in shape and dtype too.
        return (
            isinstance(b, np.ndarray)
            and a.shape == b.shape
            and a.dtype == b.dtype
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, tuple | list):
        return a is b or (len(a) == len(b) and all(map(_same, a, b)))
    if type(a) is dict:
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return True


def _text(error: BaseException) -> str:
    """The exception's message, short; an answer's own exception may have none that works."""
    try:
        text = str(error)
    except Exception:
        return "(its message cannot be shown)"
    return text if len(text) <= 300 else text[:300] + "..."


def _line(error: BaseException) -> str:
    """The innermost line of the student's code in the traceback, libraries left out."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        ours = frame.filename.startswith(_PACKAGE) or "site-packages" in frame.filename
        if frame.line and not ours:
            return frame.line.strip()
    return ""
