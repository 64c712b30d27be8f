"""Our own modules have addresses that change with what they say: ``page.js?v=1f0c...``.

A browser keeps a script for a while. If a module came old and what it imports came new, a page
would run a mixture that nobody has tried. So each module is asked for with a hash of its own text
and of the text of all that it can load, in the pages and in other modules alike; the same module
has the same address everywhere, because two addresses would be two instances of it.

What is read: ``from "./x.js"``, ``import "./x.js"``, ``import("./x.js")`` and
``new URL("x.js", import.meta.url)``, written with the name as a plain string.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

STATIC = "_static"
FOLDERS = ("figures", "live", "practice")

# The name of a module where code loads one. The query is the hash of an earlier build.
_NAMED = re.compile(
    r"""(?:\b(?:from|import)\s*\(?\s*(?=["']\.)"""
    r"""|\bnew\s+URL\(\s*(?=["'][^"']+["']\s*,\s*import\.meta\.url))"""
    r"""(["'])(?P<name>[^"'?\n]+\.js)(?P<query>\?v=\w+)?\1"""
)
# What stands before it on its line where it is in a comment: types there name modules too.
_COMMENT = re.compile(r"\s*(?://|/?\*)|.*\s//\s")
_LINKED = re.compile(
    rf'(?P<start>\b(?:src|href)=")(?P<up>(?:\.\./)*){STATIC}/'
    rf'(?P<name>(?:{"|".join(FOLDERS)})/[\w./-]+\.js)(?:\?[^"]*)?"'
)


@dataclass(frozen=True)
class Modules:
    """The modules of a site.

    hashes: of each module, by its path in ``_static``. lacking: of a module that names one that
    is not in the site, itself or by another one, the name of that one; it has no hash.
    """

    hashes: dict[str, str]
    lacking: dict[str, str]

    def linked(self, html: str) -> str:
        """A page that asks for modules (scripts, and links that load them early) by their hashes.

        Raises:
            FileNotFoundError: the page names a module that is not in the site, or lacks another.
        """

        def with_hash(match: re.Match) -> str:
            name = match["name"]
            if name not in self.hashes:
                lacks = self.lacking.get(name)
                raise FileNotFoundError(
                    f"a page loads {name}, which "
                    + (f"needs {lacks}; that is not in the site" if lacks else "is not in the site")
                )
            return f'{match["start"]}{match["up"]}{STATIC}/{name}?v={self.hashes[name]}"'

        return _LINKED.sub(with_hash, html)


def address(site: Path) -> Modules:
    """Give the modules of a built site their addresses of each other."""
    static = site / STATIC
    paths = [p for folder in FOLDERS for p in sorted((static / folder).rglob("*.js"))]
    written = {p.relative_to(static).as_posix(): p.read_text("utf-8") for p in paths}
    texts = {name: bare(text) for name, text in written.items()}
    modules = hashed(texts)
    for path, (name, old) in zip(paths, written.items(), strict=True):
        new = _with_hashes(name, texts[name], modules.hashes)
        if new != old:
            path.write_text(new, "utf-8")
    return modules


def hashed(texts: dict[str, str]) -> Modules:
    """A hash of each module and of all that it comes to; one that changes, changes them all.

    A site that was built before may have modules that no page loads any more, and these name
    modules that are gone: that matters where a page loads them.

    texts: modules without hashes in them, by path. Modules may import each other in a circle.
    """
    named = {name: _named(name, text) for name, text in texts.items()}
    hashes, lacking = {}, {}
    for name in texts:
        reached, waiting = set(), [name]
        while waiting:
            one = waiting.pop()
            if one not in reached:
                reached.add(one)
                waiting += named.get(one, ())
        gone = sorted(reached - texts.keys())
        if gone:
            lacking[name] = gone[0]
            continue
        whole = hashlib.sha256()
        for one in (name, *sorted(reached)):
            whole.update(f"{one}\0{len(texts[one])}\0{texts[one]}".encode())
        hashes[name] = whole.hexdigest()[:12]
    return Modules(hashes, lacking)


def bare(text: str) -> str:
    """A module as it was written, without hashes."""
    return _replaced(text, lambda name: name)


def _named(name: str, text: str) -> set[str]:
    """The paths of our modules that a module names."""
    found = set()

    def note(specifier: str) -> str:
        path = _path(name, specifier)
        if path:
            found.add(path)
        return specifier

    _replaced(text, note)
    return found


def _with_hashes(name: str, text: str, hashes: dict[str, str]) -> str:
    def given(specifier: str) -> str:
        path = _path(name, specifier)
        return f"{specifier}?v={hashes[path]}" if path in hashes else specifier

    return _replaced(text, given)


def _path(name: str, specifier: str) -> str | None:
    """The path of the module that ``name`` means; None for a module that is not ours."""
    parts: list[str] = []
    for part in (*PurePosixPath(name).parent.parts, *PurePosixPath(specifier).parts):
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts) if parts and parts[0] in FOLDERS else None


def _replaced(text: str, change: Callable[[str], str]) -> str:
    """The module with each name of another one replaced by what ``change`` makes of it."""

    def replaced(match: re.Match) -> str:
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if _COMMENT.match(line):
            return match[0]
        before = text[match.start() : match.start("name")]
        return f"{before}{change(match['name'])}{match[1]}"

    return _NAMED.sub(replaced, text)
