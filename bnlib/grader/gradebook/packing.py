"""Records and code, as they stand in a row of the gradebook and come out of it again."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Sequence

from bnlib.grader.gradebook.entries import Run
from bnlib.grader.record import Record


def row(run: Run, record: Record, source: Sequence[tuple[int, str]]) -> tuple:
    """The columns of `records`, from ``run`` to ``source``.

    Raises:
        ValueError: see `Gradebook.add`.
    """
    for name in ("seed", "library"):
        if getattr(record, name) != getattr(run, name):
            raise ValueError(
                f"a record with {name} {getattr(record, name)!r} came to run {run.id}, whose "
                f"{name} is {getattr(run, name)!r}"
            )
    points, possible = float(record.points), float(record.possible)
    if not (math.isfinite(points) and math.isfinite(possible)):
        raise ValueError(
            f"{record.student!r} got {points} of {possible} points for {record.notebook!r}; "
            "points are finite numbers"
        )
    # A submission may print half of a surrogate pair, which no UTF-8 holds. In JSON it has an
    # escape, and that is what "backslashreplace" writes.
    said = record.to_json().encode("utf-8", "backslashreplace").decode("utf-8")
    code = json.dumps([[number, cell] for number, cell in source]).encode("ascii")
    return (
        run.id,
        record.student,
        record.notebook,
        record.digest,
        record.library,
        record.seed,
        points,
        possible,
        record.outcome,
        said,
        zlib.compress(code),
    )


def record(said: str) -> Record:
    """The record of a row.

    Raises:
        ValueError: the row holds none.
    """
    try:
        return Record.from_json(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def cells(packed: bytes) -> list[tuple[int, str]]:
    """The code of a row.

    Raises:
        ValueError: the row holds none.
    """
    try:
        return [(int(number), str(code)) for number, code in json.loads(zlib.decompress(packed))]
    except (zlib.error, ValueError, TypeError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
