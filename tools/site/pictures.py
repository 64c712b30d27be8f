"""Pictures keep their place before they are loaded, and load when they are near.

Each gets its width and height, so that no text moves when it comes, and is decoded beside the
page. All but the first are fetched when the reader comes near; the first may be the largest thing
on the screen, and is fetched at once.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from urllib.parse import unquote

PICTURE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"?#]+)')


def size(path: Path) -> tuple[int, int] | None:
    """(width, height) of a PNG in pixels; None for anything else."""
    if path.suffix != ".png" or not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(24)
    if not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return struct.unpack(">II", head[16:24])


def settle(html: str, path: Path) -> str:
    """The page with sizes and loading of its pictures."""
    first = True

    def settled(match: re.Match) -> str:
        nonlocal first
        tag = match[0]
        source = SOURCE.search(tag)
        if source is None or "://" in source[1] or source[1].startswith("data:"):
            return tag
        more = []
        pixels = size(path.parent / unquote(source[1]))
        if pixels and "width" not in tag and "style=" not in tag:
            more.append(f'width="{pixels[0]}" height="{pixels[1]}"')
        if "loading=" not in tag and not first:
            more.append('loading="lazy"')
        if "decoding=" not in tag:
            more.append('decoding="async"')
        first = False
        return f"{tag.rstrip('/>').rstrip()} {' '.join(more)} />" if more else tag

    return PICTURE.sub(settled, html)
