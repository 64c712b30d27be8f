"""What the gradebook holds besides records, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from bnlib.grader.record import Mark, Record


@dataclass(frozen=True)
class Run:
    """One `bnlib grade`, or several of which all but the last were interrupted.

    Attributes:
        id: counts from 1. started, finished: UTC, ISO 8601; finished is None while it lasts or
            where it was interrupted. seed: what its inputs are drawn from. isolation, library:
            as in `Record`. regrade: whether everything was graded anew. versions: of bnlib,
            python, numpy and torch ("" where it is not installed). options: of the command.
    """

    id: int
    started: str
    finished: str | None
    seed: int
    isolation: str
    library: str
    regrade: bool
    versions: dict[str, str]
    options: dict[str, object]


@dataclass(frozen=True)
class Student:
    """Somebody who is on the roster, or handed something in, or both.

    Attributes:
        id, name: the name is "" where no roster gave one. rostered: stands on the roster.
    """

    id: str
    name: str = ""
    rostered: bool = False


@dataclass(frozen=True)
class Adjustment:
    """Points that a person gave, in place of those of the checks.

    Attributes:
        points: what the exercise is worth now, or None where an adjustment was taken back.
        reason: shown to the student. at: UTC, ISO 8601. by: a user's name, or "".
    """

    student: str
    notebook: str
    exercise: str
    points: float | None
    reason: str
    at: str
    by: str


@dataclass(frozen=True)
class FinalMark:
    """An exercise as it counts.

    Attributes:
        mark: what the checks said. points: what counts. adjustment: why the two may differ, or
            None where the checks have the last word.
    """

    mark: Mark
    points: float
    adjustment: Adjustment | None = None


@dataclass(frozen=True)
class FinalNotebook:
    """A notebook as it counts: its newest record, and its marks with adjustments applied."""

    record: Record
    marks: tuple[FinalMark, ...]

    @property
    def points(self) -> float:
        return sum(final.points for final in self.marks)

    @property
    def possible(self) -> float:
        return self.record.possible

    @property
    def adjusted(self) -> bool:
        return any(final.adjustment is not None for final in self.marks)
