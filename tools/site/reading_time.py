"""A Sphinx extension: under a chapter's title, about how long it takes to read.

Counted are the words of the text, at 200 a minute, and for each cell half a minute to look at what
it does and shows. Words of code, outputs and quizzes do not count.
"""

from __future__ import annotations

import math

from docutils import nodes

WORDS_A_MINUTE = 200
MINUTES_A_CELL = 0.5
TEXT = (nodes.paragraph, nodes.title, nodes.term)


def is_chapter(doc: str) -> bool:
    """Whether a page is one of the numbered chapters of book/."""
    folder, _, name = doc.rpartition("/")
    return folder == "book" and name[:2].isdigit()


def cells(doctree: nodes.document) -> int:
    """Code cells that a reader sees, those included that are folded."""
    return sum(
        "cell" in node["classes"] and "tag_remove-cell" not in node["classes"]
        for node in doctree.findall(nodes.container)
    )


def words(doctree: nodes.document) -> int:
    """Words of the text; nothing that lies in a cell."""
    return sum(
        len(node.astext().split()) for node in doctree.findall(_is_text) if not _in_cell(node)
    )


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, TEXT)


def _in_cell(node: nodes.Node) -> bool:
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.container) and "cell" in node["classes"]:
            return True
    return False


def minutes(doctree: nodes.document) -> int:
    """Rounded up to a multiple of five."""
    exact = words(doctree) / WORDS_A_MINUTE + cells(doctree) * MINUTES_A_CELL
    return 5 * max(1, math.ceil(exact / 5))


def add_time(app, pagename, templatename, context, doctree) -> None:
    # Into the page and not into the document: the search does not index it.
    if doctree is not None and is_chapter(pagename):
        line = f'<p class="reading-time">About {minutes(doctree)} minutes to read</p>'
        context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)


def setup(app):
    app.connect("html-page-context", add_time)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
