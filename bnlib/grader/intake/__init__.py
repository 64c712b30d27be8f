"""What a class handed in: files found in a folder or an LMS's archive, students told apart.

Nothing is unpacked to disk, no link is followed below the folder, and nothing that a student
names makes a file another student's.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path

from bnlib.grader.intake.files import Refused
from bnlib.grader.intake.gathering import Candidate, gather
from bnlib.grader.intake.names import safe_filename, shown
from bnlib.grader.intake.roster import Roster, RosterError, Student
from bnlib.grader.intake.selection import assign, choose
from bnlib.grader.intake.submissions import Duplicate, Intake, Problem, Submission, Unavailable

__all__ = [
    "Duplicate",
    "Intake",
    "IntakeError",
    "Problem",
    "Roster",
    "RosterError",
    "Student",
    "Submission",
    "Unavailable",
    "find",
    "safe_filename",
]


class IntakeError(ValueError):
    """The path that was given holds nothing that could be looked at; the message is a sentence."""


def find(
    path: Path,
    notebook: str | None = None,
    known: tuple[str, ...] = (),
    roster: Roster | None = None,
) -> Intake:
    """The submissions in a folder, an archive or a notebook file.

    Args:
        path: a folder, a .zip or an .ipynb. notebook: what is graded, where it is one notebook.
        known: the course's notebooks ("04_algorithm"). roster: who takes part.

    Raises:
        IntakeError: `path` cannot be looked at, or `notebook` is not one of `known`.
    """
    if notebook is not None and notebook not in known:
        raise IntakeError(f"no notebook is named {notebook!r}; known: {', '.join(known)}")
    try:
        candidates, problems = gather(Path(path), known, roster)
    except Refused as refused:
        raise IntakeError(str(refused)) from None

    listed = {s.id: s for s in roster.students} if roster else {}

    def named(student: str | None) -> str | None:
        """The roster's id of whoever an LMS, or a folder, calls `student`."""
        found = roster.find(student) if roster and student is not None else None
        return found.id if found else student

    problems = [replace(problem, student=named(problem.student)) for problem in problems]
    files_of: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        files_of.setdefault(named(candidate.owner.student), []).append(candidate)

    submissions, duplicates = [], []
    for key in sorted(files_of):
        assigned, said = assign(files_of[key], notebook, known, key)
        problems += said
        name = listed[key].name if key in listed else ""
        for told in sorted(assigned):
            submission, duplicate = choose(key, name, told, assigned[told])
            submissions.append(submission)
            duplicates += [duplicate] if duplicate else []
    problems += _alike(sorted(files_of))

    missing, unknown = (), ()
    if roster:
        handed_in = {said.student for said in (*submissions, *problems)}
        missing = tuple(s for s in roster.students if s.id not in handed_in)
        unknown = tuple(s for s in submissions if s.student not in listed)
    return Intake(tuple(submissions), tuple(problems), missing, unknown, tuple(duplicates))


def _alike(students: list[str]) -> list[Problem]:
    """A warning on ids that differ only in capitals or in Unicode form: two students, or one?"""
    first: dict[str, str] = {}
    problems = []
    for student in students:
        other = first.setdefault(unicodedata.normalize("NFKC", student).casefold(), student)
        if other != student:
            sentence = (
                f"{shown(other)!r} and {shown(student)!r} differ only in capitals or in the form "
                "of a letter: they are taken for two students"
            )
            problems.append(Problem(sentence, student))
    return problems
