"""Which forbidden library functions an answer leans on, from the cells' syntax trees alone.

The judge never has the student's objects. It reads the cells top to bottom as the notebook runs
them, notes what each name of the notebook stands for, and follows an answer through its helpers
as `bnlib.checks.borrowed` does with live ones. Nothing is imported or evaluated for it.

It finds an honest shortcut. It is no defence against somebody who hides one, and does not see:
names that are computed (``getattr(torch, name)``, decoded strings, code read from a file); what
is passed in as an argument or kept on ``self``; what calls of methods put into a container;
what a library's function returns, unless it is a class or makes a tensor; a cell that raises
half way, which is taken to have run; the order in which functions rebind global names; what a
``from module import *`` of an unknown module overwrites. `hidden_imports` compares what was
loaded with what the code says.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence

from bnlib.grader.borrowing.reading import AtOnce, Attach, Bind, Define, Drop, Star, facts_of
from bnlib.grader.borrowing.spellings import forbidden_name
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
_MOST_NAMES = 50
_LONGEST_NAME = 200
_MOST_STARS = 16


class Library(tuple):
    """A dotted name of a library, taken apart: ("torch", "nn", "functional")."""

    __slots__ = ()


class Names:
    """The names of one submission's cells.

    Args:
        trees: one a cell, in order; None where a cell could not be parsed.
    """

    def __init__(self, trees: Sequence[ast.Module | None]):
        self._environment: dict[str, Value] = {}
        self._stars: dict[str, None] = {}
        self._early: dict[Code, Value] = {}
        self._attached: dict[Code, Value] = {}
        self._used_late: dict[Chain, Value] = {}
        self._links: dict[Code, tuple[tuple, tuple]] = {}
        self._defined: dict[str, int] = {}
        self._imported: set[str] = set()
        self._skimmed: list[int] = []
        codes: dict[Code, None] = {}
        for number, tree in enumerate(trees, 1):
            if tree is None:
                continue
            facts = facts_of(tree)
            self._imported |= facts.imports
            if facts.skimmed:
                self._skimmed.append(number)
            for event in facts.events:
                self._take(event, number, codes)
        # What functions do to global names may have happened by the end.
        for code in codes:
            for name, value in code.sets:
                found = self._resolve(value)
                self._environment[name] = together(self._environment.get(name, ()), found)

    def borrowed(self, exercise) -> tuple[str, ...]:
        """Forbidden dotted names that the answer to an exercise, or a helper of it, uses.

        Args:
            exercise: with ``name``, ``forbidden``, ``allowed`` and ``uses``; functions of the
                student that ``uses`` names are judged elsewhere and not looked into here.

        Returns:
            Each name once, at most 50; () where the answer is honest or is not there.
        """
        forbidden, allowed = frozenset(exercise.forbidden), frozenset(exercise.allowed)
        apart = frozenset(exercise.uses)
        found: dict[str, None] = {}
        todo: list[Code] = []
        seen: set[Code] = set()
        checked: set[Library] = set()

        def check(library: Library) -> None:
            if library in checked:
                return
            checked.add(library)
            name = forbidden_name(library, forbidden, allowed)
            if name is not None and len(found) < _MOST_NAMES:
                found[name[:_LONGEST_NAME]] = None

        for one in flat(self._environment.get(exercise.name, ())):
            if type(one) is Library:
                check(one)
            else:
                todo.append(one)
        while todo:
            code = todo.pop()
            if code in seen:
                continue
            seen.add(code)
            libraries, helpers = self._linked(code)
            for library in libraries:
                check(library)
            todo += [helper for name, helper in helpers if name not in apart]
        return tuple(found)

    def imported(self) -> frozenset[str]:
        """Top-level packages that the code says it imports, wherever it says so."""
        return frozenset(self._imported)

    def defined(self) -> dict[str, int]:
        """Names that the cells define, and the number (from 1) of the last cell that does."""
        return dict(self._defined)

    @property
    def flags(self) -> tuple[str, ...]:
        """Sentences for the instructor: what could not be looked at in full."""
        if not self._skimmed:
            return ()
        cells = ", ".join(map(str, self._skimmed[:5]))
        more = " and others" if len(self._skimmed) > 5 else ""
        return (f"code nested too deeply to be followed for forbidden names: cell {cells}{more}",)

    # The cells, in order

    def _take(self, event, number: int, codes: dict[Code, None]) -> None:
        kind = type(event)
        if kind is Bind:
            self._bind(event, self._resolve(event.value), number)
        elif kind is AtOnce:
            binds = [(e, self._resolve(e.value)) for e in _unpacked(event) if type(e) is Bind]
            for bind, value in binds:
                self._bind(bind, value, number)
            for other in _unpacked(event):
                if type(other) is not Bind:
                    self._take(other, number, codes)
        elif kind is Define:
            code = event.code
            codes[code] = None
            early = [self._used(chain) for chain in code.early]
            early += [self._resolve(value) for value in code.held]
            if early := [one for value in early for one in flat(value)]:
                self._early[code] = (*self._early.get(code, ()), *early)
        elif kind is Attach:
            value = self._resolve(event.value)
            own = self._environment.get(event.name, ())
            for one in own:
                if type(one) is Code:
                    self._attached[one] = together(self._attached.get(one, ()), value)
            if value and not any(type(one) is Code or _is_module(one) for one in own):
                held = Held({}, together(*map(flat, (own, value))))
                self._environment[event.name] = (held,)
        elif kind is Star:
            # Its last place counts.
            self._stars.pop(event.module, None)
            self._stars[event.module] = None
        elif kind is Drop:
            self._environment.pop(event.name, None)
            self._defined.pop(event.name, None)

    def _bind(self, event: Bind, value: Value, number: int) -> None:
        if not event.certain:
            value = together(value, self._environment.get(event.name, ()))
        self._environment[event.name] = value
        if not event.imported:
            self._defined[event.name] = number

    # What a value stands for, now

    def _resolve(self, value: Value) -> Value:
        """Libraries, Codes and Helds that a value of the reader stands for."""
        if not value:
            return ()
        found = []
        for one in value:
            if type(one) is tuple:
                found.append(self._look_up(one))
            elif type(one) is Made:
                made = self._called(self._resolve(one.function), "(", self._resolve(one.arguments))
                found.append(self._walk(made, one.steps))
            elif type(one) is Held:
                keys = {key: flat(self._resolve(inner)) for key, inner in one.keys.items()}
                found.append((Held(keys, flat(self._resolve(one.all))),))
            elif type(one) is Code:
                found.append((one,))
        return together(*found)

    def _look_up(self, chain: Chain) -> Value:
        """What a chain stands for."""
        root = chain[0]
        if root.startswith(IMPORT):
            start: Value = (Library(root[len(IMPORT) :].split(".")[:LONGEST_CHAIN]),)
        else:
            start = self._named(root.removeprefix(GLOBAL))
        return self._walk(start, chain[1:]) if len(chain) > 1 else start

    def _used(self, chain: Chain) -> Value:
        """What code that holds the chain leans on: where it leads, and what it takes from."""
        for i, name in enumerate(chain):
            if name[0] in "([":
                value = self._look_up(chain[:i])
                taken = tuple(one for one in value if type(one) is not Held)
                return together(taken, self._walk(value, chain[i:]))
        return self._look_up(chain)

    def _named(self, name: str) -> Value:
        value = self._environment.get(name)
        if value is not None:
            return value
        if name in _BUILTINS:
            return (Library(("builtins", name)),)
        found: list = []
        for module in list(self._stars)[: -_MOST_STARS - 1 : -1]:
            known = _exports(module)
            if known is None or name in known:
                found.append(Library((*module.split(".")[:LONGEST_CHAIN], name)))
            if known is not None and name in known:
                break
        return tuple(found)

    def _walk(self, value: Value, steps: Chain) -> Value:
        for name in steps:
            if not value:
                return ()
            if name[0] == "(":
                value = self._called(value, name, ())
            elif name[0] == "[":
                value = together(*(self._picked(one, name) for one in value))
            else:
                value = tuple(_attribute(one, name) for one in value)
        return value

    def _called(self, value: Value, literal: str, arguments: Value) -> Value:
        """What calling a value returns. literal: "(text" for a call with that string."""
        found = []
        for one in value:
            if type(one) is Held:
                found.append(picked(one, literal) if literal != "(" else one.all)
            elif type(one) is Code:
                if one.is_class:
                    found.append((one,))
                    continue
                found.append(tuple(inner for inner in one.gives if inner is one))
                if one.passes or one in one.gives:  # an argument, or a closure that may hold it
                    found.append(arguments)
                others = tuple(inner for inner in one.gives if type(inner) is tuple)
                found += [self._look_up(inner) for inner in others]
            elif type(one) is Library:
                found.append(self._called_library(one, literal[1:], arguments))
        return together(*found)

    def _called_library(self, library: Library, literal: str, arguments: Value) -> Value:
        last = library[-1]
        dotted = ".".join(library[-2:]) if len(library) < 4 else last
        if literal:
            if dotted == "importlib.import_module" or library == ("sys", "modules", "get"):
                return (Library(literal.split(".")[:LONGEST_CHAIN]),)
            if last == "__import__":
                return (Library(literal.split(".")[:1]),)
            if library[:2] == ("builtins", "globals") and last == "get":
                return self._environment.get(literal, ())
            if last == "get" and library[-2:-1] == ("__dict__",):
                return (Library((*library[:-2], literal)),)
            if last in ("__getattr__", "__getattribute__"):
                return (Library((*library[:-1], literal)),)
        if dotted in ("builtins.globals", "builtins.locals"):
            return (Library(("builtins", "globals", "()")),)
        if library[0] == "functools" or dotted in _WRAPPERS:
            return together(arguments, (library,) if library[0] == "functools" else ())
        if _is_class(library):
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
                return self._environment.get(name[1:], ())
            if one[-1] == "__dict__":
                return (Library((*one[:-1], name[1:])),)
        return ()

    # Helpers

    def _linked(self, code: Code) -> tuple[tuple, tuple]:
        """Library names that a Code uses, and its helpers, each with the name it goes by."""
        links = self._links.get(code)
        if links is not None:
            return links
        libraries: dict[Library, None] = {}
        helpers: dict[tuple[str | None, Code], None] = {}

        def note(value: Value, name: str | None) -> None:
            for one in value:
                if type(one) is Library:
                    libraries[one] = None
                elif type(one) is Code:
                    helpers[name, one] = None
                else:
                    note(one.all, name)

        for chain in code.late:
            value = self._used_late.get(chain)
            if value is None:
                value = self._used_late[chain] = self._used(chain)
            note(value, chain[0].removeprefix(GLOBAL))
        note(self._early.get(code, ()), None)
        note(self._attached.get(code, ()), None)
        links = self._links[code] = tuple(libraries), tuple(helpers)
        return links


def defined(trees: Sequence[ast.Module | None]) -> dict[str, int]:
    """Names that the cells define or assign, and the number (from 1) of the last cell that does.

    What is imported is not defined.
    """
    return Names(trees).defined()


def _attribute(one, name: str):
    """One step along an attribute; an instance's and a class's lead back to their code."""
    if type(one) is Library:
        return Library((*one, name)) if len(one) < LONGEST_CHAIN else one
    return one


def _is_class(library: Library) -> bool:
    """Whether it is named like a class; what it makes is known by its name."""
    return library[-1].lstrip("_")[:1].isupper()


def _is_module(one) -> bool:
    return type(one) is Library and not _is_class(one)


def _unpacked(event: AtOnce) -> Iterator:
    """The events of an assignment, of lists within its lists too."""
    for inner in event.events:
        if type(inner) is AtOnce:
            yield from _unpacked(inner)
        else:
            yield inner


def _exports(module: str) -> frozenset[str] | None:
    """What ``from module import *`` brings, for libraries that the judge has; else None.

    The submission's word selects among modules that are there; it imports none.
    """
    if module.partition(".")[0] not in ("bnlib", "math", "numpy") or module not in sys.modules:
        return None
    names = vars(sys.modules[module])
    listed = names.get("__all__")
    return (
        frozenset(name for name in names if name[0] != "_") if listed is None else frozenset(listed)
    )
