"""What can go wrong with the gradebook's file, in sentences that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class GradebookError(Exception):
    """The gradebook cannot do it; the message says why, and nothing in the file was changed."""


def damaged(path: Path, said: str) -> GradebookError:
    """The error for a file that SQLite, or we, cannot read."""
    return GradebookError(
        f"{path} is damaged or no gradebook ({said}). It was left as it is. Restore a copy, or "
        "move it away and grade again; `sqlite3 FILE .recover` may still read its adjustments"
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an error of SQLite inside the block into a `GradebookError`."""
    try:
        yield
    except UnicodeEncodeError as error:
        # A file name that is not UTF-8 reaches Python with halves of surrogate pairs in it.
        raise GradebookError(f"{error.object!a} is no Unicode text") from error
    except sqlite3.Error as error:
        raise _explanation(path, error) from error


def _explanation(path: Path, error: sqlite3.Error) -> GradebookError:
    # Errors of the Python module itself, such as text that is not UTF-8, carry no name.
    name = getattr(error, "sqlite_errorname", "")
    if name == "SQLITE_FULL":
        return GradebookError(
            f"the disk is full: {path} could not grow. What was graded until now is kept; make "
            "room and start again"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return GradebookError(
            f"{path} or its folder cannot be opened or written ({error}); SQLite needs to "
            "write in the folder too"
        )
    if name.startswith("SQLITE_IOERR"):
        return GradebookError(
            f"reading or writing {path} failed ({error}); is its disk full or gone? What was "
            "graded until now is kept"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return GradebookError(f"another program holds {path} ({error}); close it and try again")
    return damaged(path, str(error))
