"""Counts over a class: what is kept does not grow with the number of students."""

from __future__ import annotations

import bisect
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from bnlib.grader.gradebook import FinalMark, FinalNotebook
from bnlib.grader.record import GRADED
from bnlib.grader.reports import texts
from bnlib.grader.reports.data import StudentPage

MOST_ROWS = 200  # of a list about single students
WRONG = ("wrong", "borrowed", "took too long")
NOT_ATTEMPTED = ("not attempted", "missing")
# An exception or an endless loop has a name in the record, but it is not what somebody thought.
_NO_MISTAKE = ("raised", "timed-out")


@dataclass
class Exercise:
    """How often what became of one exercise.

    Attributes:
        notebook, name, title, possible: which it is. right, wrong, left: students who have it
            right, wrong, and not attempted; of the others nothing could be judged. unnamed:
            students with a wrong check whose mistake has no name, or
            whose code raised or did not end. mistakes: students by the id
            of a mistake that they made. sections: where in the book each of those is explained.
    """

    notebook: str
    name: str
    title: str
    possible: float
    right: int = 0
    wrong: int = 0
    left: int = 0
    unnamed: int = 0
    mistakes: Counter[str] = field(default_factory=Counter)
    sections: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def attempted(self) -> int:
        return self.right + self.wrong

    def add(self, final: FinalMark) -> None:
        mark = final.mark
        self.right += mark.status == "passed"
        self.wrong += mark.status in WRONG
        self.left += mark.status in NOT_ATTEMPTED
        failed = [line for line in mark.lines if line.passed is False]
        named = {line.mistake: line for line in reversed(failed)}
        without = [named.pop(id, None) for id in (None, *_NO_MISTAKE)]
        self.unnamed += any(line is not None for line in without)
        self.mistakes.update(named.keys())
        for id, line in named.items():
            self.sections.setdefault(id, (line.section, line.where))


@dataclass
class Rows:
    """The first rows of a list, shortened texts, and how many there are in all."""

    rows: list[tuple[str, ...]] = field(default_factory=list)
    count: int = 0

    def add(self, *cells: str) -> None:
        self.count += 1
        if len(self.rows) < MOST_ROWS:
            self.rows.append(tuple(texts.plain(cell, 300) for cell in cells))

    @property
    def unsaid(self) -> int:
        return self.count - len(self.rows)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self.rows)


class Tally:
    """All that the class report is made from, added up student by student."""

    def __init__(self):
        self.students = 0
        self.scores: Counter[float] = Counter()
        self.exercises: dict[str, Exercise] = {}
        self.outcomes: Counter[str] = Counter()
        self.isolation: Counter[str] = Counter()
        self.seeds: Counter[int] = Counter()
        self.late = 0  # submissions with an exercise that took too long
        self.stopped, self.flags, self.adjustments = Rows(), Rows(), Rows()

    def add(self, page: StudentPage) -> None:
        """Count one student."""
        self.students += 1
        # Rounded, so that sums in another order are not other scores.
        self.scores[round(page.points, 6)] += 1
        for notebook in page.notebooks:
            self._add((page.student, page.name), notebook)

    def _add(self, who: tuple[str, str], page: FinalNotebook) -> None:
        record = page.record
        self.outcomes[record.outcome] += 1
        self.isolation[record.isolation] += 1
        if record.seed in self.seeds or len(self.seeds) < MOST_ROWS:
            self.seeds[record.seed] += 1
        if record.outcome != GRADED:
            self.stopped.add(*who, record.notebook, f"{record.outcome}: {record.problem}")
        late = [f.mark.title for f in page.marks if f.mark.status == "took too long"]
        if late:
            self.late += 1
            self.stopped.add(*who, record.notebook, f"took too long: {', '.join(late)}")
        for flag in record.flags:
            self.flags.add(*who, record.notebook, flag)
        for final in page.marks:
            mark = final.mark
            known = self.exercises.get(mark.exercise)
            if known is None:
                known = Exercise(record.notebook, mark.exercise, mark.title, mark.possible)
                self.exercises[mark.exercise] = known
            known.add(final)
            if final.adjustment is not None:
                said = f"{final.points:.10g} instead of {mark.points:.10g} points"
                self.adjustments.add(*who, mark.title, said, final.adjustment.reason)

    def notebooks(self) -> dict[str, list[Exercise]]:
        """The exercises by notebook, in the notebooks' order."""
        found: dict[str, list[Exercise]] = {}
        for exercise in self.exercises.values():
            found.setdefault(exercise.notebook, []).append(exercise)
        return dict(sorted(found.items()))

    @property
    def possible(self) -> float:
        """What can be had in all notebooks that anyone of the class handed in."""
        return sum(exercise.possible for exercise in self.exercises.values())

    def mean(self) -> float:
        """The mean of the scores, in points; nan without students."""
        if not self.students:
            return float("nan")
        return sum(score * times for score, times in self.scores.items()) / self.students

    def median(self) -> float:
        """The median of the scores, in points; nan without students."""
        if not self.students:
            return float("nan")
        scores = sorted(self.scores)
        up_to = list(itertools.accumulate(self.scores[score] for score in scores))
        low, high = (self.students - 1) // 2, self.students // 2
        return sum(scores[bisect.bisect_right(up_to, rank)] for rank in (low, high)) / 2

    def histogram(self, bins: int = 10) -> list[int]:
        """Students by tenths of what can be had; all of it falls into the last."""
        counts = [0] * bins
        for score, times in self.scores.items():
            part = score / self.possible if self.possible else 0.0
            counts[min(max(int(part * bins + 1e-9), 0), bins - 1)] += times
        return counts
