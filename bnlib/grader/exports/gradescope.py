"""Grades in the form that Gradescope reads: results.json of its autograder specification.

https://gradescope-autograders.readthedocs.io/en/latest/specs/ (read in 2026). Texts quote what a
submission said, so each is marked as plain text: the default of the text over all tests is HTML.
A hidden test would hide the student's total, so what is for the instructor is ``extra_data``.
"""

from __future__ import annotations

import json
import math
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bnlib.grader.record import BROKEN, UNREADABLE, Line, Mark, Record

# Gradescope stores and shows these texts whole; nobody reads a longer one.
LONGEST_TEXT = 4000
LONGEST_ERROR = 300
LONGEST_OVERVIEW = 20_000
MOST_CELLS = 20
MOST_FLAGS = 50

_OUTCOMES = {
    UNREADABLE: "The notebook could not be read",
    BROKEN: "The notebook was not run to its end",
}


def results(
    records: Record | Iterable[Record], final: Mapping[str, tuple[float, str]] | None = None
) -> dict:
    """One student's grades as the content of results.json: a test case a check.

    Args:
        records: what grading left, one record a notebook, all of one student.
        final: points that an instructor gave in place of the checks', and the reason, by exercise.

    Raises:
        ValueError: no record, records of several students, points that are no finite number, or
            an adjustment of an exercise that no record holds.
    """
    records = (records,) if isinstance(records, Record) else tuple(records)
    final = dict(final or {})
    students = {record.student for record in records}
    if len(students) != 1:
        raise ValueError(f"results.json is about one student, got records of {len(students)}")
    marks = [mark for record in records for mark in record.marks]
    unknown = sorted(final.keys() - {mark.exercise for mark in marks})
    if unknown:
        raise ValueError(f"points were set for {', '.join(unknown)}, which no record holds")

    points = [final.get(mark.exercise, (mark.points, ""))[0] for mark in marks]
    overview = "\n\n".join(_overview(record, final) for record in records)
    tests = [test for number, mark in enumerate(marks, 1) for test in _tests(number, mark)]
    return {
        # Given, because it stands over the sum of the tests: an adjustment is in no test.
        "score": _number(sum(points)),
        "output": _text(overview, LONGEST_OVERVIEW),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": _number(sum(record.seconds for record in records)),
        "tests": tests,
        "extra_data": {"bnlib": [_for_the_instructor(record) for record in records]},
    }


def failure(said: str) -> dict:
    """What results.json says where nothing could be graded: no points, and the reason."""
    return {
        "score": 0,
        "output": _text(said),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [],
    }


def write(path: Path, content: dict) -> None:
    """Write results.json whole or not at all; what stood there is replaced."""
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=True, allow_nan=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _tests(number: int, mark: Mark) -> Iterator[dict]:
    said: set[str] = set()
    for place, line in enumerate(mark.lines, 1):
        yield {
            "number": f"{number}.{place}",
            "name": _text(f"{mark.exercise}: {line.check}"),
            "name_format": "text",
            "score": _number(line.points),
            "max_score": _number(line.possible),
            "status": "passed" if line.passed else "failed",
            "output": _text(_message(line, said)),
            "output_format": "text",
            "visibility": "visible",
        }


def _message(line: Line, said: set[str]) -> str:
    """A check's message, advice first, and where to read; what was said once is not repeated."""
    if line.passed:
        return line.message
    key = line.mistake or line.message
    if line.passed is False and key and key in said:
        return "The same, seen by this check too."
    said.add(key)
    message = line.message or "Not judged."
    return f"{message}\nBook: {line.where}." if line.passed is False else message


def _overview(record: Record, final: Mapping[str, tuple[float, str]]) -> str:
    rows, total = [], 0.0
    for mark in record.marks:
        points, reason = final.get(mark.exercise, (mark.points, None))
        total += points
        note = mark.status if reason is None else f"set by the instructor: {_text(reason)}"
        rows.append(f"  {mark.exercise}: {points:g} of {mark.possible:g} points, {note}")
    lines = [f"{record.notebook}: {total:g} of {record.possible:g} points", *rows]
    if record.outcome in _OUTCOMES:
        lines.insert(1, f"{_OUTCOMES[record.outcome]}: {_text(record.problem)}")
    if record.raised:
        lines.append("Cells that raised an error; the others were run:")
        for cell, error in record.raised[:MOST_CELLS]:
            lines.append(f"  cell {cell}: {_text(error, LONGEST_ERROR)}")
    if len(record.raised) > MOST_CELLS:
        lines.append(f"  and {len(record.raised) - MOST_CELLS} more")
    return "\n".join(lines)


def _for_the_instructor(record: Record) -> dict:
    return {
        "notebook": _text(record.notebook),
        "digest": _text(record.digest),
        "library": _text(record.library),
        "seed": record.seed,
        "isolation": _text(record.isolation),
        "outcome": _text(record.outcome),
        "flags": [_text(flag) for flag in record.flags[:MOST_FLAGS]],
    }


def _number(value: float) -> float:
    """A number that JSON can hold, without the digits that adding up leaves."""
    if not math.isfinite(value):
        raise ValueError(f"a score or a time must be a finite number, got {value}")
    return round(float(value), 6)


def _text(value: str, limit: int = LONGEST_TEXT) -> str:
    """A text that any reader of JSON takes: no control characters, no half characters, bounded."""
    shown = value if len(value) <= limit else value[:limit] + f" ... ({len(value)} characters)"
    return "".join(c if _is_plain(c) else "\N{REPLACEMENT CHARACTER}" for c in shown)


def _is_plain(character: str) -> bool:
    # Cc: NUL, escapes to a terminal. Cf: what turns the direction of a line. Cs: half a character.
    return character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
