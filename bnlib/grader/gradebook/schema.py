"""The gradebook's tables, and how its file is opened, made and recognised."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bnlib.grader.gradebook.errors import GradebookError, damaged, explained

VERSION = 1
# "bnlb": written into the file's header, so that another program's database is told from ours.
APPLICATION = 0x626E6C62

# Not STRICT: that takes SQLite 3.37, and a Python 3.11 may stand on an older one (Red Hat 9),
# where such a file would not even open. The checks below refuse what STRICT would.
TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    started TEXT NOT NULL,
    finished TEXT,
    seed INTEGER NOT NULL CHECK (typeof(seed) = 'integer'),
    isolation TEXT NOT NULL,
    library TEXT NOT NULL,
    regrade INTEGER NOT NULL CHECK (regrade IN (0, 1)),
    versions TEXT NOT NULL,
    options TEXT NOT NULL
);

-- One row for each time a notebook of a student was graded; the newest counts.
CREATE TABLE records (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs,
    student TEXT NOT NULL,
    notebook TEXT NOT NULL,
    digest TEXT NOT NULL,
    library TEXT NOT NULL,
    seed INTEGER NOT NULL CHECK (typeof(seed) = 'integer'),
    points REAL NOT NULL CHECK (typeof(points) = 'real'),
    possible REAL NOT NULL CHECK (typeof(possible) = 'real'),
    outcome TEXT NOT NULL,
    record TEXT NOT NULL,  -- JSON
    source BLOB NOT NULL   -- zlib of JSON: [[number of the cell, its code], ...]
);
CREATE INDEX records_of ON records (student, notebook, id);

CREATE VIEW current AS
SELECT * FROM records AS this WHERE NOT EXISTS (
    SELECT 1 FROM records AS newer
    WHERE newer.student = this.student AND newer.notebook = this.notebook AND newer.id > this.id
);

-- Never overwritten: the newest for a student's exercise counts; NULL takes those before it back.
CREATE TABLE adjustments (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    notebook TEXT NOT NULL,
    exercise TEXT NOT NULL,
    points REAL CHECK (points IS NULL OR (typeof(points) = 'real' AND points >= 0)),
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    by TEXT NOT NULL
);
CREATE INDEX adjustments_of ON adjustments (student, notebook, exercise, id);

CREATE TABLE students (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    rostered INTEGER NOT NULL CHECK (rostered IN (0, 1))
) WITHOUT ROWID;

-- What intake said, a sentence each.
CREATE TABLE problems (
    run INTEGER NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (run, number)
) WITHOUT ROWID;
"""


def connect(path: Path, readonly: bool) -> sqlite3.Connection:
    """A connection to the gradebook at `path`, made there where the file is new or empty.

    Raises:
        GradebookError: no gradebook, one of a newer version, a damaged file, a folder that
            cannot be written.
    """
    with explained(path):
        db = sqlite3.connect(_address(path, readonly), uri=True, timeout=10, isolation_level=None)
    try:
        with explained(path):
            db.execute("PRAGMA foreign_keys = ON")
            if _is_new(db):
                if readonly:
                    raise damaged(path, "it is empty")
                _create(db)
            _recognise(db, path)
            if not readonly:
                _prepare_for_writing(db)
    except BaseException:
        db.close()
        raise
    return db


def _address(path: Path, readonly: bool) -> str:
    address = path.resolve().as_uri()
    if not readonly:
        return address + "?mode=rwc"
    # A reader of a WAL database has to write its index, unless nobody can change the file.
    as_user = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    fixed = not os.access(path.parent, os.W_OK, **as_user) and not Path(f"{path}-wal").exists()
    return address + ("?mode=ro&immutable=1" if fixed else "?mode=ro")


def _is_new(db: sqlite3.Connection) -> bool:
    # A file without tables: just made, or by a process that was killed before it made them.
    return _pragma(db, "application_id") == 0 and not any(
        db.execute("SELECT 1 FROM sqlite_master LIMIT 1")
    )


def _create(db: sqlite3.Connection) -> None:
    # All in one transaction, the two marks in the header too: it is there, or it is not.
    db.executescript(
        f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; "
        f"PRAGMA user_version = {VERSION}; {TABLES} COMMIT;"
    )


def _recognise(db: sqlite3.Connection, path: Path) -> None:
    if _pragma(db, "application_id") != APPLICATION:
        raise GradebookError(
            f"{path} is an SQLite database of another program, not a gradebook; it was left as "
            "it is. Choose another folder for the results"
        )
    version = _pragma(db, "user_version")
    if version > VERSION:
        raise GradebookError(
            f"{path} was written by a newer bnlib (gradebook version {version}, this one reads "
            f"{VERSION}); use that one: pip install --upgrade batchnorm-course"
        )
    if version < 1:
        raise damaged(path, f"its version is {version}")


def _prepare_for_writing(db: sqlite3.Connection) -> None:
    # With a write-ahead log a commit appends, and reports read while grades are written. Where
    # it cannot be had (some network file systems) SQLite keeps its rollback journal: safe too.
    db.execute("PRAGMA journal_mode = WAL")
    relax(db)


def relax(db: sqlite3.Connection) -> None:
    """Commits survive the end of this process, at any moment, but not all a power cut.

    For records: what a power cut takes is graded again, from the same seed, to the same grade;
    and waiting for the disk once a submission would cost more than grading does.
    """
    db.execute("PRAGMA synchronous = NORMAL")


def insist(db: sqlite3.Connection) -> None:
    """Commits survive a power cut. For what nobody can compute again: adjustments."""
    db.execute("PRAGMA synchronous = FULL")


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return db.execute(f"PRAGMA {name}").fetchone()[0]
