"""What the pages are made from: records with their final points, student by student."""

from __future__ import annotations

from dataclasses import dataclass

from bnlib.grader.gradebook import FinalNotebook


@dataclass(frozen=True)
class StudentPage:
    """All that is said of one student; ``name`` is "" where no roster gives one."""

    student: str
    name: str
    notebooks: tuple[FinalNotebook, ...]

    @property
    def points(self) -> float:
        return sum(notebook.points for notebook in self.notebooks)

    @property
    def possible(self) -> float:
        return sum(notebook.possible for notebook in self.notebooks)


@dataclass(frozen=True)
class Remark:
    """A sentence about a student, for the instructor."""

    student: str
    said: str


@dataclass(frozen=True)
class Attendance:
    """Who is not simply graded: each with what there is to say ("no notebook was handed in").

    Attributes:
        missing: on the roster, nothing handed in. unknown: handed in, not on the roster.
        duplicates: handed in more than once. All are empty where no roster is known.
    """

    missing: tuple[Remark, ...] = ()
    unknown: tuple[Remark, ...] = ()
    duplicates: tuple[Remark, ...] = ()
