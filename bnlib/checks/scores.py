"""The scores of what a notebook has defined: every exercise of it that was found, and those not."""

from __future__ import annotations

from typing import NamedTuple

from bnlib.checks import registry
from bnlib.checks.engine import run


class Score(NamedTuple):
    """An exercise's result, as plain data that can leave a kernel."""

    notebook: str
    exercise: str
    title: str
    status: str
    points: float
    possible: float
    report: str


def scores(names: dict, seed: int = 0) -> list[Score]:
    """Judge each exercise whose name is defined, as `check` would in the notebook.

    Exercises of the same notebooks that are not defined are listed as "missing", with 0 points.

    Args:
        names: what the notebook has defined. seed: what the inputs are drawn from.
    """
    exercises = registry.exercises()
    begun = {e.notebook for e in exercises if callable(names.get(e.name))}
    found = []
    for exercise in exercises:
        if exercise.notebook not in begun:
            continue
        answer = names.get(exercise.name)
        if callable(answer):
            others = {use: names[use] for use in exercise.uses if callable(names.get(use))}
            report = run(exercise.name, answer, seed, others)
            status, points, text = report.status, report.points, str(report)
        else:
            status, points, text = "missing", 0.0, f"{exercise.name}: not found in the notebook"
        possible = exercise.points
        found.append(
            Score(exercise.notebook, exercise.name, exercise.title, status, points, possible, text)
        )
    return found
