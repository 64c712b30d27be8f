"""The roster: a CSV file of who takes part, as an LMS exports it or as it was typed."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from bnlib.grader.intake.files import MIB, File, Refused
from bnlib.grader.intake.names import shown

MAX_ROSTER = 32 * MIB
MAX_ID = 200  # characters

# Headings in small letters, without spaces, dots and underscores; the first that is there, and
# filled in most rows, is the id. "ID" of a Canvas export is the number in its file names.
_ID = (
    *("studentid", "id", "userid", "canvasid", "idnumber", "studentnumber", "matriculationnumber"),
    *("matrikelnummer", "sisuserid", "sisid", "identifier", "participantnumber", "username"),
    *("sisloginid", "loginid", "login", "user", "student#", "netid", "emailaddress", "email"),
)
_NAME = ("name", "fullname", "studentname", "displayname", "student", "sortablename")
_FIRST = ("firstname", "givenname", "first", "forename", "vorname")
_LAST = ("lastname", "surname", "familyname", "last", "nachname")
# Other columns that name a student: a submission may come under any of them.
_KEY = re.compile(r"(?<!row)(id|number|login|username|email|emailaddress|identifier|nummer)$")


class RosterError(ValueError):
    """A roster that cannot be used; the message says which line, and what was expected."""


@dataclass(frozen=True)
class Student:
    """One row: the id, the name or "", and what else a submission may call this student."""

    id: str
    name: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roster:
    """The students by id, in the roster's order; `problems` are sentences on rows left out."""

    students: tuple[Student, ...]
    problems: tuple[str, ...] = ()
    _keys: dict = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        keys: dict[str, Student | None] = {}
        for student in self.students:
            for alias in student.aliases:
                # What names two students names neither.
                taken = keys.setdefault(_folded(alias), student)
                if taken is not student:
                    keys[_folded(alias)] = None
        for folded in {_folded(student.id) for student in self.students}:
            keys.pop(folded, None)
        for student in self.students:
            taken = keys.setdefault(_folded(student.id), student)
            if taken is not student:
                keys[_folded(student.id)] = None
        keys.update({("exact", student.id): student for student in self.students})
        object.__setattr__(self, "_keys", keys)

    def find(self, key: str) -> Student | None:
        """The student of this id, else of this alias; capitals and Unicode form do not matter
        where they tell no two students apart."""
        return self._keys.get(("exact", key)) or self._keys.get(_folded(key))


def read(path: Path) -> Roster:
    """The roster in a CSV file with a header, separated by commas, semicolons or tabs.

    UTF-8, UTF-16 and Latin-1 are read. A row without an id is left out and named; lines of a
    Canvas export that are no students ("Points Possible", the test student) are passed over.

    Raises:
        RosterError: it cannot be read, has no id column, or gives two rows the same id.
    """
    path = Path(path).resolve()
    try:
        text = _decoded(File(str(path.parent), (path.name,)).read(MAX_ROSTER))
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
        rows = [(reader.line_num, row) for row in reader]
    except (Refused, csv.Error) as error:
        raise RosterError(f"the roster {shown(str(path))}: {error}") from None
    filled = [(line, row) for line, row in rows if any(map(str.strip, row))]
    if not filled:
        raise RosterError(f"the roster {shown(str(path))} is empty: a header and rows are expected")
    header = [re.sub(r"[\s._-]+", "", heading).casefold() for heading in filled[0][1]]
    return _roster([heading.strip() for heading in filled[0][1]], header, filled[1:])


def _roster(headings, header, rows) -> Roster:
    columns = {heading: place for place, heading in reversed(list(enumerate(header)))}
    rows = [(line, row) for line, row in rows if not _of_canvas(columns, row)]
    candidates = [columns[heading] for heading in _ID if heading in columns]
    if not candidates:
        raise RosterError(
            f"the roster has no column of ids: its columns are {shown(', '.join(headings))}; "
            "one named id, student_id, ID number, SIS User ID, username or email is expected"
        )
    # Moodle exports an "ID number" that many sites leave empty.
    used = [c for c in candidates if 2 * sum(bool(_cell(row, c)) for _, row in rows) > len(rows)]
    id_column = (used or candidates)[0]
    keys = [place for heading, place in columns.items() if heading in _ID or _KEY.search(heading)]
    students, problems, lines = [], [], {}
    for line, row in rows:
        student = _key(row, id_column)
        if not student or len(student) > MAX_ID or "\0" in student:
            why = "no id" if not student else f"no usable id ({shown(student, 40)})"
            problems.append(
                f"line {line} of the roster has {why} in column {headings[id_column]!r}: "
                f"{shown(', '.join(row), 60)}"
            )
            continue
        if student in lines:
            raise RosterError(
                f"the roster has the id {shown(student)!r} twice: lines {lines[student]} and {line}"
            )
        lines[student] = line
        aliases = dict.fromkeys(filter(None, (_key(row, place) for place in keys)))
        aliases.pop(student, None)
        students.append(Student(student, _name(columns, row), tuple(aliases)))
    return Roster(tuple(students), tuple(problems))


def _name(columns, row) -> str:
    """First and last name, or the name as one; Canvas's "Doe, Jane" stays as it is."""
    for heading in _NAME:
        if heading in columns and _cell(row, columns[heading]):
            return _cell(row, columns[heading])
    parts = [
        _cell(row, columns[heading])
        for group in (_FIRST, _LAST)
        for heading in group
        if heading in columns
    ]
    return " ".join(filter(None, parts))


def _key(row, place) -> str:
    """A cell that names a student. Moodle's worksheet writes "Participant 1234567"."""
    text = _cell(row, place)
    match = re.fullmatch(r"[^\W\d]+ (\d+)", text)
    return match.group(1) if match else text


def _of_canvas(columns, row) -> bool:
    """Whether a row of a Canvas export is none of a student."""
    if "student" not in columns or "id" not in columns:
        return False
    name, number = _cell(row, columns["student"]), _cell(row, columns["id"])
    return name in ("Points Possible", "Student, Test") or not (name or number)


def _cell(row, place) -> str:
    return row[place].strip() if place < len(row) else ""


def _folded(key: str) -> str:
    return unicodedata.normalize("NFC", key).strip().casefold()


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # Latin-1 with what Excel adds to it


def _delimiter(text: str) -> str:
    header = text.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=header.count)
