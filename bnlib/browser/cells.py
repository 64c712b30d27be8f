"""The code cells of a page: what each is for, and which of them another one needs."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# What only figures need: a check goes without, so that it need not wait for matplotlib.
_FOR_FIGURES = ("ipywidgets", "matplotlib", "bnlib.figures")
_NAMES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Cell(NamedTuple):
    """A code cell as it stands on the page.

    Attributes:
        id: that of the notebook's cell. kind: "answer" to an exercise, "given" code, "demo" that
            uses answers, or "check", the call that the page has a button for. source: Python.
        exercise: the name of the exercise that it answers, or "".
    """

    id: str
    kind: str
    source: str
    exercise: str = ""


def sort(source: str, exercises: Iterable[str]) -> tuple[str, str]:
    """The kind of an untouched cell, and the exercise that it answers or checks, or "".

    Args:
        source: the cell's code, which must parse. exercises: the names that may be answered.
    """
    tree, known = ast.parse(source), set(exercises)
    for node in tree.body:
        if isinstance(node, _NAMES) and node.name in known:
            return "answer", node.name
    called = [_called(node) for node in ast.walk(tree)]
    if len(tree.body) == 1 and "check" in called:
        (argument,) = tree.body[0].value.args
        return "check", argument.id
    return ("demo" if {"if_attempted", "redraw"} & set(called) else "given"), ""


def _called(node: ast.AST) -> str:
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return node.func.id if is_call else ""


def for_checks(cells: list[Cell]) -> list[Cell]:
    """The cells that define something: given code and answers, for a check of one of them."""
    return lean([cell for cell in cells if cell.kind in ("given", "answer")])


def lean(cells: list[Cell]) -> list[Cell]:
    """Cells whose given code imports nothing for figures that none of these cells uses."""
    used = {name for cell in cells for name in _used(cell.source)}
    return [
        cell._replace(source=_lean(cell.source, used)) if cell.kind == "given" else cell
        for cell in cells
    ]


def before(target: str, cells: list[Cell]) -> list[Cell]:
    """What is executed before a cell, in the page's order.

    Given code and answers, and of the demonstrations those that bind a name the cell, or another
    of these, uses.

    Args:
        target: the cell's id. cells: those of the page.
    """
    place = next(i for i, cell in enumerate(cells) if cell.id == target)
    wanted = _used(cells[place].source) - _bound(cells[place].source)
    chosen = []
    for cell in reversed(cells[:place]):
        if cell.kind == "demo":
            bound = _bound(cell.source)
            if not bound & wanted:
                continue
            wanted = (wanted - bound) | (_used(cell.source) - bound)
        if cell.kind != "check":
            chosen.append(cell)
    return lean([*chosen[::-1], cells[place]])[:-1]


def imported(cells: list[Cell]) -> set[str]:
    """The packages that cells import and that may have to be loaded; matplotlib for figures."""
    found = set()
    for cell in cells:
        for node in _walk(cell.source):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= set(_modules(node))
    tops = {"matplotlib" if _draws(name) else name.partition(".")[0] for name in found}
    return tops - {"bnlib", ""}


def _draws(name: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in _FOR_FIGURES)


def _modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _walk(source: str) -> Iterator[ast.AST]:
    """All nodes of the code; none where it is no Python, which is said where it is run."""
    try:
        yield from ast.walk(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return


def _used(source: str) -> set[str]:
    return {n.id for n in _walk(source) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _bound(source: str) -> set[str]:
    """Names that the code binds at its top or in a block there; arguments and the like too."""
    bound = set()
    for node in _walk(source):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, _NAMES):
            bound.add(node.name)
    return bound


def _lean(source: str, used: set[str]) -> str:
    """The code with empty lines for imports that draw and of which no name is used."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    lines = source.split("\n")
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        if all(map(_draws, _modules(node))) and not names & used:
            for number in range(node.lineno - 1, node.end_lineno):
                lines[number] = ""
    return "\n".join(lines)
