"""The icons of the theme: of its fonts, 300 kB, only the few signs that are drawn.

They go into the style sheet itself, so that no icon comes later than its button.
"""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FACE = re.compile(r"@font-face\s*\{([^}]*fontawesome/webfonts/[^}]*)\}\n?")
SOURCE = re.compile(r"url\(\s*[\"']?([^\"')]*\.ttf)[\"']?\s*\)")
# "\f0c9" in a style sheet: hexadecimal digits, and white space that ends them.
ESCAPED = re.compile(r"\\([0-9a-fA-F]{4,6})")


def embed(css: str, folder: Path) -> str:
    """The style sheet with its icon fonts in it, cut to the signs that its rules draw.

    ``folder``: what the addresses in it are relative to. A font of which nothing is drawn goes.
    """
    wanted = {int(digits, 16) for digits in ESCAPED.findall(css)}
    wanted |= {ord(sign) for sign in css if ord(sign) > 127}

    def cut(match: re.Match) -> str:
        source = SOURCE.search(match[1])
        if source is None:
            return match[0]
        path = folder / source[1]
        drawn = wanted & set(TTFont(path, lazy=True).getBestCmap())
        if not drawn:
            return ""
        font = base64.b64encode(_part(path, drawn)).decode("ascii")
        kept = [d for d in match[1].split(";") if d.strip() and not d.strip().startswith("src")]
        address = f'url("data:font/woff;base64,{font}") format("woff")'
        return f"@font-face{{{';'.join(kept)};src:{address}}}\n"

    return FACE.sub(cut, css)


def _part(path: Path, characters: set[int]) -> bytes:
    """The signs of a font as a WOFF file, which needs no library for its compression."""
    options = subset.Options(flavor="woff", hinting=False, layout_features=[], name_IDs=[])
    # The time in its head would make another file of every build.
    font = TTFont(path, recalcTimestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    font.flavor = "woff"
    written = io.BytesIO()
    font.save(written)
    return written.getvalue()
