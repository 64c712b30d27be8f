"""The syntax tree from which a function or a class was made."""

from __future__ import annotations

import ast
import copy
import dataclasses
import functools
import sys
import types
from collections.abc import Iterator
from pathlib import Path

from tools.written.scopes import bound


class NoSource(ValueError):
    """There is no text from which this was made."""


@functools.lru_cache(maxsize=256)
def _tree(file: str) -> ast.Module:
    try:
        return ast.parse(Path(file).read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise NoSource(f"{file} cannot be read: {error}") from None


def of_function(function: types.FunctionType) -> ast.FunctionDef | ast.Lambda:
    """A copy of the ``def`` or ``lambda`` that this function was made from.

    A decorated function that was replaced by its wrapper is the wrapper: what is looked for is
    the code that would run.

    Raises:
        NoSource
    """
    code = function.__code__
    found = []
    for node in ast.walk(_tree(code.co_filename)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if first == code.co_firstlineno:
                found.append(node)
        elif (
            isinstance(node, ast.Lambda)
            and code.co_name == "<lambda>"
            and node.lineno == code.co_firstlineno
            and _within(code, node.body)
        ):
            found.append(node)
    if not found:
        raise NoSource(f"the text of {function.__qualname__} was not found")
    # Of a lambda in a lambda, both hold the inner one's code: the last met is the inner one.
    return copy.deepcopy(found[-1])


def _within(code: types.CodeType, node: ast.AST) -> bool:
    """Whether the code's instructions come from this place."""
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    for line, end_line, column, end_column in code.co_positions():
        if None in (line, end_line, column, end_column) or (column, end_column) == (0, 0):
            continue  # the first instructions of a function have no place in its text
        if (line, column) < start or (end_line, end_column) > end:
            return False
    return True


# What a class has without having been told.
_GIVEN = {"__annotations__", "__dict__", "__doc__", "__module__", "__orig_bases__", "__weakref__"}


def of_class(cls: type) -> ast.ClassDef | None:
    """A copy of the ``class`` statement that this class was made by; None for ``type(...)``."""
    # Of a named tuple, a dataclass or by a metaclass, there is more than was written.
    generated = hasattr(cls, "_fields") or dataclasses.is_dataclass(cls) or type(cls) is not type
    for node in _named(_module_tree(cls), cls.__qualname__.split(".")):
        names = bound(node.body)
        methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
        lines = {
            f.__code__.co_firstlineno for m in methods for f in unwrapped(vars(cls).get(m.name))
        }
        there = all(node.lineno <= line <= node.end_lineno for line in lines)
        told = {name for name in vars(cls) if name not in _GIVEN and not name.startswith("__s")}
        if there and names <= set(vars(cls)) and (generated or told <= names):
            return copy.deepcopy(node)
    return None


def _module_tree(cls: type) -> ast.Module:
    module = sys.modules.get(cls.__module__)
    if getattr(module, "__file__", None) is None:
        raise NoSource(f"the text of {cls.__qualname__} was not found")
    return _tree(module.__file__)


def _named(tree: ast.AST, parts: list[str]) -> Iterator[ast.ClassDef]:
    """Class statements at a qualified name."""
    name, rest = parts[0], [p for p in parts[1:] if p != "<locals>"]
    for node in _statements(tree):
        if getattr(node, "name", None) != name:
            continue
        if not rest and isinstance(node, ast.ClassDef):
            yield node
        elif rest:
            yield from _named(node, rest)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Definitions directly in a module, function or class, also under if, with, try."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.ClassDef | ast.expr):
            yield from _statements(child)


def unwrapped(value) -> list[types.FunctionType]:
    """The functions of one attribute of a class."""
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    if isinstance(value, property):
        parts = (value.fget, value.fset, value.fdel)
        return [f for f in parts if isinstance(f, types.FunctionType)]
    if isinstance(value, functools.cached_property):
        value = value.func
    return [value] if isinstance(value, types.FunctionType) else []
