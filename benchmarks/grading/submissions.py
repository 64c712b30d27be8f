"""A class's submissions: 50 % right, 40 % known mistakes, 10 % stubs, in that mix in every ten."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

import nbformat

from bnlib.checks.registry import exercises
from bnlib.checks.scores import scores
from tools.written import CannotWrite, same_verdict, written
from tools.written.notebooks import definitions, handed_in

SEED = 4
# What one block of ten students hands in.
BLOCK = ("right", "wrong") * 4 + ("right", "stub")


class Assignment(NamedTuple):
    """A notebook to grade. ``without``: exercises whose cells are taken out of it."""

    name: str
    notebook: str
    without: tuple[str, ...] = ()

    def exercises(self) -> list:
        return [
            e for e in exercises() if e.notebook == self.notebook and e.name not in self.without
        ]

    def cut(self, notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
        """The notebook without the code cells of what is left out, and without torch."""
        if self.without:
            gone = (*self.without, "torch")
            notebook.cells = [
                cell
                for cell in notebook.cells
                if cell.cell_type != "code" or not any(word in cell.source for word in gone)
            ]
        return notebook


ASSIGNMENTS = (
    Assignment("04", "04_algorithm"),
    Assignment("05 without BatchNormFunction", "05_backward", ("BatchNormFunction",)),
    Assignment("05 whole", "05_backward"),
)


class Submission(NamedTuple):
    """One student's notebook; ``answers``: source of every exercise, by its name."""

    student: str
    kind: str
    answers: dict[str, str]
    notebook: nbformat.NotebookNode

    def points(self) -> float:
        """What `bnlib check` gives."""
        space: dict = {"__name__": "submission"}
        exec(compile(self._given(), "<given>", "exec"), space)
        for name, source in self.answers.items():
            exec(compile(source, f"<{name}>", "exec"), space)
        return sum(score.points for score in scores(space) if score.exercise in self.answers)

    def _given(self) -> str:
        """The first code cell: imports, without what draws."""
        first = next(cell.source for cell in self.notebook.cells if cell.cell_type == "code")
        lines = [line for line in first.splitlines() if "figures" not in line]
        torch = any("torch" in source for source in self.answers.values())
        return "\n".join([*lines, *(["import torch"] if torch else [])])


class Pool:
    """The answers of an assignment that can be written down and are judged as their originals."""

    def __init__(self, assignment: Assignment):
        self.assignment = assignment
        self.alternatives: dict[str, list[str]] = {}
        self.mistakes: list[tuple[str, str]] = []
        self.known = 0
        for exercise in assignment.exercises():
            self.known += len(exercise.mistakes)
            self.alternatives[exercise.name] = self._written(exercise, exercise.alternatives)
            functions = [mistake.function for mistake in exercise.mistakes]
            found = self._written(exercise, functions)
            self.mistakes += [(exercise.name, source) for source in found]

    def _written(self, exercise, functions: list[Callable]) -> list[str]:
        found = []
        for function in functions:
            try:
                source = written(exercise, function)
            except CannotWrite:
                continue
            if same_verdict(exercise, function, source):
                found.append(source)
        return found

    def submissions(self, count: int) -> list[Submission]:
        """The class, the same each time; a class of 20 is the beginning of one of 200."""
        rng = random.Random(SEED)
        made = []
        for number in range(count):
            kind = BLOCK[number % len(BLOCK)]
            changed: dict[str, str] = {}
            if kind == "wrong":
                changed = dict([rng.choice(self.mistakes)])
            elif kind == "right" and number % 4:
                # Every other right one is not the solution's: honest answers of all forms.
                changed = {name: rng.choice(forms) for name, forms in self.alternatives.items()}
            made.append(self._submission(f"s{number:05d}", kind, changed))
        return made

    def _submission(self, student: str, kind: str, changed: dict[str, str]) -> Submission:
        base = "exercises" if kind == "stub" else "solutions"
        notebook = self.assignment.cut(handed_in(self.assignment.notebook, changed, base))
        answers = {**definitions(notebook), **changed}
        return Submission(student, kind, answers, notebook)
