"""Results of experiments that take too long for the book: CSV files, and how they are read.

A file begins with what made it: command, seeds, versions, seconds. Its columns are keys, which
say what was run, and values, which say what came out; one row a seed and condition.
"""

from __future__ import annotations

import csv
import platform
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "results"
PACKAGES = ("numpy", "torch")


class Table:
    """Rows with named columns; texts that are numbers have become numbers."""

    def __init__(self, rows: Iterable[Mapping], header: Mapping[str, str] | None = None):
        self.rows = [dict(row) for row in rows]
        self.header = dict(header or {})
        if not self.rows:
            raise ValueError("a table needs a row")
        if any(row.keys() != self.rows[0].keys() for row in self.rows):
            raise ValueError("all rows of a table must have the same columns")

    def where(self, **keys) -> Table:
        """The rows with these values. Raises KeyError, with what there is, if there are none."""
        for column in keys:
            if column not in self.rows[0]:
                raise KeyError(f"no column {column!r}; there are {list(self.rows[0])}")
        found = [row for row in self.rows if all(row[k] == v for k, v in keys.items())]
        if not found:
            there = {k: sorted({row[k] for row in self.rows}, key=str) for k in keys}
            raise KeyError(f"no row with {keys}; there are {there}")
        return Table(found, self.header)

    def column(self, name: str, **keys) -> np.ndarray:
        """A column, of the rows with these values, in the order of the file."""
        rows = self.where(**keys).rows
        if name not in rows[0]:
            raise KeyError(f"no column {name!r}; there are {list(rows[0])}")
        return np.array([row[name] for row in rows])

    def values(self, name: str, **keys) -> list:
        """The distinct values of a column, in the order in which they come."""
        return list(dict.fromkeys(self.column(name, **keys).tolist()))


def write(path: Path, rows: Sequence[Mapping], header: Mapping[str, str]) -> None:
    """Write rows to a CSV whose first lines, each after a #, are the header."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        for name, text in header.items():
            stream.write(f"# {name}: {text}\n")
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: _text(v) for k, v in row.items()})


def read(name: str, folder: Path = FOLDER) -> Table:
    """The table of results of that name.

    Raises FileNotFoundError, with the command that makes the file, if there is none.
    """
    path = folder / f"{name}.csv"
    if not path.exists():
        raise FileNotFoundError(f"{path.name} is not there; python -m bnlib.lab {name} makes it")
    lines = path.read_text(encoding="utf-8").splitlines()
    header = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# "))
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return Table([{k: _value(v) for k, v in row.items()} for row in rows], header)


def versions() -> str:
    """The versions that the numbers depend on, and the processor's kind."""
    named = [f"{name} {metadata.version(name)}" for name in PACKAGES]
    return ", ".join([f"Python {platform.python_version()}", *named, platform.machine()])


def _text(value) -> str:
    # Six digits are more than any experiment has; they keep the files small and their diffs short.
    return f"{value:.6g}" if isinstance(value, (float, np.floating)) else str(value)


def _value(text: str):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
