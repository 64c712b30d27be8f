"""Which cells of a chapter can run in the reader's browser, and why the others cannot."""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence

from bnlib.browser.absent import ABSENT, SETTINGS
from bnlib.browser.order import Page
from tools.dependencies import LIBRARY
from tools.site.reach import HERE, Library, bound_by, imports_in, used

_THERE = frozenset((*HERE, *sys.stdlib_module_names))
# Their output is a part of the page that scripts have already changed.
SHOWN_ELSEWHERE = ("bnlib.lab.notebook.quiz",)


def obstacles(sources: Sequence[str], library: Library) -> list[str]:
    """For each cell "", or the library that it lacks ("torch"), or "page" where it makes a quiz.

    A cell that rests on another lacks what that one lacks.
    """
    page, known, found = Page(sources), {}, []
    for cell, source in enumerate(sources):
        obstacle = _own(source, known, library)
        needed = [found[c] for c in page.closure(cell) if c < cell and found[c]]
        found.append(obstacle or (needed[0] if needed else ""))
    return found


def _own(source: str, known: dict[str, str], library: Library) -> str:
    """What a cell lacks by itself; ``known`` learns what its imports bind."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return "page"
    imported = {}
    for node in imports_in(tree):
        imported |= bound_by(node)
    known |= imported
    names = used(tree, known) - set(SETTINGS)
    if names & set(SHOWN_ELSEWHERE):
        return "page"
    # Of these a stand-in can be imported; it is their use that counts.
    asked = {name for name in imported.values() if name.partition(".")[0] not in (LIBRARY, *ABSENT)}
    return library.missing(sorted(names | asked), _THERE) or ""
