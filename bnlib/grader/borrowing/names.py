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
from collections.abc import Iterator, Sequence

from bnlib.grader.borrowing.events import AtOnce, Attach, Bind, Define, Drop, Facts, Star
from bnlib.grader.borrowing.lookup import Environment, Library, is_module
from bnlib.grader.borrowing.reading import facts_of
from bnlib.grader.borrowing.spellings import forbidden_name
from bnlib.grader.borrowing.values import (
    GLOBAL,
    MOST_POSSIBLE,
    Chain,
    Code,
    Held,
    Value,
    flat,
    together,
)

_MOST_NAMES = 50
_LONGEST_NAME = 200


def _remembered(tree: ast.Module) -> Facts:
    """The facts of a cell, kept with its tree: the cells of a class are mostly the same."""
    if not hasattr(tree, "facts"):
        tree.facts = facts_of(tree)
    return tree.facts


class Names:
    """The names of one submission's cells.

    Args:
        trees: one a cell, in order; None where a cell could not be parsed.
    """

    def __init__(self, trees: Sequence[ast.Module | None]):
        self._now = Environment()
        self._early: dict[Code, Value] = {}
        self._attached: dict[Code, Value] = {}
        self._used_late: dict[Chain, Value] = {}
        self._links: dict[Code, tuple[tuple, tuple]] = {}
        self._defined: dict[str, int] = {}
        self._imported: set[str] = set()
        self._skimmed: list[int] = []
        self._crowded = False
        codes: dict[Code, None] = {}
        for number, tree in enumerate(trees, 1):
            if tree is None:
                continue
            facts = _remembered(tree)
            self._imported |= facts.imports
            if facts.skimmed:
                self._skimmed.append(number)
            for event in facts.events:
                self._take(event, number, codes)
        # What functions do to global names may have happened by the end.
        for code in codes:
            for name, value in code.sets:
                found = self._now.resolve(value)
                self._now.values[name] = together(self._now.values.get(name, ()), found)

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

        for one in flat(self._now.values.get(exercise.name, ())):
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
        """Sentences for the instructor about what could not be looked at in full."""
        said = []
        if self._skimmed:
            cells = ", ".join(map(str, self._skimmed[:5]))
            more = " and others" if len(self._skimmed) > 5 else ""
            said.append(
                f"code nested too deeply to be followed for forbidden names: cell {cells}{more}"
            )
        if self._now.full:
            said.append("too many calls of its own functions to follow them for forbidden names")
        if self._crowded:
            said.append("a name that stands for more things than are followed for forbidden names")
        return tuple(said)

    # The cells, in order

    def _take(self, event, number: int, codes: dict[Code, None]) -> None:
        kind = type(event)
        if kind is Bind:
            self._bind(event, self._now.resolve(event.value), number)
        elif kind is AtOnce:
            binds = [(e, self._now.resolve(e.value)) for e in _unpacked(event) if type(e) is Bind]
            for bind, value in binds:
                self._bind(bind, value, number)
            for other in _unpacked(event):
                if type(other) is not Bind:
                    self._take(other, number, codes)
        elif kind is Define:
            code = event.code
            codes[code] = None
            early = [self._now.used(chain) for chain in code.early]
            early += [self._now.resolve(value) for value in code.held]
            if early := [one for value in early for one in flat(value)]:
                self._early[code] = (*self._early.get(code, ()), *early)
        elif kind is Attach:
            value = self._now.resolve(event.value)
            own = self._now.values.get(event.name, ())
            for one in own:
                if type(one) is Code:
                    self._attached[one] = together(self._attached.get(one, ()), value)
            if value and not any(type(one) is Code or is_module(one) for one in own):
                held = Held({}, together(*map(flat, (own, value))))
                self._now.values[event.name] = (held,)
        elif kind is Star:
            # Its last place counts.
            self._now.stars.pop(event.module, None)
            self._now.stars[event.module] = None
        elif kind is Drop:
            self._now.values.pop(event.name, None)
            self._defined.pop(event.name, None)

    def _bind(self, event: Bind, value: Value, number: int) -> None:
        if not event.certain:
            value = together(value, self._now.values.get(event.name, ()))
        self._now.values[event.name] = value
        self._crowded = self._crowded or len(flat(value)) >= MOST_POSSIBLE
        if not event.imported:
            self._defined[event.name] = number

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
                value = self._used_late[chain] = self._now.used(chain)
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


def _unpacked(event: AtOnce) -> Iterator:
    """The events of an assignment, of lists within its lists too."""
    for inner in event.events:
        if type(inner) is AtOnce:
            yield from _unpacked(inner)
        else:
            yield inner
