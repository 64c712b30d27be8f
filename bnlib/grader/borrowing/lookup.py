"""What the names of a notebook stand for, at one moment of its run."""

from __future__ import annotations

import builtins
import functools
import itertools
import sys
from collections.abc import Iterator

from bnlib.grader.borrowing.values import (
    GLOBAL,
    IMPORT,
    LONGEST_CHAIN,
    Chain,
    Code,
    Held,
    Made,
    Value,
    flat,
    picked,
    together,
)

# Functions of torch that make tensors: a name bound to what they return is one.
_TENSORS = frozenset(
    [
        "arange",
        "as_tensor",
        "cat",
        "empty",
        "eye",
        "from_numpy",
        "full",
        "linspace",
        "ones",
        "rand",
        "randint",
        "randn",
        "stack",
        "tensor",
        "zeros",
    ]
)
# What these return stands for the function that they are given.
_WRAPPERS = frozenset(
    ("builtins.classmethod", "builtins.property", "builtins.staticmethod", "numpy.vectorize")
)
_BUILTINS = frozenset(vars(builtins))
_MOST_STARS = 16
# Calls of the student's functions whose result is asked for; no honest notebook comes near.
_MOST_CALLS = 20_000


class Library(tuple):
    """A dotted name of a library, taken apart: ("torch", "nn", "functional")."""

    __slots__ = ()


class Environment:
    """Values of the notebook's names so far; Libraries, Codes and Helds.

    Attributes:
        values: by name. stars: modules of which all was imported, the last one last.
        calls: of the student's functions that were looked into, up to a bound.
    """

    def __init__(self):
        self.values: dict[str, Value] = {}
        self.stars: dict[str, None] = {}
        self.calls = 0

    @property
    def full(self) -> bool:
        """Whether some calls could not be looked into."""
        return self.calls >= _MOST_CALLS

    def resolve(self, value: Value) -> Value:
        """Libraries, Codes and Helds that a value of the reader stands for."""
        if not value:
            return ()
        found = []
        for one in value:
            if type(one) is tuple:
                found.append(self.look_up(one))
            elif type(one) is Made:
                made = self._called(self.resolve(one.function), "(", self.resolve(one.arguments))
                found.append(self._walk(made, one.steps))
            elif type(one) is Held:
                keys = {key: flat(self.resolve(inner)) for key, inner in one.keys.items()}
                found.append((Held(keys, flat(self.resolve(one.all))),))
            elif type(one) is Code:
                found.append((one,))
        return together(*found)

    def look_up(self, chain: Chain, follow: bool = True) -> Value:
        """What a chain stands for."""
        root = chain[0]
        if root.startswith(IMPORT):
            start: Value = (Library(root[len(IMPORT) :].split(".")[:LONGEST_CHAIN]),)
        else:
            start = self.named(root.removeprefix(GLOBAL))
        return self._walk(start, chain[1:], follow) if len(chain) > 1 else start

    def used(self, chain: Chain) -> Value:
        """What code that holds the chain leans on: where it leads, and what it takes from."""
        for i, name in enumerate(chain):
            if name[0] in "([":
                value = self.look_up(chain[:i])
                taken = tuple(one for one in value if type(one) is not Held)
                return together(taken, self._walk(value, chain[i:]))
        return self.look_up(chain)

    def named(self, name: str) -> Value:
        value = self.values.get(name)
        if value is not None:
            return value
        if name in _BUILTINS:
            return (Library(("builtins", name)),)
        found: list = []
        for module in itertools.islice(reversed(self.stars), _MOST_STARS):
            known = _exports(module)
            if known is None or name in known:
                found.append(Library((*module.split(".")[:LONGEST_CHAIN], name)))
            if known is not None and name in known:
                break
        return tuple(found)

    def _walk(self, value: Value, steps: Chain, follow: bool = True) -> Value:
        for name in steps:
            if not value:
                return ()
            if name[0] == "(":
                value = self._called(value, name, (), follow)
            elif name[0] == "[":
                value = together(*(self._picked(one, name) for one in value))
            else:
                value = tuple(_attribute(one, name) for one in value)
        return value

    def _called(self, value: Value, literal: str, arguments: Value, follow: bool = True) -> Value:
        """What calling a value returns.

        Args:
            literal: "(text" for a call with that string. follow: whether to look at what a
                function of the student returns; not at what that returns in turn.
        """
        found = []
        for one in value:
            if type(one) is Held:
                found.append(picked(one, literal) if literal != "(" else one.all)
            elif type(one) is Library:
                found.append(self._called_library(one, literal[1:], arguments))
            elif type(one) is Code and one.is_class:
                found.append((one,))
            elif type(one) is Code and follow and self.calls < _MOST_CALLS:
                self.calls += 1
                found += self._returned(one, arguments)
        return together(*found)

    def _returned(self, code: Code, arguments: Value) -> Iterator[Value]:
        """What a function of the student returns, where that can be called in turn."""
        closure = code in code.gives
        if closure:
            yield (code,)
        if closure or code.passes:
            yield arguments  # itself, or held by the closure
        for one in code.gives:
            if type(one) is tuple:
                yield self.look_up(one, follow=False)

    def _called_library(self, library: Library, literal: str, arguments: Value) -> Value:
        last = library[-1]
        dotted = ".".join(library[-2:]) if len(library) < 4 else last
        if literal:
            if dotted == "importlib.import_module" or library == ("sys", "modules", "get"):
                return (Library(literal.split(".")[:LONGEST_CHAIN]),)
            if last == "__import__":
                return (Library(literal.split(".")[:1]),)
            if library[:2] == ("builtins", "globals") and last == "get":
                return self.values.get(literal, ())
            if last == "get" and library[-2:-1] == ("__dict__",):
                return (Library((*library[:-2], literal)),)
            if last in ("__getattr__", "__getattribute__"):
                return (Library((*library[:-1], literal)),)
        if dotted in ("builtins.globals", "builtins.locals"):
            return (Library(("builtins", "globals", "()")),)
        if library[0] == "functools" or dotted in _WRAPPERS:
            return together(arguments, (library,) if library[0] == "functools" else ())
        if is_class(library):
            return (library,)
        if len(library) == 2 and library[0] == "torch" and last in _TENSORS:
            return (Library(("torch", "Tensor")),)
        return ()

    def _picked(self, one, name: str) -> Value:
        """A subscript; what is taken out of a library's table of names is that name."""
        if type(one) is Held:
            return picked(one, name)
        if type(one) is Library:
            if one == ("sys", "modules"):
                return (Library(name[1:].split(".")[:LONGEST_CHAIN]),)
            if one == ("builtins", "globals", "()"):
                return self.values.get(name[1:], ())
            if one[-1] == "__dict__":
                return (Library((*one[:-1], name[1:])),)
        return ()


def _attribute(one, name: str):
    """One step along an attribute; an instance's and a class's lead back to their code."""
    if type(one) is Library:
        return Library((*one, name)) if len(one) < LONGEST_CHAIN else one
    return one


def is_class(library: Library) -> bool:
    """Whether it is named like a class; what it makes is known by its name."""
    return library[-1].lstrip("_")[:1].isupper()


def is_module(one) -> bool:
    return type(one) is Library and not is_class(one)


def _exports(module: str) -> frozenset[str] | None:
    """What ``from module import *`` brings, for libraries that the judge has; else None.

    The submission's word selects among modules that are there; it imports none.
    """
    if module.partition(".")[0] not in ("bnlib", "math", "numpy") or module not in sys.modules:
        return None
    return _public(module)


@functools.lru_cache(maxsize=64)
def _public(module: str) -> frozenset[str]:
    names = vars(sys.modules[module])
    return frozenset(names.get("__all__", [name for name in names if name[0] != "_"]))
