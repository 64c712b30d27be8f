"""From a folder or an archive to the notebooks of each student, whatever the layout.

Whose a file is, is told by the topmost name alone: what lies below was named by a student, who
may well name a folder after somebody else. So what lies within the top folder is read as a
download of many students' work only where it cannot be one student's (`_Gathering._download`).
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from bnlib.grader.intake import archives, files, layouts, recognition
from bnlib.grader.intake.files import MIB, TIMESTAMP, File, Found, Refused, Source
from bnlib.grader.intake.layouts import Owner
from bnlib.grader.intake.names import printable, shown
from bnlib.grader.intake.roster import MAX_ID, Roster
from bnlib.grader.intake.submissions import Problem

MAX_NOTEBOOKS = 200  # of one student
MAX_SAID = 20  # sentences on one student's files
MAX_UNPACKED = 512 * MIB  # all notebooks of one student's archives
# The folders of a course of nbgrader.
_NBGRADER = frozenset({"submitted", "source", "release", "autograded", "feedback", "solution"})
_WRAPPERS = frozenset({"submitted", "submissions"})


@dataclass(frozen=True)
class Candidate:
    """A file of a student, before it is known which notebook it is and whether it counts.

    Attributes:
        parts: where it lies, from the top. filename: its own name, "" where that names only the
            student. stamp_file: nbgrader's timestamp.txt beside it, or None. hint: the notebook
            that a folder around it is named after, or None.
    """

    owner: Owner
    parts: tuple[str, ...]
    filename: str
    source: Source
    modified: float
    stamp_file: Source | None = None
    hint: str | None = None

    @property
    def where(self) -> str:
        return words(self.parts)


def words(parts: Iterable[str]) -> str:
    """A path as a sentence quotes it."""
    return shown("/".join(parts), 200)


def gather(
    path: Path, known: tuple[str, ...], roster: Roster | None
) -> tuple[list[Candidate], list[Problem]]:
    """The students' files in a folder, in an archive, or in one notebook.

    Raises:
        Refused: `path` is none of these, or cannot be read; the message is a sentence.
    """
    gathering = _Gathering(known, roster)
    path = path.resolve()  # the instructor may name a link
    if path.is_dir():
        gathering.collection(list(files.listing(str(path))), ())
    elif path.suffix.lower() == ".zip":
        try:
            gathering.archive(File(str(path.parent), (path.name,)))
        except Refused as refused:
            raise Refused(f"{shown(str(path))} {refused}") from None
    elif path.suffix.lower() == ".ipynb":
        source = File(str(path.parent), (path.name,))
        try:
            source.read(files.MAX_NOTEBOOK)
        except Refused as refused:
            raise Refused(f"{shown(str(path))} {refused}") from None
        info = path.stat()
        found = Found((printable(path.name),), source, info.st_size, info.st_mtime)
        gathering.collection([found], ())
    else:
        what = "is no folder, .zip or .ipynb file" if path.exists() else "does not exist"
        raise Refused(f"{shown(str(path))} {what}")
    return gathering.candidates, gathering.problems


class _Top:
    """A name at the top of a folder or archive of many students, and what lies below it."""

    def __init__(self, items: list[Found]):
        self.items = items
        self.name = items[0].parts[0]
        self.is_folder = len(items[0].parts) > 1
        self.is_archive = not self.is_folder and self.name.lower().endswith(".zip")
        self.stem = self.name if self.is_folder else _stem(self.name)
        self.owner = layouts.owner(self.name)

    def inside(self) -> tuple[list[Found], list[str]]:
        """What lies in a folder or an archive, with paths from there, and names that lead out.

        Raises:
            Refused: it cannot be looked into.
        """
        if self.is_folder:
            return [replace(item, parts=item.parts[1:]) for item in self.items], []
        return _members(self.items[0])

    @functools.cached_property
    def has_owners(self) -> bool:
        """Whether it holds something, and every name in it was made by an LMS."""
        if not self.is_folder and not self.is_archive:
            return False
        try:
            names = {item.parts[0] for item in self.inside()[0]} - {TIMESTAMP}
        except Refused:
            return False
        return bool(names) and all(map(layouts.owner, names))


class _Gathering:
    def __init__(self, known: tuple[str, ...], roster: Roster | None):
        self.known = known
        self.roster = roster
        self.candidates: list[Candidate] = []
        self.problems: list[Problem] = []

    def archive(self, archive: File) -> None:
        """An archive that the instructor named."""
        found, outside = archives.members(archive)
        name = printable(archive.parts[-1])
        self._outside((name,), outside)
        tops = {item.parts[0] for item in found}
        if len(tops) == 1 and all(len(item.parts) > 1 for item in found):
            (top,) = tops
            if top.lower() in _WRAPPERS or top == _stem(name):  # a folder packed as a whole
                found = [replace(item, parts=item.parts[1:]) for item in found]
        self.collection(found, (name,))

    def collection(self, found: list[Found], above, hint=None, nested=False) -> None:
        """Work of many students. `above`: the way to it; `nested`: within a download already."""
        folders: dict[str, list[Found]] = {}
        for item in found:
            if len(item.parts) > 1:
                folders.setdefault(item.parts[0], []).append(item)
        if len(above) <= 1 and "submitted" in folders:  # a course of nbgrader
            submitted = [replace(item, parts=item.parts[1:]) for item in folders["submitted"]]
            self.collection(submitted, (*above, "submitted"), hint)
            folders = {name: items for name, items in folders.items() if name not in _NBGRADER}
        tops = [_Top(items) for items in folders.values()]
        tops += [
            _Top([item]) for item in found if len(item.parts) == 1 and item.parts[0] != TIMESTAMP
        ]
        tops.sort(key=lambda top: top.name)
        strangers = [] if nested else [top for top in tops if self._is_stranger(top)]
        for top in tops:
            path = (*above, top.name)
            if top.owner:
                self._student(top.owner, top, path, hint)
            elif top.stem in self.known and (top.is_folder or top.is_archive) and not nested:
                self._open(top, path, top.stem, nested=False)
            elif not nested and top.has_owners and not self._rostered(top.stem):
                self._download(top, path, hint, strangers)
            else:
                self._plain(top, path, hint)

    def _rostered(self, student: str) -> bool:
        return self.roster is not None and self.roster.find(student) is not None

    def _is_stranger(self, top: _Top) -> bool:
        """Whether a name stands for a single student, and the roster does not say so."""
        if top.owner or self._rostered(top.stem) or top.stem in self.known:
            return False
        return not top.has_owners

    def _download(self, top: _Top, path, hint, strangers: list[_Top]) -> None:
        """A folder or archive in which every name is an LMS's.

        Beside single students' work it may be one of theirs, made to look like others' work; a
        roster that knows all of those students, and not this name, tells.
        """
        if strangers:
            self._problem(
                path,
                "looks like a download of many students' work, but lies beside single students' "
                f"({shown(strangers[0].name, 40)}): name it on the command line by itself, or "
                "give a roster",
            )
        else:
            self._open(top, path, hint or recognition.by_name(top.stem, self.known), nested=True)

    def _open(self, top: _Top, path, hint, nested: bool) -> None:
        try:
            inner, outside = top.inside()
        except Refused as refused:
            self._problem(path, str(refused))
            return
        self._outside(path, outside)
        self.collection(inner, path, hint, nested)

    def _plain(self, top: _Top, path, hint) -> None:
        """``<id>``, ``<id>.zip``, ``<id>.ipynb``, or ``<id>_04_algorithm.ipynb``."""
        held = None
        student = top.stem
        if not top.is_folder and not top.is_archive:
            held = recognition.by_name(top.stem, self.known)
            student = recognition.without(top.stem, held) if held else top.stem
            if not student:
                self._problem(path, "belongs to no student: its name says only which notebook")
                return
        self._student(Owner(student, file=f"{held}.ipynb" if held else ""), top, path, hint)

    def _student(self, owner: Owner, top: _Top, path, hint) -> None:
        """The notebooks of one student, also in archives."""
        if not owner.student.strip() or len(owner.student) > MAX_ID or "\0" in owner.student:
            self._problem(path, f"belongs to no student: {shown(owner.student, 40)!r} is no id")
            return
        above = path[:-1]
        notebooks, stamps, refused, total = [], {}, 0, 0
        for item in self._unpacked(top.items, above, owner.student):
            if item.refused:
                refused += 1
                if refused <= MAX_SAID:
                    self._problem((*above, *item.parts), item.refused, owner.student)
            elif item.parts[-1] == TIMESTAMP:
                stamps[item.parts[:-1]] = item.source
            else:
                notebooks.append(item)
                total += item.size if _depth(item.source) else 0
        if refused > MAX_SAID:
            said = f"holds {refused - MAX_SAID:,} more that cannot be read"
            self._problem(path, said, owner.student)
        if len(notebooks) > MAX_NOTEBOOKS:
            self._problem(path, f"holds more than {MAX_NOTEBOOKS} notebooks", owner.student)
        elif total > MAX_UNPACKED:
            said = f"unpacks to more than {MAX_UNPACKED // MIB} MiB"
            self._problem(path, said, owner.student)
        else:
            for item in notebooks:
                itself = len(item.parts) == 1  # it bears the owner's prefix, or the id alone
                filename = owner.file if itself else item.parts[-1]
                self.candidates.append(
                    Candidate(
                        *(owner, (*above, *item.parts), filename, item.source, item.modified),
                        *(stamps.get(item.parts[:-1]), hint),
                    )
                )

    def _unpacked(self, items: Iterable[Found], above, student: str) -> Iterator[Found]:
        """Files of a student; archives opened, one within another at most."""
        for item in items:
            if item.refused or not item.parts[-1].lower().endswith(".zip"):
                yield item
            else:
                try:
                    inner, outside = _members(item)
                except Refused as refused:
                    yield replace(item, refused=str(refused))
                    continue
                self._outside((*above, *item.parts), outside, student)
                below = (replace(found, parts=(*item.parts, *found.parts)) for found in inner)
                yield from self._unpacked(below, above, student)

    def _outside(self, path, outside: list[str], student: str | None = None) -> None:
        for said in outside[:MAX_SAID]:
            self._problem(path, f"is read but for a name: {said}", student)

    def _problem(self, path, why: str, student: str | None = None) -> None:
        self.problems.append(Problem(f"{words(path)} {why}", student))


def _members(archive: Found) -> tuple[list[Found], list[str]]:
    if archive.refused:
        raise Refused(archive.refused)
    if _depth(archive.source) > 1:
        raise Refused("is an archive in an archive in an archive")
    return archives.members(archive.source)


def _depth(source: Source) -> int:
    """In how many archives, one within the other, something lies."""
    depth = 0
    while isinstance(source, archives.Member):
        source, depth = source.archive, depth + 1
    return depth


def _stem(name: str) -> str:
    for ending in (".ipynb", ".zip"):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name
