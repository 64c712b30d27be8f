"""Grades as CSV: one table for people, one each for the imports of Canvas and Moodle.

They hold the points that the exercises were worth, adjustments included. Late penalties and
drop policies (the best five of six) are the learning management system's work, not ours: it knows
the due dates, the extensions and the weights.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bnlib.grader.exports.spreadsheet import ExportError, number, text, write
from bnlib.grader.gradebook import FinalNotebook, Gradebook, Student
from bnlib.grader.record import Record

MISSING = "missing"

# What a student's id may be in Canvas, by its column; and in Moodle, which calls it so in
# "Map to" and in a roster it exports.
CANVAS_IDENTIFIERS = ("ID", "SIS User ID", "SIS Login ID")
MOODLE_IDENTIFIERS = ("Username", "ID number", "Email address")

# Canvas takes columns with these words for its own sums and passes over them.
_CANVAS_SUMS = re.compile("(Current|Final|Override) (Score|Points|Grade|Status)")
# By default Moodle takes no grade above it, and gives up the whole import for one.
_MOODLE_MOST = 100


class GradesTable:
    """Everybody's grades, one row a student, everything in it.

    Columns: student, name; for each notebook that somebody handed in its points, possible,
    outcome, each exercise (``04_algorithm/name``), adjusted (yes or no); total, possible,
    percent. The last three count every notebook of the table, so a notebook that is missing
    counts nothing of its points. Who handed nothing in has an empty row marked "missing".
    The file is UTF-8 without a mark: Excel shows letters with accents right when it is opened by
    "Data > From Text/CSV".

    Raises:
        GradebookError: the gradebook cannot be read.
    """

    def __init__(self, book: Gradebook):
        self._sheets = book.notebooks()
        head = ["student", "name"]
        for notebook, sheet in self._sheets.items():
            head += [f"{notebook} {what}" for what in ("points", "possible", "outcome")]
            head += [f"{notebook}/{mark.exercise}" for mark in sheet.marks]
            head.append(f"{notebook} adjusted")
        self._rows = [[text(name) for name in (*head, "total", "possible", "percent")]]

    def add(self, student: Student, finals: Sequence[FinalNotebook]) -> None:
        """Add a student's row."""
        handed = {final.record.notebook: final for final in finals}
        cells, total, possible = [text(student.id), text(student.name)], 0.0, 0.0
        for notebook, sheet in self._sheets.items():
            final = handed.get(notebook)
            cells += _notebook(final, sheet, anything=bool(handed))
            total += 0.0 if final is None else final.points
            possible += (sheet if final is None else final).possible
        if handed:
            percent = f"{100 * total / possible:.2f}" if possible else ""
            self._rows.append([*cells, number(total), number(possible), percent])
        else:
            self._rows.append([*cells, "", "", ""])

    def write(self, path: Path) -> None:
        """Write the file.

        Raises:
            ExportError: it cannot be written.
        """
        write(path, self._rows)


def _notebook(final: FinalNotebook | None, sheet: Record, anything: bool) -> list[str]:
    if final is None:
        possible = number(sheet.possible) if anything else ""
        return ["", possible, MISSING, *[""] * len(sheet.marks), ""]
    points = {each.mark.exercise: number(each.points) for each in final.marks}
    return [
        number(final.points),
        number(final.possible),
        # A record without a file was made for a notebook that never came.
        text(final.record.outcome) if final.record.digest else MISSING,
        *(points.get(mark.exercise, "") for mark in sheet.marks),
        "yes" if final.adjusted else "no",
    ]


def canvas_csv(
    book: Gradebook,
    path: Path,
    identifier: str = "SIS Login ID",
    columns: Mapping[str, str] | None = None,
) -> list[str]:
    """Points a notebook, as "Grades > Import" of Canvas takes them.

    Canvas wants the columns Student, ID, SIS User ID, SIS Login ID, Section in this order, then
    assignments; and a row "Points Possible" before the students. It finds a student by the
    three ids, and an assignment by the number in brackets behind its name, or by the whole name;
    it offers to make one that it does not find. An empty cell is no grade.

    Args:
        identifier: which column holds our ids, one of `CANVAS_IDENTIFIERS`.
        columns: the notebooks to export, each with its assignment as Canvas's own export names
            it: ``{"04_algorithm": "Batch norm (1234)"}``. None: all, under their own names.

    Returns:
        Sentences on the students who were left out, and why: not on the roster (a stranger's id
        might match somebody), or an id that Canvas or a spreadsheet would take for another.

    Raises:
        ExportError, GradebookError: see `GradesTable`; or an argument names what is not there.
    """
    _one_of(identifier, CANVAS_IDENTIFIERS)
    sheets, named = _columns(book, columns)
    for name in named.values():
        if _CANVAS_SUMS.search(name):
            raise ExportError(f"Canvas passes over a column named {name!r}: it looks like a sum")
    students, said = _importable(
        book, _canvas_number if identifier == "ID" else _canvas_id, identifier
    )
    shared = Counter(student.name for student in students)

    def rows() -> Iterator[list[str]]:
        yield ["Student", *CANVAS_IDENTIFIERS, "Section", *map(text, named.values())]
        possible = [number(sheets[notebook].possible) for notebook in named]
        yield ["    Points Possible", "", "", "", "", *possible]
        for student in students:
            ids = [student.id if each == identifier else "" for each in CANVAS_IDENTIFIERS]
            points = _points(book, student, named, absent="")
            yield [_canvas_name(student, shared), *ids, "", *points]

    write(path, rows())
    return said


def _canvas_name(student: Student, shared: Counter) -> str:
    # Where no id fits, Canvas goes by the name: so one that two students share must not stand
    # there bare. And a name with these words would be read as the row of possible points.
    if not student.name or "points possible" in student.name.lower():
        return ""
    both = f"{student.name} ({student.id})" if shared[student.name] > 1 else student.name
    return text(both)


def _canvas_number(id: str) -> str:
    # Canvas reads a number off the front of anything: "12ab" would be student 12.
    if re.fullmatch("[1-9][0-9]*", id):
        return ""
    return "which is no number of Canvas"


def _canvas_id(id: str) -> str:
    if re.fullmatch("-?[0-9.,]*[.,][0-9.,]*%?", id):
        return "which Canvas would read as a decimal number"
    return ""


def moodle_csv(
    book: Gradebook,
    path: Path,
    identifier: str = "Username",
    columns: Mapping[str, str] | None = None,
) -> list[str]:
    """Points a notebook, as "Grades > Import > CSV file" of Moodle takes them.

    Moodle asks which column to "Map from" (the first) and what to map it to (username,
    useridnumber or useremail), then for each further column a grade item. "-" is no grade. It
    imports all or nothing: one student whom it does not find, one grade above 100 or above what
    the site allows, and it gives up. It compares addresses letter by letter, capitals included.

    Args:
        identifier: what our ids are, one of `MOODLE_IDENTIFIERS`.
        columns: the notebooks to export, each with the name of its grade item. None: all, under
            their own names.

    Returns:
        Sentences on the students who were left out, and why; and on grades above 100.

    Raises:
        ExportError, GradebookError: see `GradesTable`; or an argument names what is not there.
    """
    _one_of(identifier, MOODLE_IDENTIFIERS)
    _, named = _columns(book, columns)
    students, said = _importable(book, _moodle_id, identifier)
    rows = [[identifier, *map(text, named.values())]]
    for student in students:
        points = _points(book, student, named, absent="-")
        high = [each for each in points if each != "-" and float(each) > _MOODLE_MOST]
        said += [f"{student.id!r} has {each} points: Moodle takes at most 100" for each in high]
        rows.append([student.id, *points])
    write(path, rows)
    return said


def _moodle_id(id: str) -> str:
    # To PHP "0" is empty, and Moodle gives a row with an empty id to the student before it.
    return "which Moodle takes for an empty one" if id == "0" else ""


def _points(book: Gradebook, student: Student, notebooks, absent: str) -> list[str]:
    handed = {final.record.notebook: final for final in book.final(student.id)}
    return [
        number(handed[notebook].points)
        if notebook in handed and handed[notebook].record.digest
        else absent
        for notebook in notebooks
    ]


def _importable(
    book: Gradebook, wrong: Callable[[str], str], identifier: str
) -> tuple[list[Student], list[str]]:
    """The students whose ids an import will find, and a sentence for each of the others."""
    everybody = book.students()
    roster = any(student.rostered for student in everybody)
    students, said = [], []
    for student in everybody:
        if roster and not student.rostered:
            why = "which the roster does not have"
        elif not student.id.strip() or text(student.id) != student.id:
            why = "which a spreadsheet would take for a formula or not show"
        else:
            why = wrong(student.id)
        if why:
            said.append(f"left out: {identifier} {student.id!r}, {why}")
        else:
            students.append(student)
    return students, said


def _columns(
    book: Gradebook, columns: Mapping[str, str] | None
) -> tuple[dict[str, Record], dict[str, str]]:
    """A sheet for each notebook, and the name of each column by its notebook."""
    sheets = book.notebooks()
    if not sheets:
        raise ExportError(f"nothing was graded yet in {book.path}")
    named = {notebook: notebook for notebook in sheets} if columns is None else dict(columns)
    for notebook in named:
        _one_of(notebook, tuple(sheets))
    if len(set(named.values())) < len(named) or not all(map(str.strip, named.values())):
        raise ExportError(f"columns need names of their own: {', '.join(named.values())}")
    return sheets, named


def _one_of(name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known)}"
        raise ExportError(f"there is no {name!r}; {hint}")
