"""Runs an exercise's checks against an answer."""

from __future__ import annotations

import zlib
from typing import NamedTuple

import numpy as np

from bnlib.checks import diagnosis, registry
from bnlib.checks.callee import OwnCallee, as_callee, deadline
from bnlib.checks.report import Report, Result
from bnlib.checks.student import Student
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut, Wrong

SECONDS_A_CHECK = 5.0


class Trial(NamedTuple):
    """One check, run once: its verdict and the record that the answer left.

    ``stop`` is the report's status where nothing more need be tried, else "".
    """

    passed: bool | None
    message: str
    mistake: str | None
    record: list
    stop: str = ""


def run(name: str, fn, seed: int = 0, others: dict | None = None) -> Report:
    """Judge an answer to the exercise of that name.

    Args:
        name: the exercise. fn: the answer: a callable, or a callee (a remote callable).
        seed: what the inputs are drawn from; the same seed gives the same inputs.
        others: the student's answers to earlier exercises, by name; where one is missing or
            wrong, a given one takes its place.

    Returns:
        A Report with ``points``, ``possible`` and ordered ``results``.

    Raises:
        ValueError: no exercise has that name, or ``fn`` is not callable.
    """
    exercise = registry.lookup(name)
    callee = as_callee(fn, exercise.adapter)
    borrowed = callee.borrowed(exercise)
    if borrowed:
        message = (
            f"Your answer uses {', '.join(borrowed)}. Writing this yourself is the exercise; "
            "the check gives points once it does without."
        )
        return _all_alike(exercise, seed, "borrowed", False, message, "borrowed")
    helpers = _helpers(exercise, others)
    trials: list[Trial] = []
    for check in exercise.checks:
        trial = run_check(exercise, check, callee, helpers, seed)
        if trial.stop in ("not attempted", "not judged"):
            return _all_alike(exercise, seed, trial.stop, None, trial.message, trial.mistake)
        trials.append(trial)
        if trial.stop:
            skipped = Trial(None, "Not run: an earlier check took too long.", None, [])
            trials += [skipped] * (len(exercise.checks) - len(trials))
            break
    named = diagnosis.name_mistakes(exercise, trials, lambda c, m: _replay(exercise, c, m, seed))
    results = tuple(
        _result(check, trial, mistake)
        for check, trial, mistake in zip(exercise.checks, trials, named, strict=True)
    )
    stopped = "".join(trial.stop for trial in trials)
    status = stopped or ("passed" if all(r.passed for r in results) else "wrong")
    return Report(name, status, results, seed)


def run_check(exercise, check, callee, helpers: dict, seed: int) -> Trial:
    """One check against one answer; whatever the answer does ends in a verdict."""
    student = Student(exercise, callee)
    rng = np.random.default_rng([seed, zlib.crc32(check.name.encode())])
    try:
        with deadline(SECONDS_A_CHECK):
            note = check.test(student, rng, helpers)
    except Wrong as wrong:
        return Trial(False, wrong.message, wrong.mistake, student.record)
    except Raised as error:
        where = f" at `{error.line}`" if error.line else ""
        message = f"Your code raised {error.kind}: {error.text}{where}"
        return Trial(False, message, "raised", student.record)
    except NotAttempted as stub:
        said = f" ({stub})" if str(stub) else ""
        message = f"Not attempted: the code still raises NotImplementedError{said}."
        return Trial(None, message, None, student.record, "not attempted")
    except TimedOut as error:
        message = f"Took too long: {error}. Does a loop never end?"
        return Trial(False, message, "timed-out", student.record, "took too long")
    except CannotJudge as error:
        return Trial(None, str(error), None, student.record, "not judged")
    return Trial(True, note or "", None, student.record)


def _replay(exercise, check, function, seed: int) -> Trial:
    """The same check on the same inputs against code of ours: a known mistake, the reference."""
    return run_check(exercise, check, OwnCallee(function, exercise.adapter), {}, seed)


def _helpers(exercise, others: dict | None) -> dict:
    """The student's earlier answers, each taken apart as its own exercise says."""
    helpers = {}
    for name in exercise.uses:
        function = (others or {}).get(name)
        if function is not None:
            earlier = registry.lookup(name)
            helpers[name] = Student(earlier, as_callee(function, earlier.adapter))
    return helpers


def _result(check, trial: Trial, mistake) -> Result:
    message, id = trial.message, trial.mistake
    if mistake is not None:
        message, id = f"{mistake.advice}\n{trial.message}", mistake.id
    points = check.points if trial.passed else 0
    return Result(check.name, trial.passed, message, id, points, check.points, check.section)


def _all_alike(exercise, seed, status, passed, message, mistake) -> Report:
    results = tuple(
        Result(c.name, passed, message, mistake, 0, c.points, c.section) for c in exercise.checks
    )
    return Report(exercise.name, status, results, seed)
