"""Folders for what a warm parent shows, and the removal of those that a killed grader left."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "bnlib-grader-"
_LOCK = "lock"
# A folder is younger while its lock is still to be taken.
_SECONDS_TO_LOCK = 60
# Linux's folder in memory, like /tmp everybody's: to make sixty files takes a fifth of the time.
_IN_MEMORY = "/dev/shm"
_ROOM = 16 << 20  # bytes; containers may have little of it


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder of our own, gone afterwards; where this process is killed, a later one removes it.

    Raises:
        OSError: there is no place for one.
    """
    import fcntl

    place = _place()
    for each in {place, tempfile.gettempdir()}:
        _sweep(Path(each))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=place, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with open(folder / _LOCK, "wb") as lock:
            # Held while this process lives: the kernel lets go of it, whatever the process' end.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _place() -> str:
    """Where folders are made: in memory, where that can be and nobody chose a place."""
    chosen = tempfile.gettempdir()
    if chosen != "/tmp":
        return chosen
    with contextlib.suppress(OSError):
        mode, room = os.lstat(_IN_MEMORY).st_mode, os.statvfs(_IN_MEMORY)
        # Sticky: nobody removes, or puts a name in the place of, what is another's.
        if stat.S_ISDIR(mode) and mode & stat.S_ISVTX and os.access(_IN_MEMORY, os.W_OK | os.X_OK):
            return _IN_MEMORY if room.f_bavail * room.f_frsize >= _ROOM else chosen
    return chosen


def _sweep(place: Path) -> None:
    """Remove what is left of processes that are no more."""
    import fcntl

    for folder in place.glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if not ours or time.time() - found.st_mtime < _SECONDS_TO_LOCK:
                continue
            with open(folder / _LOCK, "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
