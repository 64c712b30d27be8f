"""Runs: when, from what seed, behind what walls and with which versions grades were given."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import bnlib
from bnlib.grader.gradebook.entries import Run
from bnlib.grader.gradebook.errors import damaged

SELECT = (
    "SELECT id, started, finished, seed, isolation, library, regrade, versions, options "
    "FROM runs ORDER BY id"
)


def now() -> str:
    """The time in UTC, to the second: "2026-03-01T09:30:00+00:00"."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def add(
    db: sqlite3.Connection,
    seed: int,
    isolation: str,
    library: str,
    regrade: bool,
    options: Mapping[str, object],
) -> Run:
    """Write a run that starts now."""
    said = json.dumps(dict(options), default=repr)
    started, used = now(), versions()
    number = db.execute(
        "INSERT INTO runs (started, seed, isolation, library, regrade, versions, options) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (started, seed, isolation, library, regrade, json.dumps(used), said),
    ).lastrowid
    return Run(number, started, None, seed, isolation, library, regrade, used, json.loads(said))


def all_of(rows: Iterable[tuple], path: Path) -> list[Run]:
    """The runs of these rows of `SELECT`."""
    runs = []
    for *plain, regrade, used, options in rows:
        try:
            runs.append(Run(*plain, bool(regrade), json.loads(used), json.loads(options)))
        except ValueError as error:
            raise damaged(path, f"run {plain[0]}: {error}") from error
    return runs


def versions() -> dict[str, str]:
    """What the grades were made with; "" for what is not installed. Imports none of it."""
    import importlib.metadata  # and `email` with it, which few need who open a gradebook

    found = {"bnlib": bnlib.__version__, "python": platform.python_version()}
    for name in ("numpy", "torch"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found
