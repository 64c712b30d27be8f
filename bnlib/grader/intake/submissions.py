"""What intake leaves: who handed in what, and what is to be said about it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from bnlib.grader.intake.files import MAX_NOTEBOOK, Refused, Source
from bnlib.grader.intake.roster import Student


class Unavailable(ValueError):
    """A submission whose bytes cannot be had; the message is a sentence."""


@dataclass(frozen=True)
class Submission:
    """One notebook of one student; small, and can be sent to another process, which reads it.

    Attributes:
        student: the id (the roster's, where there is one). name: the student's, or "".
        notebook: "04_algorithm". where: the place it came from, in words. source: reads it.
        modified: seconds since 1970, 0 where unknown.
    """

    student: str
    name: str
    notebook: str
    where: str
    source: Source
    modified: float = 0.0

    def read(self) -> bytes:
        """The notebook's bytes.

        Raises:
            Unavailable: it cannot be read, or is larger than 64 MiB.
        """
        try:
            return self.source.read(MAX_NOTEBOOK)
        except Refused as refused:
            raise Unavailable(f"{self.where} {refused}") from None


@dataclass(frozen=True)
class Problem:
    """Something that was not taken for a submission: a sentence, with the student and the
    notebook where they are known."""

    sentence: str
    student: str | None = None
    notebook: str | None = None


@dataclass(frozen=True)
class Duplicate:
    """The same notebook handed in more than once: which one counts, why, and the others."""

    student: str
    notebook: str
    counts: Submission
    others: tuple[Submission, ...]
    why: str


@dataclass(frozen=True)
class Intake:
    """All of what was handed in.

    Attributes:
        submissions: one a student and notebook, by student. problems: what was left out.
        missing: of the roster, who handed in nothing (for the notebook, where one was asked for),
            and of whom no problem speaks. unknown: submissions of nobody in the
            roster. duplicates: where one of several was chosen.
    """

    submissions: tuple[Submission, ...]
    problems: tuple[Problem, ...] = ()
    missing: tuple[Student, ...] = ()
    unknown: tuple[Submission, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
