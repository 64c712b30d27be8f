"""A student's notebook with given answers in it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import nbformat

from bnlib.checks import registry

ROOT = Path(__file__).resolve().parents[2]


def handed_in(
    notebook: str, answers: Mapping[str, str] = MappingProxyType({}), kind: str = "solutions"
) -> nbformat.NotebookNode:
    """The notebook as a student would hand it in, without outputs.

    Args:
        notebook: "04_algorithm". answers: source by the exercise's name; it takes the place of
            the definition that stands there. kind: "solutions", where every other exercise is
            solved, or "exercises", where every other is a stub.

    Raises:
        ValueError: an exercise is not defined in the notebook.
    """
    # The text around the exercises is always the student's.
    made = nbformat.from_dict(_read("exercises", notebook))
    replaced = dict(answers)
    if kind == "solutions":
        solved, asked = definitions(_read("solutions", notebook)), definitions(made)
        replaced = {**{name: solved[name] for name in asked}, **replaced}
    for cell in made.cells:
        if cell.cell_type == "code":
            for name in [name for name in replaced if name in _places(cell.source)]:
                cell.source = _with(cell.source, name, replaced.pop(name))
    if replaced:
        raise ValueError(f"{notebook} does not define {', '.join(replaced)}")
    return made


@functools.lru_cache(maxsize=32)
def _read(kind: str, notebook: str) -> nbformat.NotebookNode:
    made = nbformat.read(ROOT / kind / f"{notebook}.ipynb", as_version=4)
    for cell in made.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return made


def definitions(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Source of the function or class of each exercise that the notebook defines, by its name."""
    known = {exercise.name for exercise in registry.exercises()}
    return {
        name: _parts(cell.source, name)[1]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for name in _places(cell.source)
        if name in known
    }


@functools.lru_cache(maxsize=4096)
def _places(source: str) -> dict[str, tuple[int, int]]:
    """Where a cell defines its functions and classes: first and last line, from 0, exclusive."""
    return {
        node.name: (
            min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1,
            node.end_lineno,
        )
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }


def _parts(source: str, name: str) -> tuple[str, str, str]:
    """What stands before a definition, the definition, what stands after it."""
    start, end = _places(source)[name]
    lines = source.splitlines(keepends=True)
    return "".join(lines[:start]), "".join(lines[start:end]), "".join(lines[end:])


def _with(source: str, name: str, answer: str) -> str:
    before, _, after = _parts(source, name)
    return f"{before}{answer.rstrip()}\n{after}".rstrip("\n")
