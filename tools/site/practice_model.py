"""What the pages of exercises/ know of their cells and exercises, and what marks a verdict as old.

A verdict that a browser keeps bears the version of the checks that gave it: a hash of the module
of the exercise and of those beside it that it imports, comments and docstrings left out.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bnlib.browser.cells import sort
from bnlib.checks import registry

ROOT = Path(__file__).resolve().parents[2]
# A change of the engine's words is none of the checks; a change of what counts as equal is.
ALWAYS = ("bnlib.checks.compare", "bnlib.checks.engine")


@dataclass(frozen=True)
class Known:
    """An exercise as a page knows it."""

    name: str
    title: str
    points: float
    difficulty: int
    minutes: int
    needs: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class CodeCell:
    """A code cell of a page: ``place`` among all cells of the notebook, its text for pictures."""

    id: str
    place: int
    kind: str
    exercise: str
    source: str
    alt: str


@dataclass(frozen=True)
class Page:
    """The page of one notebook."""

    notebook: str
    exercises: tuple[Known, ...]
    cells: tuple[CodeCell, ...]

    def as_json(self) -> str:
        """What the page's script reads; the sources are on the page already."""
        cells = [
            {"id": c.id, "kind": c.kind, "exercise": c.exercise, "alt": c.alt} for c in self.cells
        ]
        exercises = [asdict(e) for e in self.exercises]
        content = {"notebook": self.notebook, "exercises": exercises, "cells": cells}
        # "</script>" in a title would end the element that holds this.
        return json.dumps(content, ensure_ascii=False).replace("<", "\\u003c")


def page(path: Path) -> Page:
    """The page of a student's notebook.

    Raises:
        ValueError: an exercise of the notebook has no cell, or more than one.
    """
    own = [e for e in registry.exercises() if e.notebook == path.stem]
    names = [e.name for e in own]
    cells = []
    for place, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            kind, exercise = sort(source, names)
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            cells.append(CodeCell(cell["id"], place, kind, exercise, source, alt))
    answered = sorted(cell.exercise for cell in cells if cell.kind == "answer")
    if answered != sorted(names):
        raise ValueError(f"{path.name}: expected a cell for each of {names}, got {answered}")
    return Page(path.stem, tuple(map(known, own)), tuple(cells))


def known(exercise) -> Known:
    return Known(
        exercise.name,
        exercise.title,
        exercise.points,
        exercise.difficulty,
        exercise.minutes,
        exercise.requires,
        version(exercise),
    )


def sources(exercise) -> list[Path]:
    """The files that decide what an exercise's checks say, in a fixed order."""
    modules = {inspect.getmodule(check.test).__name__ for check in exercise.checks}
    waiting, found = [*modules, *ALWAYS], {}
    while waiting:
        name = waiting.pop()
        path = ROOT.joinpath(*name.split(".")).with_suffix(".py")
        if name in found or not path.is_file():
            continue
        found[name] = path
        if name.startswith("bnlib.exercises."):
            waiting += _beside(path)
    return [found[name] for name in sorted(found)]


def version(exercise) -> str:
    """A short hash of what an exercise's checks do."""
    digest = hashlib.sha256()
    for path in sources(exercise):
        digest.update(_meaning(path, path.stat().st_mtime_ns).encode())
    return digest.hexdigest()[:10]


def _beside(path: Path) -> list[str]:
    """The modules of exercises that a file imports by name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bnlib.exercises"):
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return found


@functools.cache
def _meaning(path: Path, changed: int) -> str:
    """The code of a file, without comments and docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            body[0] = ast.Pass()
    return ast.unparse(tree)


def _is_text(node: ast.AST) -> bool:
    is_value = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_value and isinstance(node.value.value, str)
