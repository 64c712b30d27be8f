"""Texts of strangers, made fit to stand on a page: no control signs, no overlong ones.

What means something in HTML is not touched here: the templates escape it.
"""

from __future__ import annotations

import re
import unicodedata

from markupsafe import Markup, escape

LONGEST = 1000  # characters of one text
MOST_LINES = 24
MOST_MARKS = 4  # combining marks on one letter; more of them draw over the lines above and below

# Colours and cursor movements of terminals, also one that the text's end cuts short.
_TERMINAL = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*(?:[@-~]|\Z)|\][^\x07\x1b]*(?:\x07|\x1b\\|\Z)|[@-Z\\^_]?)"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Controls, signs that turn the direction of what follows, halves of surrogate pairs, tags.
_UNSHOWN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_CODE = re.compile(r"`([^`\n]+)`")


def plain(text: str, longest: int = LONGEST) -> str:
    """A text as it can be shown: terminal codes dropped, other unshown signs as U+FFFD.

    Of what is longer than ``longest`` characters or ``MOST_LINES`` lines the beginning is kept,
    and how much was left out is said.
    """
    if len(text) <= longest and text.isascii() and text.isprintable():
        return text  # most texts: a page has hundreds
    shown = text[:longest]
    if not shown.isprintable():
        shown = _BREAKS.sub("\n", _TERMINAL.sub("", shown))
        shown = _UNSHOWN.sub("\ufffd", shown)
        lines = shown.split("\n", MOST_LINES)
        if len(lines) > MOST_LINES:
            shown = "\n".join(lines[:MOST_LINES])
            return f"{_unstacked(shown)}\n[… more lines were left out]"
    shown = _unstacked(shown)
    if len(text) > longest:
        return f"{shown}… [{len(text) - longest:,} more characters were left out]"
    return shown


def _unstacked(text: str) -> str:
    if text.isascii():
        return text
    kept, stacked = [], 0
    for sign in text:
        stacked = stacked + 1 if unicodedata.category(sign) in ("Mn", "Me") else 0
        if stacked <= MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def name(text: str) -> str:
    """A name or an id: on one line, short."""
    return " ".join(plain(text, 80).split())


def prose(text: str) -> Markup:
    """A message, escaped, with what stands between backticks set as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(plain(text)))))
