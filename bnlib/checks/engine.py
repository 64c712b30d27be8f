"""Runs an exercise's checks against an answer."""

from __future__ import annotations

import functools
import zlib
from typing import NamedTuple

import numpy as np

from bnlib.checks import diagnosis, registry
from bnlib.checks.callee import OwnCallee, as_callee
from bnlib.checks.report import Report, Result
from bnlib.checks.student import Student
from bnlib.checks.verdicts import CannotJudge, NotAttempted, Raised, TimedOut, Wrong

# What an earlier answer may take, where a check calls it: time it wastes is not this answer's.
SECONDS_A_HELPER = 1.0

ROOT = "Right with a given {names}; what is wrong in your own is reported there."


class Trial(NamedTuple):
    """One check, run once: its verdict and the record that the answer left.

    ``judged`` is the output that was wrong, if it was one; ``stop`` is "not attempted", "took too
    long" or "not judged" where the check did not come to a verdict of its own, else "".
    """

    passed: bool | None
    message: str
    mistake: str | None
    record: list
    judged: str | None = None
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
        refused = Trial(False, message, "borrowed", [], stop="borrowed")
        return _report(exercise, [refused] * len(exercise.checks), seed)
    helpers = _helpers(exercise, others)
    trials: list[Trial] = []
    for check in exercise.checks:
        trial = run_check(exercise, check, callee, helpers, seed)
        trials.append(_at_its_root(exercise, check, trial, callee, helpers, seed))
        if trials[-1].stop == "took too long":
            skipped = Trial(None, "Not run: an earlier check took too long.", None, [])
            trials += [skipped] * (len(exercise.checks) - len(trials))
            break
    return _report(exercise, trials, seed)


def passes(exercise, callee, seed: int) -> bool:
    """Whether an answer, judged by itself, passes every check; no mistake is looked for."""
    return all(run_check(exercise, c, callee, {}, seed).passed for c in exercise.checks)


def run_check(exercise, check, callee, helpers: dict, seed: int) -> Trial:
    """One check against one answer; whatever the answer does ends in a verdict."""
    student = Student(exercise, callee)
    rng = np.random.default_rng([seed, zlib.crc32(check.name.encode())])
    record = student.record
    try:
        note = check.test(student, rng, helpers)
    except Wrong as wrong:
        return Trial(False, wrong.message, wrong.mistake, record, wrong.judged)
    except Raised as error:
        text = f": {error.text}" if error.text else ""
        where = f" at `{error.line}`" if error.line else ""
        return Trial(False, f"Your code raised {error.kind}{text}{where}.", "raised", record)
    except NotAttempted as stub:
        said = f" ({stub})" if str(stub) else ""
        message = f"Not attempted: the code still raises NotImplementedError{said}."
        return Trial(None, message, None, record, stop="not attempted")
    except TimedOut as error:
        message = f"Took too long: {error}. Does a loop never end?"
        return Trial(False, message, "timed-out", record, stop="took too long")
    except CannotJudge as error:
        return Trial(None, str(error), None, record, stop="not judged")
    return Trial(True, note or "", None, record)


def _at_its_root(exercise, check, trial: Trial, callee, helpers: dict, seed: int) -> Trial:
    """A failed check, run again with given earlier answers in place of the student's own.

    Where that passes, the fault is not this exercise's: it is reported where it was made. Where
    it does not, what is left is this exercise's own fault, and easier to name.
    """
    if trial.passed or trial.stop not in ("", "not attempted"):
        return trial
    given = {name: registry.lookup(name).reference for name in helpers}
    # A stand-in for a class of torch can be called by checks, and by nothing else.
    given = {name: answer for name, answer in given.items() if not hasattr(answer, "on_arrays")}
    if not given:
        return trial
    again = run_check(exercise, check, callee.given(given), helpers, seed)
    if again.passed:
        names = " and ".join(given)
        return again._replace(message=again.message or ROOT.format(names=names))
    raised = again.mistake == "raised" != trial.mistake
    return trial if again.stop or raised else again


@functools.lru_cache(maxsize=4096)
def _replay(name: str, check: int, mistake: int | None, seed: int) -> Trial:
    """The same check on the same inputs against code of ours: a known mistake, the reference.

    It does not depend on the answer, so answers judged with one seed share it.
    """
    exercise = registry.lookup(name)
    function = exercise.reference if mistake is None else exercise.mistakes[mistake].function
    callee = OwnCallee(function, exercise.adapter)
    return run_check(exercise, exercise.checks[check], callee, {}, seed)


def _helpers(exercise, others: dict | None) -> dict:
    """The student's earlier answers, each taken apart as its own exercise says."""
    helpers = {}
    for name in exercise.uses:
        function = (others or {}).get(name)
        if callable(function) or hasattr(function, "call"):
            earlier = registry.lookup(name)
            callee = as_callee(function, earlier.adapter, SECONDS_A_HELPER)
            helpers[name] = Student(earlier, callee)
    return helpers


def _report(exercise, trials: list[Trial], seed: int) -> Report:
    replay = functools.partial(_replay, exercise.name)
    named = diagnosis.name_mistakes(exercise, trials, lambda c, m: replay(c, m, seed))
    results = tuple(
        _result(check, trial, mistake)
        for check, trial, mistake in zip(exercise.checks, trials, named, strict=True)
    )
    stops = {trial.stop for trial in trials}
    if len(stops) == 1 and "" not in stops:
        status = stops.pop()
    elif "took too long" in stops:
        status = "took too long"
    else:
        status = "passed" if all(r.passed for r in results) else "wrong"
    return Report(exercise.name, status, results, seed, _explained(exercise, trials, named, seed))


def _explained(exercise, trials: list[Trial], named: list, seed: int) -> bool:
    """Whether one known mistake fails the checks that failed, in the same way, and no others.

    Of lost digits one only knows how many there are: they may be chance.
    """
    ones = {id(mistake): mistake for mistake in named if mistake is not None}
    if len(ones) != 1:
        return False
    (mistake,) = ones.values()
    if mistake.rounding:
        return False
    position = exercise.mistakes.index(mistake)
    return all(
        (trial.passed is False) == (name is not None)
        and _replay(exercise.name, check, position, seed).passed is trial.passed
        for check, (trial, name) in enumerate(zip(trials, named, strict=True))
    )


def _result(check, trial: Trial, mistake) -> Result:
    message, id = trial.message, trial.mistake
    if mistake is not None:
        id = mistake.id
        if mistake.advice not in message:
            message = f"{mistake.advice}\n{message}"
    points = check.points if trial.passed else 0
    return Result(check.name, trial.passed, message, id, points, check.points, check.section)
