"""A hostile or broken submission, as data: what it tries, and what it must come to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bnlib.grader.demo.students import FULL, NOTEBOOK

ROOT = Path(__file__).resolve().parents[3]
SOLVED = json.loads((ROOT / "solutions" / f"{NOTEBOOK}.ipynb").read_text())


@dataclass(frozen=True)
class Case:
    """One submission.

    Attributes:
        id: its name. tries: what it tries, in a sentence. data: the notebook file.
        points: of the exercises that do not get full points; None where it depends on chance
            what the submission does to itself. outcome: of the record.
        status: of the exercises for which it matters; mistakes: ids that must be among those
            named. raised: a part of what one of its cells raised. probe: called with the record,
            asserts what else must hold. seconds: what grading it may take on a busy machine.
        endless: it runs until a limit of time ends it, which is a short one then.
    """

    id: str
    tries: str
    data: Callable[[], bytes]
    points: Mapping[str, float] = field(default_factory=dict)
    outcome: str = "graded"
    status: Mapping[str, str] = field(default_factory=dict)
    mistakes: Mapping[str, str] = field(default_factory=dict)
    raised: str = ""
    probe: Callable | None = None
    seconds: float = 60.0
    endless: bool = False

    @property
    def expected(self) -> dict[str, float]:
        """Points of each exercise."""
        return {
            **(FULL if self.outcome == "graded" else dict.fromkeys(FULL, 0)),
            **(self.points or {}),
        }


def code(source: str) -> dict:
    """A code cell."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def solved(**functions: str) -> list[dict]:
    """The cells of the solved notebook, the cells of these functions replaced by such sources."""
    cells = [dict(cell) for cell in SOLVED["cells"]]
    for name, source in functions.items():
        (at,) = (
            i for i, cell in enumerate(cells) if "".join(cell["source"]).startswith(f"def {name}(")
        )
        cells[at] = code(source)
    return cells


def undemonstrated(**functions: str) -> list[dict]:
    """The same without the cells that try the answers out, for answers that take their time."""
    return [
        cell for cell in solved(**functions) if "if_attempted():" not in "".join(cell["source"])
    ]


def notebook(cells: list[dict]) -> bytes:
    """A notebook file of these cells."""
    return json.dumps({**SOLVED, "cells": cells}).encode()


def first(source: str, **functions: str) -> Callable[[], bytes]:
    """A notebook with one more cell, before all others."""
    return lambda: notebook([code(source), *solved(**functions)])


def last(source: str, **functions: str) -> Callable[[], bytes]:
    """A notebook with one more cell, after all others."""
    return lambda: notebook([*solved(**functions), code(source)])


def instead(**functions: str) -> Callable[[], bytes]:
    """A notebook with other functions."""
    return lambda: notebook(solved(**functions))


def standardize(body: str, before: str = "") -> Callable[[], bytes]:
    """A notebook whose first answer does this; ``right(x, eps)`` is what it should give."""
    source = f"{before}\n{RIGHT}\n{answer(body)}".lstrip()
    return lambda: notebook(undemonstrated(standardize_batch=source))


def answer(body: str) -> str:
    """The source of a ``standardize_batch`` with this body."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    return f"def standardize_batch(x, eps):\n{lines}\n"


RIGHT = """\
def right(x, eps):
    centred = x - x.mean(axis=0)
    return centred / np.sqrt((centred**2).mean(axis=0) + eps)
"""

# For cells that tell what they found, by raising it.
TELLING = """\
import ctypes, os
found = []
def tried(what, function):
    try:
        found.append(f"{what}={function()!r:.40}")
    except BaseException as error:
        found.append(f"{what}!{type(error).__name__}")
def tell():
    raise RuntimeError(" ".join(found))
"""


def telling(source: str) -> str:
    """A cell that notes with ``tried(what, function)`` and ends with what it noted."""
    return f"{TELLING}\n{source}\ntell()\n"


def told(record) -> str:
    """What the cells of a record raised, in one text."""
    return "\n".join(text for _, text in record.raised)


def has(*parts: str) -> Callable:
    """A probe: that the cells told all of these."""

    def probe(record):
        for part in parts:
            assert part in told(record), (part, told(record))

    return probe
