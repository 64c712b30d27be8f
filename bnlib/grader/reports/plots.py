"""What the charts of the class report show, in numbers; templates/plots.html draws them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bnlib.grader.reports.tally import Exercise


class Outcome(NamedTuple):
    """A bar: of all students, how many per cent have it right, wrong and not attempted."""

    label: str
    right: float
    wrong: float
    left: float


def outcomes(exercises: Iterable[Exercise], students: int) -> list[Outcome]:
    """A bar an exercise."""
    return [
        Outcome(e.title, *(percent(count, students) for count in (e.right, e.wrong, e.left)))
        for e in exercises
    ]


def averages(notebooks: Mapping[str, list[Exercise]], students: int) -> list[Outcome]:
    """A bar a notebook: the mean over its exercises."""
    rows = []
    for name, exercises in notebooks.items():
        shares = [bar[1:] for bar in outcomes(exercises, students)]
        rows.append(Outcome(name, *(sum(each) / len(shares) for each in zip(*shares, strict=True))))
    return rows


def percent(part: float, whole: float) -> float:
    """The part in per cent; 0 of nothing."""
    return 100 * part / whole if whole else 0.0


def ticks(most: int) -> list[int]:
    """Round numbers of students from 0 up to ``most``, or to 1: six of them or fewer."""
    top = max(most, 1)
    steps = (digit * 10**power for power in itertools.count() for digit in (1, 2, 5))
    return list(range(0, top + 1, next(step for step in steps if top <= 5 * step)))
