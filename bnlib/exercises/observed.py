"""What students were seen to do wrong, and which known mistakes hold it.

Read from the code of students' public repositories, each answer judged against a float64
derivative. A row that no signature of the course can express says why.
"""

from __future__ import annotations

from typing import NamedTuple

from bnlib.checks import registry


class Row(NamedTuple):
    """One kind of mistake that was seen.

    ``mistakes`` are the ids that hold it, in whichever exercises have them; where there is none,
    ``reason`` says why.
    """

    family: str
    seen: str
    mistakes: tuple[str, ...] = ()
    reason: str = ""


ROWS: tuple[Row, ...] = ()


def where(row: Row) -> list[str]:
    """The known mistakes of a row, as "exercise: id"."""
    return [
        f"{exercise.name}: {mistake.id}"
        for exercise in registry.exercises()
        for mistake in exercise.mistakes
        if mistake.id in row.mistakes
    ]
