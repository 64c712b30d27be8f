"""A Sphinx extension: each page says in its head what it is about, and has the course's icon."""

from __future__ import annotations

import html
import re
import unicodedata

from docutils import nodes

GREEK = re.compile(r"\\([a-z]+)")
LENGTH = 155  # characters that a search engine shows
ICONS = (
    ("icon", "icons/favicon.ico", ' sizes="32x32"'),
    ("icon", "icons/favicon.svg", ' type="image/svg+xml"'),
    ("apple-touch-icon", "icons/touch.png", ""),
)
# Pages that Sphinx makes, which have no text of their own.
OTHERS = {
    "search": "Search the course on batch normalization.",
    "genindex": "Index of the course on batch normalization: functions, classes and terms.",
    "py-modindex": "The modules of bnlib, the library of the course on batch normalization.",
    "prf-prf": "Theorems and definitions of the course on batch normalization.",
    "404": "There is no such page in the course on batch normalization.",
}


def description(doctree: nodes.document) -> str:
    """The first paragraph of a page, with the list that it introduces; "" without one.

    Cut at the end of a sentence or of a word.
    """
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section | nodes.document):
            text = _words(paragraph)
            if not text.endswith((".", "?", "!")):
                text = " ".join([text, *_items(paragraph)])
            if len(text) > 20:
                return shorten(text)
    return ""


def _items(paragraph: nodes.paragraph) -> list[str]:
    """The items of the list that follows a paragraph."""
    following = paragraph.next_node(descend=False, siblings=True)
    if not isinstance(following, nodes.bullet_list):
        return []
    return [_words(item) for item in following.findall(nodes.paragraph)]


def _words(paragraph: nodes.paragraph) -> str:
    """The text of a paragraph in one line; a head holds no formulas but letters."""
    text = "".join(
        _letters(part.astext()) if isinstance(part, nodes.math) else part.astext()
        for part in paragraph.children
        if not isinstance(part, nodes.raw | nodes.system_message)
    )
    return " ".join(text.split())


def _letters(formula: str) -> str:
    """Greek letters as such; what is more than letters and numbers is left out."""
    text = GREEK.sub(_greek, formula)
    return text if re.fullmatch(r"[\w\s=+<>.,()-]+", text) else "…"


def _greek(command: re.Match) -> str:
    try:
        return unicodedata.lookup(f"GREEK SMALL LETTER {command[1].upper()}")
    except KeyError:
        return command[0]


def shorten(text: str, length: int = LENGTH) -> str:
    """Whole sentences as far as they fit, if that is half of it; else whole words."""
    if len(text) <= length:
        return text
    sentences = list(re.finditer(r"[.?!](?=\s)", text[: length + 1]))
    if sentences and sentences[-1].end() > length // 2:
        return text[: sentences[-1].end()]
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",;:–-") + "…"


def add_head(app, pagename, templatename, context, doctree) -> None:
    title = re.sub("<[^>]*>", "", context.get("title") or "")
    fallback = OTHERS.get(pagename, f"{html.unescape(title)}: {app.config.html_title}.")
    text = (description(doctree) if doctree else "") or fallback
    tags = [f'<meta name="description" content="{html.escape(text)}" />']
    for rel, name, more in ICONS:
        href = html.escape(context["pathto"](f"_static/{name}", 1))
        tags.append(f'<link rel="{rel}" href="{href}"{more} />')
    context["metatags"] = context.get("metatags", "") + "\n" + "\n".join(tags) + "\n"
    if context.get("meta") is not None:
        # sphinxext-opengraph, where it is loaded, says the same.
        context["meta"].setdefault("og:description", html.escape(text))


def setup(app):
    # Before sphinxext-opengraph, which adds a description where there is none.
    app.connect("html-page-context", add_head, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
