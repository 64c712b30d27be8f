"""What grading one notebook of one student leaves: plain data, the same in every report.

Nothing here is computed and nothing here is trusted: texts may quote what a submission printed
into an exception, so whoever shows them escapes them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

# What became of a notebook as a whole.
GRADED = "graded"  # its cells were run and its exercises judged
UNREADABLE = "unreadable"  # no notebook, or none that can be read: `problem` says why
BROKEN = "broken"  # it ended, blocked or overran its process for good: `problem` says how


@dataclass(frozen=True)
class Line:
    """One check of an exercise.

    Attributes:
        check: its sentence. passed: True, False or None (not judged). message: what was expected
            and what came. mistake: id of the named mistake, or None. points, possible. section:
            address in the built book, relative to its root ("book/04_algorithm.html#sec-batch").
            where: that section in words.
    """

    check: str
    passed: bool | None
    message: str
    mistake: str | None
    points: float
    possible: float
    section: str
    where: str


@dataclass(frozen=True)
class Mark:
    """One exercise.

    Attributes:
        exercise, title: its name and its title. status: "passed", "wrong", "not attempted",
            "borrowed", "took too long", "not judged" or "missing" (not defined).
        points, possible: sums over the checks. lines: one a check, in their order; the checks of
            a missing exercise have passed=None.
    """

    exercise: str
    title: str
    status: str
    points: float
    possible: float
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Record:
    """One notebook of one student, graded once.

    Attributes:
        student: the id. notebook: "04_algorithm".
        digest: sha256 of the submitted file, hex, or "" where there was none. library: a digest
            of all that a grade depends on besides the file (checks, exercises, versions).
        seed: what the inputs were drawn from. isolation: what stood between the code and the
            machine: "namespaces", "user" or "none".
        outcome: GRADED, UNREADABLE or BROKEN. problem: one sentence, "" where there is none.
        marks: every exercise of the notebook, in its order, whatever the outcome.
        raised: cells that raised, as (number from 1, "ValueError: ...").
        flags: sentences for the instructor alone ("imported scipy, which its code does not say").
        seconds: wall time that grading it took.
    """

    student: str
    notebook: str
    digest: str
    library: str
    seed: int
    isolation: str
    outcome: str
    problem: str
    marks: tuple[Mark, ...]
    raised: tuple[tuple[int, str], ...] = ()
    flags: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def points(self) -> float:
        return sum(mark.points for mark in self.marks)

    @property
    def possible(self) -> float:
        return sum(mark.possible for mark in self.marks)

    def to_json(self) -> str:
        return json.dumps(self, default=vars, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Record:
        """The record that ``to_json`` wrote."""
        data = json.loads(text)
        data["marks"] = tuple(
            Mark(**{**mark, "lines": tuple(Line(**line) for line in mark["lines"])})
            for mark in data["marks"]
        )
        data["raised"] = tuple((int(number), said) for number, said in data["raised"])
        data["flags"] = tuple(data["flags"])
        return cls(**data)


def line_of(result) -> Line:
    """The line of a `bnlib.checks.Result`."""
    return Line(
        result.name,
        result.passed,
        result.message,
        result.mistake,
        result.points,
        result.possible,
        result.section.path,
        str(result.section),
    )


def marks_without_answers(notebook: str, status: str, message: str) -> tuple[Mark, ...]:
    """Every exercise of a notebook with no points, where none of them could be judged."""
    from bnlib.checks import registry

    return tuple(unjudged(exercise, status, message) for exercise in registry.of(notebook))


def unjudged(exercise, status: str, message: str) -> Mark:
    """An exercise whose checks were not run, and why."""
    lines = tuple(
        Line(c.name, None, message, None, 0.0, c.points, c.section.path, str(c.section))
        for c in exercise.checks
    )
    return Mark(exercise.name, exercise.title, status, 0.0, exercise.points, lines)
