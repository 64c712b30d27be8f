"""What a name in a submission may stand for, written down without running anything.

A value is a tuple of possibilities, most often one:

- a chain, ``("nn", "BatchNorm1d")``: a name and the steps that lead on from it. The first item
  is a name of the notebook, or ``"import torch.nn"`` for what an import brought, or
  ``"global f"``. A step is an attribute, ``"[key"`` for a subscript, ``"(text"`` for a call.
- a Code: a function or class of the student.
- a Held: a literal list or dictionary. A Made: what a call returned.

An empty tuple is anything else: numbers, arrays, what cannot be known.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

Chain = tuple[str, ...]
Value = tuple

IMPORT = "import "
GLOBAL = "global "
PARAMETER = object()  # an argument of a function: what is passed in

# Beyond these, possibilities are dropped, and a flag says so where a name of the notebook has as
# many.
MOST_POSSIBLE = 16
LONGEST_CHAIN = 24
LONGEST_TEXT = 4096
DEEPEST_CALL = 20


class Code:
    """A function or class of the student, with all that is nested in it.

    Attributes:
        late: chains that its bodies use, looked up once all cells have run.
        early: chains that stand in decorators, bases and the class body, looked up where it is
            defined. held: values of its defaults, likewise.
        gives: what it returns, where that is a function. passes: whether it returns an argument.
        sets: global names that it rebinds.
    """

    __slots__ = ("early", "gives", "held", "is_class", "late", "name", "passes", "sets")

    def __init__(self, name: str, is_class: bool = False):
        self.name = name
        self.is_class = is_class
        self.late: dict[Chain, None] = {}
        self.early: dict[Chain, None] = {}
        self.held: list[Value] = []
        self.gives: Value = ()
        self.passes = False
        self.sets: list[tuple[str, Value]] = []


class Held(NamedTuple):
    """Elements of a literal: ``keys`` where they are constants, and all together, flat."""

    keys: dict[str, Value]
    all: Value


class Made(NamedTuple):
    """What calling ``function`` with ``arguments`` returned, and steps that lead on from it.

    ``depth`` is 1 more than that of calls among them.
    """

    function: Value
    arguments: Value
    depth: int
    steps: Chain = ()


def together(*values: Value) -> Value:
    """All possibilities of several values, each once."""
    filled = [value for value in values if value]
    if len(filled) < 2:
        return filled[0] if filled else ()
    kept: list = []
    for value in filled:
        for one in value:
            if len(kept) == MOST_POSSIBLE:
                return tuple(kept)
            if one not in kept:
                kept.append(one)
    return tuple(kept)


def flat(value: Value) -> Value:
    """The value with containers taken apart."""
    if any(type(one) is Held for one in value):
        return together(*((one.all if type(one) is Held else (one,)) for one in value))
    return value


def elements(value: Value) -> Value:
    """What comes out of a value when it is looped over or taken apart."""
    inside = [one.all if type(one) is Held else step((one,), "[") for one in value]
    return together(*inside)


def made(function: Value, arguments: Value) -> Value:
    """What a call returned; nothing is known of calls of calls of calls without end."""
    depth = 1 + max((one.depth for one in (*function, *arguments) if type(one) is Made), default=0)
    return (Made(function, arguments, depth),) if function and depth <= DEEPEST_CALL else ()


def step(value: Value, name: str) -> Value:
    """The value one step on: an attribute, a subscript or a call."""
    on: list = []
    for one in value:
        if type(one) is tuple:
            on.append((*one, name) if len(one) < LONGEST_CHAIN else one)
        elif type(one) is Made:
            longer = len(one.steps) < LONGEST_CHAIN
            on.append(one._replace(steps=(*one.steps, name)) if longer else one)
        elif type(one) is Held:
            on += picked(one, name)
        elif type(one) is Code:
            on.append(one)
    return tuple(on[:MOST_POSSIBLE])


def picked(held: Held, name: str) -> Value:
    """An element by its key, or all where the key is not known; a method leads to them too."""
    if name[0] not in "[(":
        return (held,)
    return held.keys.get(name[1:], held.all)


def chains(value: Value) -> list[Chain]:
    """The chains among the possibilities, those inside of containers too."""
    found = []
    for one in value:
        if type(one) is tuple:
            found.append(one)
        elif type(one) is Held:
            found += [inner for inner in one.all if type(inner) is tuple]
    return found


def text(node: ast.expr, depth: int = 0) -> str | None:
    """The string that literals add up to: ``"tor" + "ch"``, f-strings, ``"".join([...])``."""
    kind = type(node)
    if kind is ast.Constant:
        return node.value if isinstance(node.value, str) else None
    if depth > 20:
        return None
    if kind is ast.BinOp and type(node.op) is ast.Add:
        parts = []
        while type(node) is ast.BinOp and type(node.op) is ast.Add:
            parts.append(node.right)
            node = node.left
        return _joined([node, *reversed(parts)], "", depth)
    if kind is ast.JoinedStr:
        return _joined(node.values, "", depth)
    if kind is ast.FormattedValue and node.conversion == -1 and node.format_spec is None:
        return text(node.value, depth + 1)
    if (
        kind is ast.Call
        and type(node.func) is ast.Attribute
        and node.func.attr == "join"
        and len(node.args) == 1
        and type(node.args[0]) in (ast.List, ast.Tuple)
    ):
        between = text(node.func.value, depth + 1)
        return None if between is None else _joined(node.args[0].elts, between, depth)
    return None


def _joined(nodes: list[ast.expr], between: str, depth: int) -> str | None:
    parts = []
    for node in nodes:
        part = text(node, depth + 1)
        if part is None:
            return None
        parts.append(part)
    return between.join(parts)
