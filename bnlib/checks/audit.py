"""Judging the exercises: are mistakes caught and named, right answers accepted, on every seed?"""

from __future__ import annotations

from dataclasses import dataclass

from bnlib.checks.callee import OwnCallee
from bnlib.checks.engine import passes, run

LEAST_ALTERNATIVES = 3


@dataclass(frozen=True)
class Audit:
    """What an exercise's catalogue does on some seeds.

    Attributes:
        exercise, checks, mistakes, alternatives: its name and how many it has. caught: mistakes
            that lose points on every seed. named: those that are then called by their own name
            and no other. accepted: alternatives that get every point on every seed. misses: a
            sentence for each that is not, and for whatever else is short. unjudged: why answers
            could not be judged here, or "".
    """

    exercise: str
    checks: int
    mistakes: int
    caught: int
    named: int
    alternatives: int
    accepted: int
    misses: tuple[str, ...]
    unjudged: str = ""


def audit(exercise, seeds: list[int]) -> Audit:
    """Judge every known mistake, the reference and every alternative of an exercise.

    A mistake or alternative that only a missing library can run is left out, and said.
    """
    misses, unjudged = [], ""
    caught = named = accepted = 0
    if len(exercise.alternatives) < LEAST_ALTERNATIVES:
        misses.append(f"{exercise.name} has fewer than {LEAST_ALTERNATIVES} alternatives")
    for mistake in exercise.mistakes:
        reports = [_judged(exercise, mistake.function, seed) for seed in seeds]
        if any(r.status == "not judged" for r in reports):
            unjudged = reports[0].results[0].message
            continue
        loses = [r.points < r.possible for r in reports]
        rightly = [r.mistakes == (mistake.id,) for r in reports]
        caught += all(loses)
        named += all(loses) and all(rightly)
        if not all(loses):
            seed = seeds[loses.index(False)]
            misses.append(f"{exercise.name}: {mistake.id} passes with seed {seed}")
        elif not all(rightly):
            seed = seeds[rightly.index(False)]
            told = ", ".join(reports[rightly.index(False)].mistakes) or "nothing"
            misses.append(f"{exercise.name}: {mistake.id} is told {told} with seed {seed}")
    for answer in (exercise.reference, *exercise.alternatives):
        reports = [_judged(exercise, answer, seed) for seed in seeds]
        if any(r.status == "not judged" for r in reports):
            unjudged = reports[0].results[0].message
            continue
        passed = [r.passed for r in reports]
        accepted += all(passed) and answer is not exercise.reference
        if not all(passed):
            seed = seeds[passed.index(False)]
            misses.append(f"{exercise.name}: {_name(exercise, answer)} fails with seed {seed}")
    return Audit(
        exercise.name,
        len(exercise.checks),
        len(exercise.mistakes),
        caught,
        named,
        len(exercise.alternatives),
        accepted,
        tuple(misses),
        unjudged,
    )


def _judged(exercise, answer, seed: int):
    return run(exercise.name, OwnCallee(answer, exercise.adapter), seed)


def _name(exercise, answer) -> str:
    if answer is exercise.reference:
        return "the reference"
    said = getattr(answer, "__name__", type(answer).__name__)
    return f"alternative {exercise.alternatives.index(answer) + 1} ({said})"


@dataclass(frozen=True)
class Stability:
    """Whether verdicts are the same on every seed.

    Attributes:
        exercise: its name. right, wrong: how many right answers (the reference, alternatives)
            and known mistakes were judged. seeds: on how many seeds each. failed: right answers
            that failed, as (name, seed). passed: mistakes that passed, as (id, seed).
    """

    exercise: str
    right: int
    wrong: int
    seeds: int
    failed: tuple[tuple[str, int], ...]
    passed: tuple[tuple[str, int], ...]


def stability(exercise, seeds: range) -> Stability:
    """Judge all answers that an exercise knows on each seed; no mistake is named, for speed."""
    failed, passed = [], []
    right = [exercise.reference, *exercise.alternatives]
    for answer in right:
        callee = OwnCallee(answer, exercise.adapter)
        name = _name(exercise, answer)
        failed += [(name, seed) for seed in seeds if not passes(exercise, callee, seed)]
    for mistake in exercise.mistakes:
        callee = OwnCallee(mistake.function, exercise.adapter)
        passed += [(mistake.id, seed) for seed in seeds if passes(exercise, callee, seed)]
    return Stability(
        exercise.name, len(right), len(exercise.mistakes), len(seeds), tuple(failed), tuple(passed)
    )
