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


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """A folder of our own, gone afterwards; where this process is killed, a later one removes it.

    Raises:
        OSError: there is no place for one.
    """
    import fcntl

    _sweep()
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with open(folder / _LOCK, "wb") as lock:
            # Held while this process lives: the kernel lets go of it, whatever the process' end.
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def _sweep() -> None:
    """Remove what is left of processes that are no more."""
    import fcntl

    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
            if not ours or time.time() - found.st_mtime < _SECONDS_TO_LOCK:
                continue
            with open(folder / _LOCK, "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
