"""The line below an exercise's heading: its points and where the book explains it."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_parser.mdit_to_docutils.base import default_slugify

from bnlib.checks import registry

PLACE = re.compile(r"^\{\{ *exercise +(\w+) *\}\}$", re.MULTILINE)


def header(name: str, book: Path) -> str:
    """Points, difficulty, minutes and section of a registered exercise, as Markdown.

    Args:
        name: the exercise's. book: the folder of the chapters.

    Raises:
        ValueError: no such exercise, or its section is not in the book.
    """
    exercise = registry.lookup(name)
    section = exercise.section
    slug = heading_slug(book / f"{section.chapter}.md", section.label)
    return (
        f"Points {exercise.points:g} · difficulty {exercise.difficulty} of 5 · "
        f"about {exercise.minutes} minutes · "
        f"practises [{section.title}](../book/{section.chapter}.md#{slug})"
    )


def heading_slug(chapter: Path, label: str) -> str:
    """What links in Markdown call the heading that bears a label, in MyST and elsewhere."""
    if not chapter.is_file():
        raise ValueError(f"the book has no chapter {chapter.name}")
    text = chapter.read_text(encoding="utf-8")
    found = re.search(rf"^\({re.escape(label)}\)=$", text, re.MULTILINE)
    if not found:
        raise ValueError(f"{chapter.name} has no label ({label})=")
    line = text.count("\n", 0, found.start())
    parser = MarkdownIt().use(dollarmath_plugin)
    parser.use(anchors_plugin, max_level=6, slug_func=default_slugify)
    for token in parser.parse(text):
        if token.type == "heading_open" and token.map[0] > line:
            return token.attrs["id"]
    raise ValueError(f"{chapter.name} has no heading after ({label})=")


def filled(source: str, book: Path) -> str:
    """A Markdown cell with each ``{{ exercise NAME }}`` replaced by its header."""
    return PLACE.sub(lambda place: header(place[1], book), source)
