"""Calling a function as a check does: on copies, with a deadline, seeing what it changed.

This runs where the student's code runs: in the notebook, or in the grader's sandbox. It holds no
answer.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bnlib.checks.borrowed import functions_of
from bnlib.checks.deadlines import deadline
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut

# Code of ours, and of Python's own library.
_APART = (str(Path(__file__).resolve().parents[1]), str(Path(contextlib.__file__).parent))

_AS_IT_IS = contextlib.nullcontext()


class Outcome(NamedTuple):
    """What a call returned, and which arguments (by position) it changed in place."""

    value: Any
    changed: tuple[int, ...]


def call(
    function: Callable,
    as_arrays: Callable,
    arguments: tuple,
    seconds: float,
    given: dict[str, Callable],
) -> Outcome:
    """Call an answer on copies of the arguments.

    Args:
        function: what the student wrote. as_arrays: the same, or what its adapter made of it:
            this is called. seconds: the deadline; 0 for none. given: what the answer finds under
            the names of earlier exercises, in place of the student's own.

    Raises:
        NotAttempted, Raised, TimedOut; CannotJudge and KeyboardInterrupt pass.
    """
    copies = tuple(map(_copy, arguments))
    try:
        with (
            _replaced(function, given) if given else _AS_IT_IS,
            deadline(seconds, call.__code__),
            np.errstate(all="ignore"),
        ):
            value = as_arrays(*copies)
    except (KeyboardInterrupt, TimedOut, CannotJudge):
        raise
    except NotImplementedError as error:
        raise NotAttempted(text_of(error)) from None
    except BaseException as error:  # sys.exit() in an answer must not end the notebook
        raise Raised(type(error).__name__, text_of(error), line_of(error)) from None
    changed = tuple(
        i for i, (a, b) in enumerate(zip(arguments, copies, strict=True)) if not _same(a, b)
    )
    return Outcome(value, changed)


@contextlib.contextmanager
def _replaced(function: Callable, names: dict[str, Callable]):
    """Let the answer, and helpers beside it, find other functions under these names for a while."""
    code = next(functions_of(function), None)
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


def text_of(error: BaseException) -> str:
    """The exception's message, short; an answer's own exception may have none that works."""
    try:
        text = str(error)
    except Exception:
        return "(its message cannot be shown)"
    return text if len(text) <= 300 else text[:300] + "..."


def line_of(error: BaseException) -> str:
    """The innermost line of the student's code in the traceback, libraries left out."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        ours = frame.filename.startswith(_APART) or "site-packages" in frame.filename
        if frame.line and not ours:
            return frame.line.strip()
    return ""
