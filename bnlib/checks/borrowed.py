"""Which library functions an answer leans on, read from its code without running it.

What the course asks a student to write may not be borrowed. This finds an honest shortcut; it is
no defence against somebody who hides one (``getattr`` with a computed name, say).
"""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator


def borrowed_names(
    answer, forbidden: tuple[str, ...], allowed: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Forbidden dotted names that the answer, or a helper beside it, uses; each once.

    Args:
        answer: a function or a class. forbidden: dotted names; a package stands for all in it.
        allowed: dotted names that are excepted.
    """
    found: dict[str, None] = {}
    for function in _with_helpers(answer):
        names = set(_names(function.__code__))
        for root in _roots(function, names):
            if _within(root, allowed):
                continue
            if _within(root, forbidden):
                found[root] = None
            for name in forbidden:
                # `F.batch_norm`: the code's names hold no order, so the rest of the dotted name
                # counts as used when each of its parts occurs.
                if name.startswith(root + ".") and names.issuperset(
                    name[len(root) + 1 :].split(".")
                ):
                    found[name] = None
    return tuple(found)


def _within(name: str, dotted: tuple[str, ...]) -> bool:
    return any(name == d or name.startswith(d + ".") for d in dotted)


def _with_helpers(answer) -> Iterator[types.FunctionType]:
    """The answer's functions and, followed through their globals, the student's own helpers."""
    todo, seen = list(_functions(answer)), set()
    while todo:
        function = todo.pop()
        if function in seen:
            continue
        seen.add(function)
        yield function
        for name in _names(function.__code__):
            other = function.__globals__.get(name)
            if isinstance(other, types.FunctionType | type) and (
                other.__module__ == function.__module__
            ):
                todo += _functions(other)


def _functions(answer) -> Iterator[types.FunctionType]:
    if isinstance(answer, types.FunctionType):
        yield answer
    elif isinstance(answer, type):
        for member in vars(answer).values():
            member = getattr(member, "__func__", member)
            if isinstance(member, types.FunctionType):
                yield member


def _names(code: types.CodeType) -> list[str]:
    """Every global, attribute and imported name in the code and in what is nested in it."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _names(constant)
    return names


def _roots(function: types.FunctionType, names: set[str]) -> Iterator[str]:
    """Modules, and functions and classes of modules, that the names stand for, dotted."""
    for name in sorted(names):
        value = function.__globals__.get(name)
        if isinstance(value, types.ModuleType):
            yield value.__name__
        elif isinstance(value, types.BuiltinFunctionType | types.FunctionType | type) and (
            value.__module__ not in (None, function.__module__)
        ):
            yield f"{value.__module__}.{value.__qualname__}"
    yield from _imported(function.__code__)


def _imported(code: types.CodeType) -> Iterator[str]:
    """Modules that the code imports itself."""
    for step in dis.get_instructions(code):
        if step.opname == "IMPORT_NAME" and step.argval:
            yield step.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _imported(constant)
