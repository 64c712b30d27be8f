"""One style sheet for all pages: the theme's, without what this site does not use, and our own.

The theme and its extensions bring a dozen sheets, 85 kB gzipped, and a page waits for each of
them before it is drawn. Of those sheets the rules stay whose classes and ids a page or a script
names; our own sheets stay whole, in the same order.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path, PurePosixPath

from tools.site.icons import embed
from tools.site.modules import bare
from tools.site.purge import purge, relocated

NAME = "_static/site.css"
LINK = re.compile(r'[ \t]*<link\b(?=[^>]*rel="stylesheet")(?=[^>]*href="([^"?]*)[^"]*")[^>]*>\n?')
MERGED = re.compile(r'<link rel="stylesheet" href="[^"]*site\.css[^"]*" data-of="([^"]*)" />\n?')
IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*;""")
OWN = "book/_static"  # in the root: sheets that are never cut
VALUES = re.compile(r'\b(?:class|id)=\\?["\']([^"\'\\]*)')
WORD = re.compile(r"[A-Za-z_][\w-]*")
# What is done to a sheet; another number makes it anew.
VERSION = 3


def merge(pages: dict[Path, str], site: Path, root: Path) -> dict[Path, str]:
    """Write the one sheet; the pages that link it anew. ``root``: the course's folder."""
    lists = {path: _sheets(html, path, site) for path, html in pages.items()}
    names = in_order(lists.values())
    own = {p.relative_to(root / OWN).as_posix() for p in (root / OWN).rglob("*.css")}
    texts = {name: _with_imports(site / "_static" / name) for name in names}
    words = used_words(pages.values(), site, root)
    given = "\n".join([str(VERSION), *sorted(words), *texts.values()])
    digest = hashlib.sha256(given.encode()).hexdigest()[:12]
    target = site / NAME
    if not target.is_file() or f"/* {digest} */" not in target.read_text("utf-8")[:40]:
        target.write_text(f"/* {digest} */\n{_one(texts, own, words, target.parent)}", "utf-8")
    changed = {}
    for path, html in pages.items():
        linked = _linked(html, lists[path], digest, path, site)
        if linked != html:
            changed[path] = linked
    return changed


def _sheets(html: str, path: Path, site: Path) -> list[str]:
    """The sheets of a page that lie in _static, by their names there, in order."""
    found = []
    merged = MERGED.search(html)
    if merged:
        found += merged[1].split()
    static = site / "_static"
    for match in LINK.finditer(html):
        if "://" in match[1] or match[1].endswith("/site.css"):
            continue
        sheet = (path.parent / match[1]).resolve()
        if sheet.is_relative_to(static) and sheet.is_file():
            found.append(sheet.relative_to(static).as_posix())
    return list(dict.fromkeys(found))


def in_order(lists) -> list[str]:
    """All names of several lists, each behind the one that it follows in its list."""
    names: list[str] = []
    for one in lists:
        place = 0
        for name in one:
            if name in names:
                place = names.index(name) + 1
            else:
                names.insert(place, name)
                place += 1
    return names


def used_words(pages, site: Path, root: Path) -> set[str]:
    """Classes and ids of the pages, and all words of the scripts, which add others."""
    words: set[str] = set()
    for html in pages:
        for value in set(VALUES.findall(html)):
            words.update(value.split())
    for script in (site / "_static").rglob("*.js"):
        if script.name != "fontawesome.js" and "locales" not in script.parts:
            words.update(WORD.findall(bare(script.read_text("utf-8"))))
    # What a cell shows when the reader runs it.
    for source in (root / "bnlib").rglob("*.py"):
        for value in VALUES.findall(source.read_text("utf-8")):
            words.update(value.split())
    return words


def _with_imports(path: Path) -> str:
    """A sheet with the sheets that it imports in their places."""

    def imported(match: re.Match) -> str:
        css = _with_imports(path.parent / match[1])
        return relocated(css, PurePosixPath(match[1]).parent)

    return IMPORT.sub(imported, path.read_text("utf-8"))


def _one(texts: dict[str, str], own: set[str], words: set[str], folder: Path) -> str:
    parts = []
    for name, css in texts.items():
        css = relocated(css, PurePosixPath(name).parent)
        parts.append(f"/* {name} */\n{css if name in own else purge(css, words)}")
    return embed("\n".join(parts), folder)


def _linked(html: str, sheets: list[str], digest: str, path: Path, site: Path) -> str:
    """The page with one link in the place of its links to the sheets."""
    depth = len(path.relative_to(site).parts) - 1
    href = f"{'../' * depth}{NAME}?v={digest}"
    link = f'<link rel="stylesheet" href="{href}" data-of="{" ".join(sheets)}" />\n'
    html = MERGED.sub("", html)

    def settled(match: re.Match) -> str:
        sheet = (path.parent / match[1]).resolve()
        is_one = sheet.is_relative_to(site / "_static") and (
            sheet.relative_to(site / "_static").as_posix() in sheets
        )
        return "" if is_one else match[0]

    html = LINK.sub(settled, html)
    # Before every script, none of which waits for it.
    title = html.index("<title>")
    return html[:title] + link + html[title:]
