"""Whose work a file or folder is, by the names that Moodle, Canvas and nbgrader give.

Moodle (mod/assign/classes/downloader.php): ``Full Name_1234567_assignsubmission_file`` is a
folder, or stands before the file's name; older versions end the folder with an underscore. The
number is the participant's in the assignment. Canvas (lib/content_zipper.rb): sortable name
without separators in small letters, ``LATE`` where it was, the user's number, the file's number
and the name of the file, joined by underscores; anonymous: ``anon_`` and letters for a number.
The file's number grows with time. nbgrader: ``assignment_student_attempt_time_file`` (what
``zip_collect`` is documented with, Blackboard's form) and ``student+assignment+time`` (exchange).

A student chooses what stands behind the number, never what stands before it: the first match
counts.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

_MOODLE = r"(?P<name>.*?)_(?P<student>\d+)_assignsubmission_file(?:[_.](?P<file>.*))?"
_ATTEMPT = r"[^+]+?_(?P<student>[^_]+)_attempt_(?P<stamp>\d{4}(?:-\d\d){5})(?:[_.](?P<file>.*))?"
_EXCHANGE = r"(?P<student>[^+]+)\+[^+]+\+(?P<stamp>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[^+]*(?:\+.*)?"
_CANVAS = (
    r"(?:(?P<name>(?!LATE_|anon_).+?)_)?(?:LATE_)?"
    r"(?:(?P<student>\d+)|anon_(?P<anonymous>[0-9A-Za-z]+))_(?P<number>\d+)_(?P<file>.+)"
)
_FORMS = tuple(
    (layout, re.compile(form, re.ASCII | re.DOTALL))
    for layout, form in (
        ("Moodle", _MOODLE),
        ("nbgrader", _ATTEMPT),
        ("nbgrader", _EXCHANGE),
        ("Canvas", _CANVAS),
    )
)
_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T-](\d\d)[:-](\d\d)[:-](\d\d)(?:\.(\d{1,6}))?")


@dataclass(frozen=True)
class Owner:
    """Who handed something in.

    Attributes:
        student: the id. name: as the LMS writes it, or "". layout: "Moodle", "Canvas",
            "nbgrader", or "" for a plain ``<id>``. file: what stands behind the LMS's prefix, or
            "". number: Canvas's number of the file, or None. stamp: when it was handed in, in
            seconds since 1970, where the name says so.
    """

    student: str
    name: str = ""
    layout: str = ""
    file: str = ""
    number: int | None = None
    stamp: float | None = None


def owner(name: str) -> Owner | None:
    """Whose a file or folder is whose name an LMS made; None for any other name."""
    for layout, form in _FORMS:
        match = form.fullmatch(name[:1000])
        if match:
            said = match.groupdict()
            number = said.get("number")
            return Owner(
                student=said["student"] or said.get("anonymous"),
                name=(said.get("name") or "").strip(),
                layout=layout,
                file=said.get("file") or "",
                number=int(number[:18]) if number else None,
                stamp=stamp(said["stamp"]) if said.get("stamp") else None,
            )
    return None


def stamp(text: str) -> float | None:
    """Seconds since 1970 of "2026-02-01 15:30:10 UTC", as nbgrader writes it; None if it is none.

    The zone is not read: stamps of one student are compared, and one program wrote them.
    """
    match = _STAMP.search(text)
    if not match:
        return None
    *whole, fraction = match.groups()
    try:
        time = datetime.datetime(*map(int, whole), tzinfo=datetime.UTC)
    except ValueError:
        return None
    return time.timestamp() + (float(f".{fraction}") if fraction else 0.0)
