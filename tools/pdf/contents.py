"""What the book holds, in the order of the table of contents."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml


class Page(NamedTuple):
    """A page of the site: its name, such as "book/04_algorithm", the part that it stands in, and
    its title in the table of contents, or "" where that leaves it to the page.
    """

    name: str
    part: str
    title: str = ""


def pages(toc: Path, site: Path) -> list[Page]:
    """The pages of a table of contents that the site has.

    Raises:
        FileNotFoundError: the site has none of them: it is not built, or another one.
    """
    listed = yaml.safe_load(toc.read_text("utf-8"))
    found = [Page(listed["root"], "")]
    for part in listed.get("parts", ()):
        found += [
            Page(chapter["file"], part["caption"], chapter.get("title", ""))
            for chapter in part["chapters"]
        ]
    there = [page for page in found if (site / f"{page.name}.html").is_file()]
    if not there:
        raise FileNotFoundError(f"{site} holds no page of {toc}: build the book first")
    return there


def key(name: str, anchor: str = "") -> str:
    """The id, in the one document, of a page or of an anchor on it."""
    page = name.replace("/", "-")
    return f"{page}--{anchor}" if anchor else page
