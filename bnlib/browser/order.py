"""Which cells run before a cell, so that its output is what the page would show from top to bottom.

A cell needs, for each name that it takes, the last cell above it that gives that name. Such a cell
runs first where it has not run, where it or what it needs was edited since, or where another cell
has given the name anew in the meantime.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence

from bnlib.browser.names import NONE, names_of


class Page:
    """The cells of a page as they stand, by their place."""

    def __init__(self, sources: Sequence[str]):
        self.sources = list(sources)
        self.names, above = [], NONE
        for source in self.sources:
            # What cannot run is read all the same: it gives names that are then missing.
            above = names_of(source, above)
            self.names.append(above)

    @functools.cache  # noqa: B019 - few pages are kept
    def needs(self, cell: int) -> dict[str, int]:
        """The cells that give a cell its names, by name."""
        found, waiting = {}, set(self.names[cell].takes)
        while waiting:
            name = waiting.pop()
            giver = self._giver(name, cell)
            if giver is not None and name not in found:
                found[name] = giver
                # A function looks up its names when it is called.
                waiting |= self.names[giver].inside.get(name, frozenset())
        return found

    def _giver(self, name: str, before: int) -> int | None:
        return next((c for c in range(before - 1, -1, -1) if name in self.names[c].gives), None)

    @functools.cache  # noqa: B019
    def key(self, cell: int) -> str:
        """A hash of the cell's text and of all that its output rests on."""
        parts = [self.sources[cell]]
        parts += [self.key(giver) for giver in sorted(set(self.needs(cell).values()))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    def closure(self, cell: int) -> list[int]:
        """The cell and all that it rests on, in the page's order."""
        found, waiting = set(), {cell}
        while waiting:
            found.add(one := waiting.pop())
            waiting |= set(self.needs(one).values()) - found
        return sorted(found)


class History:
    """What has run in this interpreter: the key of each cell, and who gave each name last."""

    def __init__(self):
        self.keys: dict[int, str] = {}
        self.givers: dict[str, int] = {}

    def plan(self, page: Page, target: int) -> list[int]:
        """The cells to run, in order, the target last."""
        todo = {target}
        while True:
            givers, more = dict(self.givers), set()
            for cell in sorted(todo):
                for name, giver in page.needs(cell).items():
                    fresh = self.keys.get(giver) == page.key(giver) or giver in todo
                    if not fresh or givers.get(name) != giver:
                        more.add(giver)
                givers.update(dict.fromkeys(page.names[cell].gives, cell))
            if more <= todo:
                return sorted(todo)
            todo |= more

    def record(self, page: Page, cell: int) -> None:
        """A cell has run to its end."""
        self.keys[cell] = page.key(cell)
        self.givers.update(dict.fromkeys(page.names[cell].gives, cell))

    def forget(self, page: Page, cell: int) -> None:
        """A cell has stopped half-way: nothing of what it gives is sure."""
        self.keys.pop(cell, None)
        self.givers.update(dict.fromkeys(page.names[cell].gives, -1))


HISTORY = History()


@functools.lru_cache(maxsize=4)
def _page(sources: tuple[str, ...]) -> Page:
    return Page(sources)


def plan(sources: list[str], target: int) -> list[int]:
    """The cells to run for a target, in order, as numbers of the page's list of sources."""
    return HISTORY.plan(_page(tuple(sources)), target)


def ran(sources: list[str], cell: int, ok: bool) -> str:
    """Note that a cell has run; the key of its output."""
    page = _page(tuple(sources))
    (HISTORY.record if ok else HISTORY.forget)(page, cell)
    return page.key(cell)


def older(sources: list[str], originals: list[str], keys: list[str | None]) -> list[int]:
    """The cells whose shown output is not that of the page as it stands.

    keys: of the output that each cell shows, None where it is the one that the page came with.
    """
    now, first = _page(tuple(sources)), _page(tuple(originals))
    return [c for c, key in enumerate(keys) if (key or first.key(c)) != now.key(c)]
