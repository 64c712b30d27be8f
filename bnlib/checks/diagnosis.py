"""Which known mistake an answer made: the one that leaves the same record on the same inputs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from bnlib.checks.student import same_record


def name_mistakes(exercise, trials: list, replay: Callable) -> list:
    """For each check's trial, the known mistake that explains its failure, or None.

    A mistake explains a failed check if, run on the same inputs, it fails too, at the same
    output, and leaves the same record of that output. Where several do, the one that explains
    most of the failed checks wins, then the one whose other outputs agree too, then the one that
    fails fewest of the checks that the answer passed. No match, no guess.

    Args:
        trials: one a check, in order. replay: ``replay(check, mistake) -> trial``, both by
            position, None for the reference.
    """

    def attempt(i: int, mistake):
        return replay(i, exercise.mistakes.index(mistake))

    def explains(i: int, mistake) -> bool:
        trial = attempt(i, mistake)
        return (
            trial.passed is False
            and trial.judged == trials[i].judged
            and same_record(trials[i].record, trial.record, trial.judged)
        )

    failed = [i for i, trial in enumerate(trials) if trial.passed is False and not trial.stop]
    exact = [m for m in exercise.mistakes if not m.rounding]
    explained: dict[int, list] = {}
    suspects: dict[str, object] = {}
    for i in failed:
        # Most answers hold one mistake: what explained an earlier check is tried first, and the
        # rest only where that fails.
        explained[i] = [m for m in suspects.values() if explains(i, m)] or [
            m for m in exact if explains(i, m)
        ]
        suspects.update((m.id, m) for m in explained[i])
    counts = {id: sum(m in found for found in explained.values()) for id, m in suspects.items()}

    def weight(mistake) -> tuple[int, int, int]:
        whole = sum(same_record(trials[i].record, attempt(i, mistake).record) for i in failed)
        beyond = [i for i, trial in enumerate(trials) if trial.passed]
        excess = sum(attempt(i, mistake).passed is False for i in beyond)
        return counts[mistake.id], whole, -excess

    named: list = [None] * len(trials)
    for i in failed:
        found = explained[i]
        if len(found) > 1:
            named[i] = max(found, key=weight)
        elif found:
            named[i] = found[0]
        else:
            # Lost digits show where digits are scarce, and nowhere else.
            candidates = [
                m
                for m in exercise.mistakes
                if m.rounding and all(attempt(j, m).passed is False for j in failed)
            ]
            if candidates:
                truth = replay(i, None).record
                named[i] = _lost_digits(candidates, trials[i], truth, partial(attempt, i))
    return named


def _lost_digits(candidates: list, trial, truth: list, attempt: Callable):
    """The first mistake that loses about as many digits as the answer does, or None.

    How many are lost depends on the order of operations, so outputs differ from answer to
    answer; the size of the error does not, by much.
    """
    error = _error(trial.record, truth)
    if error is None or trial.mistake not in (None, "not-finite"):
        return None
    for mistake in candidates:
        theirs = _error(attempt(mistake).record, truth)
        if theirs and theirs / 1e3 <= error <= theirs * 1e3:
            return mistake
    return None


def _pairs(values: dict, truth: dict):
    """Each array of a record beside the true one; None beside it where their numbers differ."""
    for name, a in values.items():
        b = truth[name]
        if not isinstance(a, tuple) and not isinstance(b, tuple):
            yield a, b
        elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            yield from zip(a, b, strict=True)
        else:
            yield None, b


def _error(record: list, truth: list) -> float | None:
    """The largest relative error of a record's last values, capped at 1; None if there is none."""
    if not record or record[-1][0] != "value" or len(record) > len(truth):
        return None
    worst = 0.0
    last, true = record[-1][1], truth[len(record) - 1][1]
    for a, b in _pairs(last, true):
        if isinstance(a, str) and isinstance(b, str) and a == b:
            continue  # what neither has, a layer that was led forward only
        if a is None or isinstance(a, str) or isinstance(b, str) or a.shape != b.shape:
            return None
        scale = max(float(np.abs(b).max(initial=0.0)), 1e-300)
        with np.errstate(all="ignore"):
            error = float(np.abs(a - b).max(initial=0.0)) / scale
        worst = max(worst, min(error, 1.0) if np.isfinite(error) else 1.0)
    return worst
