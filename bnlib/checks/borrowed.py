"""Which library functions an answer leans on, read from its code without running it.

What the course asks a student to write may not be borrowed. This finds an honest shortcut; it is
no defence against somebody who hides one (``getattr`` with a computed name, say).
"""

from __future__ import annotations

import contextlib
import dis
import functools
import itertools
import sys
import types
from collections.abc import Iterator

_MOST_HELD = 100  # of one container


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
    names: list[str | None] = []
    for function in _with_helpers(answer, apart):
        names += _used(function, forbidden)
    names += [_known_as(part, home, forbidden) for part, home in _parts(answer)]
    found = dict.fromkeys(name for name in names if name)
    return tuple(n for n in found if _within(n, forbidden) and not _within(n, allowed))


def _parts(answer) -> Iterator[tuple[object, str]]:
    """What an answer is without a line of its own code, and the module that it is written in."""
    if isinstance(answer, type):
        for base in answer.__mro__[1:]:
            yield base, answer.__module__
        for own in answer.__mro__:
            if own.__module__ == answer.__module__:
                yield from ((member, answer.__module__) for member in vars(own).values())
    elif not isinstance(answer, types.FunctionType | functools.partial):
        yield answer, getattr(type(answer), "__module__", "")


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
        names = {chain[0] for chain in _chains(function.__code__)}.difference(apart)
        near += [function.__globals__[name] for name in names if name in function.__globals__]
        for other in near:
            for value in _inside(other, function.__code__):
                if getattr(type(value), "__module__", None) == function.__module__:
                    todo += functions_of(type(value))  # an object of a class of the student's
                todo += [f for f in functions_of(value) if f.__module__ == function.__module__]


def _held(function: types.FunctionType) -> list:
    """What the function's closure and defaults hold; a cell may still be empty."""
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):
            held.append(cell.cell_contents)
    return held


def _inside(value, code: types.CodeType) -> list:
    """The value; of a container, what it holds; of a dict, what the code's own keys lead to."""
    if isinstance(value, dict):
        keys = [key for key in _constants(code) if key in value]
        return [value[key] for key in keys] or list(itertools.islice(value.values(), _MOST_HELD))
    if isinstance(value, list | tuple | set | frozenset):
        return list(itertools.islice(value, _MOST_HELD))
    return [value]


def _constants(code: types.CodeType) -> Iterator[str | int]:
    """The texts and numbers in the code and in what is nested in it."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _constants(constant)
        elif isinstance(constant, str | int):
            yield constant


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
                    yield from _of_member(member, value)
    elif isinstance(getattr(value, "__wrapped__", None), types.FunctionType):
        yield from functions_of(value.__wrapped__)  # functools.lru_cache
    elif isinstance(getattr(value, "pyfunc", None), types.FunctionType):
        yield from functions_of(value.pyfunc)  # numpy.vectorize
    elif callable(value) and not isinstance(value, types.BuiltinFunctionType):
        yield from functions_of(type(value))


def _of_member(member, owner: type) -> Iterator[types.FunctionType]:
    """The functions behind a method, a property or a class in a class."""
    if isinstance(member, property):
        for part in (member.fget, member.fset, member.fdel):
            if isinstance(part, types.FunctionType):
                yield part
        return
    member = getattr(member, "__func__", member)
    if isinstance(member, types.FunctionType):
        yield member
    elif isinstance(member, type) and member.__qualname__.startswith(f"{owner.__qualname__}."):
        yield from functions_of(member)


def _used(function: types.FunctionType, forbidden: tuple[str, ...]) -> Iterator[str]:
    """Dotted names that the function, its closure and its defaults stand on."""
    home = function.__module__
    for chain in _chains(function.__code__):
        root, *attributes = chain
        if root.startswith("import "):
            yield ".".join([root.removeprefix("import "), *attributes])
            continue
        value = function.__globals__.get(root)
        for inner in _inside(value, function.__code__):
            base = _known_as(inner, home, forbidden)
            if base:
                yield ".".join([base, *attributes]) if inner is value else base
    for value in _held(function):
        for inner in _inside(value, function.__code__):
            inner = inner.func if isinstance(inner, functools.partial) else inner
            name = _known_as(inner, home, forbidden)
            if name:
                yield name


def _known_as(value, home: str, forbidden: tuple[str, ...]) -> str | None:
    """The dotted name under which a module's function, class or instance is known."""
    if isinstance(value, types.ModuleType):
        return value.__name__
    if value is None or isinstance(value, int | float | str | list | dict | tuple):
        return None
    called = getattr(value, "__name__", None)
    for name in forbidden:
        # A builtin may not know its module: torch.batch_norm does not.
        package, _, last = name.rpartition(".")
        if package in sys.modules and getattr(sys.modules[package], last, None) is value:
            return name
        builtin = isinstance(value, types.BuiltinFunctionType) and name in sys.modules
        if builtin and getattr(sys.modules[name], called, None) is value:
            return f"{name}.{called}"
    if isinstance(value, functools.partial):
        return _known_as(value.func, home, forbidden)
    owner = value if hasattr(value, "__qualname__") else type(value)
    module = getattr(owner, "__module__", None)
    if not isinstance(module, str) or module in (home, "builtins", "numpy"):
        return None
    return f"{module}.{owner.__qualname__}"


@functools.lru_cache(maxsize=1024)
def _chains(code: types.CodeType) -> tuple[list[str], ...]:
    """``torch.nn.functional`` as ["torch", "nn", "functional"]; imports begin with "import "."""
    return tuple(_read_chains(code))


def _read_chains(code: types.CodeType) -> Iterator[list[str]]:
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
            if name in ("LOAD_GLOBAL", "LOAD_NAME"):
                chain = [step.argval]
            elif name.startswith("LOAD_FAST"):
                chain = list(local.get(str(step.argval), []))
    if chain:
        yield chain
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _chains(constant)
