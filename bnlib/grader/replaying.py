"""A dispute: the same code, judged again with the seed that it was judged with."""

from __future__ import annotations

import json
from dataclasses import dataclass

from bnlib.grader import library
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.judging import Judge, Terms
from bnlib.grader.record import Mark, Record


@dataclass(frozen=True)
class Replay:
    """What was said then and what is said now.

    Attributes:
        then, now: the records. differences: a sentence for each exercise that is judged
            otherwise. same_library: whether the checks and versions are still the same.
    """

    then: Record
    now: Record
    differences: tuple[str, ...]
    same_library: bool


def replay(book: Gradebook, student: str, isolation: str) -> list[Replay]:
    """Judge again what a student handed in, from the code that the gradebook kept.

    Raises:
        GradebookError: the gradebook has nothing of that student.
    """
    found = []
    for final in book.final(student):
        then = final.record
        cells = book.source_of(student, then.notebook)
        if not cells:
            found.append(Replay(then, then, (), then.library == library.digest()))
            continue
        terms = Terms(seed=then.seed, library=library.digest(), isolation=isolation)
        with Judge(terms) as judge:
            now = judge.grade(student, then.notebook, notebook_of(cells)).record
        pairs = zip(then.marks, now.marks, strict=False)
        differences = tuple(_difference(a, b) for a, b in pairs if _verdict(a) != _verdict(b))
        found.append(Replay(then, now, differences, then.library == now.library))
    return found


def notebook_of(cells: list[tuple[int, str]]) -> bytes:
    """A notebook with these code cells at their places; where others stood there are empty ones."""
    sources = dict(cells)
    listed = [
        {"cell_type": "code", "source": sources[n]}
        if n in sources
        else {"cell_type": "markdown", "source": ""}
        for n in range(1, max(sources) + 1)
    ]
    for cell in listed:
        cell["metadata"] = {}
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    content = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": listed}
    return json.dumps(content).encode()


def _verdict(mark: Mark) -> tuple:
    return mark.exercise, mark.status, mark.points, tuple(line.passed for line in mark.lines)


def _difference(then: Mark, now: Mark) -> str:
    return (
        f"{then.exercise}: {then.points:g} points ({then.status}) then, "
        f"{now.points:g} ({now.status}) now"
    )
