"""Files of a folder, found and read without following anything out of it.

A name in a folder of submissions may be a symbolic link to the answer key, a FIFO that blocks
whoever opens it, or a device that never ends. Every part of a path below the folder is opened
without following links, and what was opened is looked at before it is read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from bnlib.grader.intake.names import printable, shown

MIB = 2**20
MAX_NOTEBOOK = 64 * MIB
MAX_DEPTH = 40
MAX_ENTRIES = 1_000_000
TIMESTAMP = "timestamp.txt"  # nbgrader's, beside the notebooks of a student

# Windows has neither; there a path is looked at before it is opened.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_BLOCK = getattr(os, "O_NONBLOCK", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_BY_DESCRIPTOR = bool(_NO_FOLLOW) and os.open in os.supports_dir_fd and os.scandir in os.supports_fd


class Refused(ValueError):
    """A file that is not read; the message is a sentence part: "is a symbolic link"."""


class Source(Protocol):
    """What can be read: a file of the folder, or a member of an archive."""

    def read(self, limit: int) -> bytes: ...


@dataclass(frozen=True)
class Found:
    """A file that may matter.

    Attributes:
        parts: its path below the top, as people read it. source: reads it. size: in bytes.
        modified: seconds since 1970, 0 where unknown. refused: why it is not read ("is a FIFO"),
            or "".
    """

    parts: tuple[str, ...]
    source: Source
    size: int
    modified: float
    refused: str = ""


@dataclass(frozen=True)
class File:
    """A regular file below a folder: `root`, and the names on the way to it."""

    root: str
    parts: tuple[str, ...]

    def open(self) -> int:
        """A descriptor of the file.

        Raises:
            Refused: it is no regular file, is reached through a link, or is not there.
        """
        with _said():
            flags = os.O_RDONLY | _NO_BLOCK | _BINARY
            descriptor = _open_below(self.root, self.parts, flags)
            try:
                kind = os.fstat(descriptor).st_mode
                if not stat.S_ISREG(kind):
                    raise Refused(f"is {_kind(kind)}")
            except BaseException:
                os.close(descriptor)
                raise
            return descriptor

    def read(self, limit: int) -> bytes:
        """Its bytes.

        Raises:
            Refused: it cannot be opened, or holds more than `limit` bytes.
        """
        with _said(), open(self.open(), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            check_size(size, limit)
            data = file.read(size + 1)  # rather than room for as much as there could be
            if len(data) > size:  # it has grown
                data += file.read(limit + 1 - len(data))
        check_size(len(data), limit)
        return data


def check_size(size: int, limit: int) -> None:
    """Raise Refused where a file is larger than it may be."""
    if size > limit:
        raise Refused(f"is too large: more than {limit / MIB:g} MiB")


def passed_over(name: str) -> bool:
    """Whether a name is nobody's work: hidden, a checkpoint, or what macOS puts beside a file."""
    return name.startswith(".") or name == "__MACOSX"


def matters(name: str) -> bool:
    """Whether a file of this name is looked at."""
    return name.lower().endswith((".ipynb", ".zip")) or name == TIMESTAMP


def listing(root: str) -> Iterator[Found]:
    """Notebooks, archives and time stamps below a folder, in the order of their names.

    Links, FIFOs, devices and folders that bear a notebook's name are given as refused.

    Raises:
        Refused: the folder cannot be opened, or holds more names than MAX_ENTRIES.
    """
    entries = 0
    folders: list[tuple[str, ...]] = [()]
    while folders:
        below = folders.pop()
        try:
            names = _scan(root, below)
        except OSError as error:
            if not below:
                raise Refused(f"{shown(root)} cannot be opened ({error.strerror})") from None
            yield _found(root, below, refused=f"cannot be opened ({error.strerror})")
            continue
        entries += len(names)
        if entries > MAX_ENTRIES:
            raise Refused(f"{shown(root)} holds more than {MAX_ENTRIES:,} files and folders")
        for name, info, to_folder in names:
            parts, kind = (*below, name), info.st_mode
            if stat.S_ISDIR(kind) and not name.lower().endswith(".ipynb"):
                if len(parts) < MAX_DEPTH:
                    folders.append(parts)
                else:
                    yield _found(root, parts, refused=f"lies more than {MAX_DEPTH} folders deep")
            elif stat.S_ISREG(kind) and matters(name):
                yield _found(root, parts, info)
            elif not stat.S_ISREG(kind) and (matters(name) or to_folder):
                yield _found(root, parts, info, f"is {_kind(kind)}")


def _found(root, parts, info=None, refused=""):
    names = tuple(printable(part) for part in parts)
    size, modified = (info.st_size, info.st_mtime) if info else (0, 0.0)
    return Found(names, File(root, parts), size, modified, refused)


def _scan(root, below):
    """(name, lstat, whether it leads to a folder) of what a folder holds, by name."""
    descriptor = _open_below(root, below, os.O_RDONLY | _DIRECTORY) if _BY_DESCRIPTOR else None
    try:
        where = os.path.join(root, *below) if descriptor is None else descriptor
        with os.scandir(where) as entries:
            return sorted(
                (entry.name, entry.stat(follow_symlinks=False), _to_folder(entry))
                for entry in entries
                if not passed_over(entry.name)
            )
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _to_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _open_below(root, parts, flags):
    """A descriptor of what lies at `parts` below `root`, no link followed below the root."""
    if not _BY_DESCRIPTOR:
        path = root
        for part in parts:
            path = os.path.join(path, part)
            if stat.S_ISLNK(os.lstat(path).st_mode):
                raise Refused("is a symbolic link, or lies behind one")
        return os.open(path, flags)
    descriptor = os.open(root, (os.O_RDONLY | _DIRECTORY) if parts else flags)
    for place, part in enumerate(parts, start=1):
        step = flags if place == len(parts) else os.O_RDONLY | _DIRECTORY
        try:
            inner = os.open(part, step | _NO_FOLLOW, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


@contextlib.contextmanager
def _said():
    """Errors of the system as Refused, in words."""
    try:
        yield
    except OSError as error:
        # ELOOP: the last part is a link. ENOTDIR: a link, or a file, stands for a folder.
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EMLINK):
            raise Refused("is a symbolic link, or lies behind one") from None
        raise Refused(f"cannot be opened ({error.strerror or error})") from None
    except ValueError as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"cannot be opened ({error})") from None  # a NUL in its name


def _kind(mode: int) -> str:
    for test, words in (
        (stat.S_ISDIR, "a folder, not a file"),
        (stat.S_ISLNK, "a symbolic link"),
        (stat.S_ISFIFO, "a FIFO"),
        (stat.S_ISSOCK, "a socket"),
    ):
        if test(mode):
            return words
    return "a device"
