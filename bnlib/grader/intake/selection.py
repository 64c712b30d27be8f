"""From the files of a student to one submission a notebook: which notebook, which one counts."""

from __future__ import annotations

import datetime

from bnlib.grader.intake import layouts, recognition
from bnlib.grader.intake.files import MAX_NOTEBOOK, Refused
from bnlib.grader.intake.gathering import Candidate
from bnlib.grader.intake.submissions import Duplicate, Problem, Submission

Assigned = dict[str, list[Candidate]]  # notebook -> the files that are it


def assign(
    candidates: list[Candidate], notebook: str | None, known: tuple[str, ...], student: str
) -> tuple[Assigned, list[Problem]]:
    """Which notebook each file of a student is.

    With `notebook`, every file that is not named after another one is taken for it; where
    several are, those named after it, else those that define its exercises, if there are any.
    """
    assigned: Assigned = {}
    problems: list[Problem] = []
    if notebook is None:
        for candidate in candidates:
            told, why = _tell(candidate, known)
            if told:
                assigned.setdefault(told, []).append(candidate)
            else:
                problems.append(Problem(f"{candidate.where} {why}", student))
        return assigned, problems

    named = [(c, recognition.by_name(c.filename, known)) for c in candidates]
    mine = [c for c, name in named if name in (None, notebook)]
    if len(mine) > 1:
        best = [c for c, name in named if name == notebook]
        best = best or [c for c in mine if notebook in _content(c, known)] or mine
        for other in mine:
            if other not in best:
                problems.append(
                    Problem(
                        f"{other.where} is not taken for {notebook}: {best[0].where} is",
                        *(student, notebook),
                    )
                )
        mine = best
    return ({notebook: mine} if mine else {}), problems


def _tell(candidate: Candidate, known: tuple[str, ...]) -> tuple[str | None, str]:
    """The notebook that a file is, else why that cannot be told."""
    named = recognition.by_name(candidate.filename, known)
    if named:
        return named, ""
    try:
        told = recognition.by_content(candidate.source.read(MAX_NOTEBOOK), known)
    except Refused as refused:
        return None, str(refused)
    around = candidate.parts[-2] if len(candidate.parts) > 1 else ""
    hint = candidate.hint or recognition.by_name(around, known)
    if len(told) == 1:
        return told[0], ""
    if hint:
        return hint, ""
    if told:
        several = " and of ".join(told)
        return None, f"defines as many exercises of {several}: say which with --notebook"
    return None, "defines no exercise of the course: if it is one of its notebooks, give --notebook"


def _content(candidate: Candidate, known: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return recognition.by_content(candidate.source.read(MAX_NOTEBOOK), known)
    except Refused:
        return ()


def choose(
    student: str, name: str, notebook: str, candidates: list[Candidate]
) -> tuple[Submission, Duplicate | None]:
    """The file that counts: the latest by what the LMS says, else by when it was modified."""

    def submission(candidate: Candidate) -> Submission:
        said = name or candidate.owner.name
        return Submission(
            *(student, said, notebook, candidate.where, candidate.source, candidate.modified)
        )

    counts, why = _latest(candidates)
    chosen = submission(counts)
    others = tuple(submission(other) for other in candidates if other is not counts)
    return chosen, Duplicate(student, notebook, chosen, others, why) if others else None


def _latest(candidates: list[Candidate]) -> tuple[Candidate, str]:
    """The latest of a student's files by the best clock that all of them have, and its words."""
    # Where no clock tells: the least deep, then the first by name.
    ordered = sorted(candidates, key=lambda c: (len(c.parts), c.parts))
    for clock, said in (
        (lambda c: c.owner.number, "Canvas gave it the highest number, {}".format),
        (_stamp, lambda time: f"it bears the latest time stamp, {_date(time)}"),
        (lambda c: c.modified or None, lambda time: f"it was modified last, {_date(time)}"),
    ):
        times = [clock(candidate) for candidate in ordered]
        if None not in times and len(set(times)) > 1:
            latest = max(times)
            return ordered[times.index(latest)], said(latest)
    return ordered[0], "all bear the same time, and it is the first by name"


def _stamp(candidate: Candidate) -> float | None:
    if candidate.owner.stamp is not None:
        return candidate.owner.stamp
    try:
        text = candidate.stamp_file.read(1000) if candidate.stamp_file else b""
    except Refused:
        return None
    return layouts.stamp(text.decode("utf-8", "replace"))


def _date(time: float) -> str:
    return f"{datetime.datetime.fromtimestamp(time, datetime.UTC):%Y-%m-%d %H:%M:%S}"
