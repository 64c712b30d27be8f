"""Which library functions an answer leans on, read from its code without running it.

What the course asks a student to write may not be borrowed. This finds an honest shortcut; it is
no defence against somebody who hides one (``getattr`` with a computed name, say).
"""

from __future__ import annotations

import contextlib
import dis
import functools
import sys
import types
from collections.abc import Iterator


def borrowed_names(
    answer,
    forbidden: tuple[str, ...],
    allowed: tuple[str, ...] = (),
    apart: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Forbidden dotted names that the answer, or a helper beside it, uses; each once.

    Args:
        answer: a function, a class or another callable. forbidden: dotted names; a package
            stands for all in it. allowed: dotted names that are excepted. apart: names of the
            student's functions that are judged elsewhere and not looked into here.
    """
    found: dict[str, None] = {}
    for function in _with_helpers(answer, apart):
        for name in _used(function, forbidden):
            if _within(name, forbidden) and not _within(name, allowed):
                found[name] = None
    for name in _bases(answer, forbidden):
        if _within(name, forbidden) and not _within(name, allowed):
            found[name] = None
    return tuple(found)


def _bases(answer, forbidden: tuple[str, ...]) -> Iterator[str]:
    """Dotted names of the classes that a class is derived from."""
    if isinstance(answer, type):
        for base in answer.__mro__[1:]:
            name = _known_as(base, answer.__module__, forbidden)
            if name:
                yield name


def _within(name: str, dotted: tuple[str, ...]) -> bool:
    return any(name == d or name.startswith(d + ".") for d in dotted)


def _with_helpers(answer, apart: tuple[str, ...]) -> Iterator[types.FunctionType]:
    """The answer's functions and, followed through what they refer to, the student's helpers."""
    todo, seen = list(functions_of(answer)), set()
    while todo:
        function = todo.pop()
        if function in seen:
            continue
        seen.add(function)
        yield function
        near = _held(function)
        names = set(_names(function.__code__)).difference(apart)
        near += [function.__globals__[name] for name in names if name in function.__globals__]
        for other in near:
            todo += [f for f in functions_of(other) if f.__module__ == function.__module__]


def _held(function: types.FunctionType) -> list:
    """What the function's closure and defaults hold; a cell may still be empty."""
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):
            held.append(cell.cell_contents)
    return held


def functions_of(value) -> Iterator[types.FunctionType]:
    """The Python functions behind a callable of whatever kind."""
    if isinstance(value, types.FunctionType):
        yield value
        if hasattr(value, "__wrapped__"):
            yield from functions_of(value.__wrapped__)
    elif isinstance(value, functools.partial):
        yield from functions_of(value.func)
    elif isinstance(value, types.MethodType):
        yield from functions_of(value.__func__)
    elif isinstance(value, type):
        for base in value.__mro__:
            if base.__module__ == value.__module__:
                for member in vars(base).values():
                    member = getattr(member, "__func__", member)
                    if isinstance(member, types.FunctionType):
                        yield member
    elif callable(value) and not isinstance(value, types.BuiltinFunctionType):
        yield from functions_of(type(value))


def _names(code: types.CodeType) -> list[str]:
    """Every global and attribute in the code and in what is nested in it."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _names(constant)
    return names


def _used(function: types.FunctionType, forbidden: tuple[str, ...]) -> Iterator[str]:
    """Dotted names that the function, its closure and its defaults stand on."""
    for chain in _chains(function.__code__):
        root, *attributes = chain
        if root.startswith("import "):
            base = root.removeprefix("import ")
        else:
            base = _known_as(function.__globals__.get(root), function.__module__, forbidden)
        if base:
            yield ".".join([base, *attributes])
    for value in _held(function):
        value = value.func if isinstance(value, functools.partial) else value
        name = _known_as(value, function.__module__, forbidden)
        if name:
            yield name


def _known_as(value, home: str, forbidden: tuple[str, ...]) -> str | None:
    """The dotted name under which a module's function, class or instance is known."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    if value is None or isinstance(value, int | float | str | list | dict | tuple):
        return None
    for name in forbidden:
        # A builtin may not know its module: torch.batch_norm does not.
        package, _, last = name.rpartition(".")
        if package in sys.modules and getattr(sys.modules[package], last, None) is value:
            return name
    if isinstance(value, functools.partial):
        return _known_as(value.func, home, forbidden)
    owner = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(owner, "__module__", None)
    if not isinstance(module, str) or module in (home, "builtins", "numpy"):
        return None
    return f"{module}.{owner.__qualname__}"


def _chains(code: types.CodeType) -> Iterator[list[str]]:
    """``torch.nn.functional`` as ["torch", "nn", "functional"]; imports begin with "import "."""
    chain: list[str] = []
    local: dict[str, list[str]] = {}
    imported = ""
    for step in dis.get_instructions(code):
        name = step.opname
        if name in ("LOAD_ATTR", "LOAD_METHOD") and chain:
            chain.append(step.argval)
        elif name == "IMPORT_NAME":
            imported = f"import {step.argval}"
            chain = [imported]
        elif name == "IMPORT_FROM":
            chain = [imported, step.argval]
        elif name.startswith("STORE_FAST") and chain and chain[0] == imported:
            # `import torch.nn` binds the package, `import torch.nn as n` the module.
            local[str(step.argval)] = list(chain)
            yield chain
            chain = []
        elif name not in ("CACHE", "PRECALL", "PUSH_NULL", "COPY", "SWAP", "NOP"):
            if chain:
                yield chain
            chain = []
            if name in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"):
                chain = [step.argval]
            elif name.startswith("LOAD_FAST"):
                chain = list(local.get(str(step.argval), []))
    if chain:
        yield chain
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _chains(constant)
