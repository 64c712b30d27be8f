"""Links of pages and of their styles, and the files and anchors that they name."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

# Attributes that name a file; srcset names several, each with a size behind it.
FILES = ("href", "src", "poster", "data-src")
SETS = ("srcset", "imagesrcset")
URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
REFRESH = re.compile(r"\burl=(.+)", re.IGNORECASE)


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.anchors, self.pictures = path, [], set(), []
        self.in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = {key: value for key, value in attributes if value is not None}
        self.anchors.update(attributes[k] for k in ("id", "name") if attributes.get(k))
        if tag == "base":  # in 404.html where SITE_URL is given: the folder that it lies in
            return
        self.links += [attributes[key] for key in FILES if key in attributes]
        for key in SETS:
            parts = re.split(r",\s+", attributes.get(key, ""))
            self.links += [part.split()[0] for part in parts if part.strip()]
        self.links += URL.findall(attributes.get("style", ""))
        if attributes.get("http-equiv", "").lower() == "refresh":
            self.links += REFRESH.findall(attributes["content"])
        if tag == "img":
            self.pictures.append(attributes)
        self.in_style = tag == "style"

    def handle_data(self, data):
        if self.in_style:
            self.links += URL.findall(data)

    def handle_endtag(self, tag):
        self.in_style = False


def target_of(link, path):
    """The file that a link names, or None for one of another host."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    return target / "index.html" if target.is_dir() else target


def broken_links(pages):
    """(page, link) for each link to a file or an anchor that is not there."""
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target, fragment = target_of(link, path), urlsplit(link).fragment
            if target is None:
                continue
            there = target.is_file()
            if there and fragment and target in pages:
                there = unquote(fragment) in pages[target].anchors
            if not there:
                broken.append((path.name, link))
    return broken


def broken_in_styles(pages):
    """(style sheet, address) for each file that a page's styles name and that is not there."""
    sheets = {target_of(link, path) for path, page in pages.items() for link in page.links}
    waiting = {sheet for sheet in sheets if sheet and sheet.suffix == ".css"}
    broken, seen = [], set()
    while waiting:
        sheet = waiting.pop()
        seen.add(sheet)
        for link in URL.findall(sheet.read_text(encoding="utf-8")):
            target = target_of(link, sheet)
            if target is None or link.startswith("#"):
                continue
            if not target.is_file():
                broken.append((sheet.name, link))
            elif target.suffix == ".css" and target not in seen:
                waiting.add(target)
    return broken
