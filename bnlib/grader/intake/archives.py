"""Zip archives, read in place: nothing is written anywhere, under no name.

An archive is as hostile as its sender: it may hold 2**32 members, a member that unpacks to a
terabyte, names that climb out of a folder, links, passwords. A member is named by its place in
the archive, and its name is only ever compared and shown.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass

from bnlib.grader.intake.files import (
    MAX_DEPTH,
    MAX_NOTEBOOK,
    MIB,
    File,
    Found,
    Refused,
    check_size,
    matters,
    passed_over,
)
from bnlib.grader.intake.names import printable, shown

MAX_MEMBERS = 100_000
MAX_DIRECTORY = 16 * MIB  # of the list of members, which is read whole
MAX_INNER = 128 * MIB  # an archive in an archive is held in memory
MAX_RATIO = 300  # a notebook full of printed numbers packs 20 to 1; zeros 1,000 to 1
RATIO_FROM = 8 * MIB  # below this a bomb is harmless

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,  # a way of packing that zipfile does not know
    RuntimeError,  # a password
    UnicodeError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True)
class Member:
    """A member of an archive, by its place in the list of members."""

    archive: File | Member
    place: int
    name: str

    def read(self, limit: int) -> bytes:
        """Its bytes, unpacked.

        Raises:
            Refused: the archive changed, is broken or locked, or it unpacks to more than `limit`.
        """
        with _broken_is_refused(), opened(self.archive) as archive:
            members = archive.infolist()
            if self.place >= len(members) or members[self.place].filename != self.name:
                raise Refused("is no longer where it was in its archive")
            check_size(members[self.place].file_size, limit)
            with archive.open(members[self.place]) as file:
                data = file.read(limit + 1)
            check_size(len(data), limit)
            return data


def members(archive: File | Member) -> tuple[list[Found], list[str]]:
    """What an archive holds that may matter, and sentences on names that lead out of it.

    Raises:
        Refused: it is broken, or holds too much.
    """
    found, outside = [], []
    with _broken_is_refused(), opened(archive) as opened_archive:
        for place, info in enumerate(opened_archive.infolist()):
            name = _name(info)
            parts = [part for part in re.split(r"[\\/]+", name) if part not in ("", ".")]
            if not parts or not matters(parts[-1]):
                continue
            if ".." in parts or re.match(r"[\\/]|[A-Za-z]:([\\/]|$)", name):
                outside.append(f"a member named {shown(name)!r} leads out of the archive")
            elif not any(map(passed_over, parts)):
                folder = name.endswith(("/", "\\"))
                why = "is a folder, not a file" if folder else _refusal(info, len(parts))
                source = Member(archive, place, info.filename)
                found.append(Found(tuple(parts), source, info.file_size, _modified(info), why))
    return found, outside


@contextlib.contextmanager
def opened(archive: File | Member):
    """The archive as a ZipFile."""
    if isinstance(archive, File):
        descriptor = archive.open()
        try:
            info = os.fstat(descriptor)
            seen = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)
        finally:
            os.close(descriptor)
        # A forked process must not share its parent's place in the file.
        yield _kept_open(archive, seen, os.getpid())
    else:
        with _zipfile(io.BytesIO(archive.read(MAX_INNER))) as inner:
            yield inner


@functools.lru_cache(maxsize=2)
def _kept_open(archive: File, seen: tuple, process: int) -> zipfile.ZipFile:
    # Kept, because a class may be one archive of 10,000 notebooks: its list is read once.
    return _zipfile(open(archive.open(), "rb"))


def _zipfile(file) -> zipfile.ZipFile:
    guarded = _Guarded(file)
    archive = zipfile.ZipFile(guarded)
    guarded.listed = True
    if len(archive.infolist()) > MAX_MEMBERS:
        raise Refused(f"holds more than {MAX_MEMBERS:,} members")
    return archive


class _Guarded(io.BufferedIOBase):
    """A file that does not give a list of members longer than MAX_DIRECTORY: ZipFile asks for it
    whole, at whatever length the archive says."""

    def __init__(self, file):
        self._file = file
        self.listed = False

    def read(self, size=-1):
        if self.listed:
            return self._file.read(size)
        # -1, for all that is left, is asked for at the end of the file only.
        data = self._file.read(min(size, MAX_DIRECTORY + 1) if size >= 0 else MAX_DIRECTORY + 1)
        if len(data) > MAX_DIRECTORY:
            raise Refused(f"has a list of members longer than {MAX_DIRECTORY / MIB:g} MiB")
        return data

    def seek(self, *place):
        return self._file.seek(*place)

    def tell(self):
        return self._file.tell()

    def seekable(self):
        return True

    def close(self):
        self._file.close()
        super().close()


@contextlib.contextmanager
def _broken_is_refused():
    try:
        yield
    except Refused:
        raise
    except _BROKEN as error:
        said = shown(str(error).rstrip(".")) or type(error).__name__
        raise Refused(f"cannot be unpacked ({said})") from None
    except MemoryError:
        raise Refused("cannot be unpacked (it takes too much memory)") from None


def _refusal(info: zipfile.ZipInfo, depth: int) -> str:
    """Why a member is not read, or ""."""
    kind = stat.S_IFMT(info.external_attr >> 16) if info.create_system == 3 else 0
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG):
        return "is a special file"
    if info.flag_bits & 1:
        return "is locked with a password"
    if depth > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep"
    limit = MAX_INNER if info.filename.lower().endswith(".zip") else MAX_NOTEBOOK
    if info.file_size > limit:
        return f"is too large: more than {limit / MIB:g} MiB"
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(1, info.compress_size):
        return f"unpacks to more than {MAX_RATIO} times its size, as an archive bomb does"
    return ""


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name: many programs write UTF-8 and do not say so."""
    name = info.orig_filename.partition("\0")[0]
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return printable(name)


def _modified(info: zipfile.ZipInfo) -> float:
    try:
        return datetime.datetime(*info.date_time, tzinfo=datetime.UTC).timestamp()
    except ValueError:
        return 0.0
