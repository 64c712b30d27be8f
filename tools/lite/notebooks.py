"""The students' notebooks as JupyterLite shows them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from bnlib.authoring.headers import heading_slug
from bnlib.checks import registry

KERNEL = {"name": "python", "display_name": "Python (Pyodide)", "language": "python"}
# A page of the book, as a notebook links to it: (../book/04_algorithm.md#eps).
PAGE = re.compile(r"\]\(\.\./(?P<page>[\w/]+)\.(?:md|ipynb)(?P<anchor>#[^)\s]*)?\)")
# What stands before such a link here. JupyterLab would take a relative one for a file beside the
# notebook; site_links.js puts the site's address, which nobody knows beforehand, in its place.
SITE = "/site-of-this-course/"


def labels(root: Path) -> dict[tuple[str, str], str]:
    """By page and by the anchor that Jupyter gives a heading: the heading's label.

    The site's own anchors differ where a heading has an apostrophe; the label is on both.
    """
    sections = {exercise.section for exercise in registry.exercises()}
    return {
        (f"book/{s.chapter}", heading_slug(root / "book" / f"{s.chapter}.md", s.label)): s.label
        for s in sections
    }


def for_browser(text: str, known: Mapping[tuple[str, str], str]) -> str:
    """A notebook of exercises/, for the browser's kernel, with links to the site's pages.

    known: labels by page and anchor; an anchor that is not among them stays.
    """

    def link(match: re.Match) -> str:
        page, anchor = match["page"], (match["anchor"] or "").removeprefix("#")
        anchor = known.get((page, anchor), anchor)
        return f"]({SITE}{page}.html{'#' if anchor else ''}{anchor})"

    notebook = json.loads(text)
    notebook["metadata"]["kernelspec"] = KERNEL
    notebook["metadata"].pop("language_info", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = PAGE.sub(link, "".join(cell["source"]))
    return json.dumps(notebook, indent=1, ensure_ascii=False)


def handed_out(root: Path) -> dict[str, str]:
    """The notebooks by file name, without solutions: those of exercises/ and no others."""
    known = labels(root)
    return {
        path.name: for_browser(path.read_text("utf-8"), known)
        for path in sorted((root / "exercises").glob("*.ipynb"))
    }
