"""Bookmarks, metadata and compression of the printed book."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf

from tools.pdf.printing import destinations


def finish(content: bytes, target: Path, outline: list[tuple[int, str, str]], **said: str) -> int:
    """Write the PDF that Chromium printed, with bookmarks, and give back its number of pages.

    Args:
        outline: (level, title, name of a place) of parts, pages and sections.
        said: title, author, and what else stands in the metadata.

    Raises:
        ValueError: a bookmark leads nowhere.
    """
    with pikepdf.open(io.BytesIO(content)) as pdf:
        _mark(pdf, outline)
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = said["title"]
            metadata["dc:creator"] = [said["author"]]
            metadata["dc:rights"] = said["licence"]
            metadata["dc:language"] = ["en"]
        pdf.docinfo["/Title"], pdf.docinfo["/Author"] = said["title"], said["author"]
        pdf.Root.Lang = "en"
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
        pdf.remove_unreferenced_resources()
        target.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a reader may have the one before open.
        fresh = target.with_suffix(".part")
        pdf.save(
            fresh,
            compress_streams=True,
            recompress_flate=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
        fresh.replace(target)
        return len(pdf.pages)


def _mark(pdf: pikepdf.Pdf, outline: list[tuple[int, str, str]]) -> None:
    places = destinations(pdf)
    lost = [title for _, title, name in outline if name not in places]
    if lost:
        raise ValueError(f"nothing in the PDF is marked as {lost[:5]}")
    with pdf.open_outline() as bookmarks:
        bookmarks.root.clear()
        path: list[pikepdf.OutlineItem] = []
        for level, title, name in outline:
            item = pikepdf.OutlineItem(title, pikepdf.Array(places[name]))
            item.is_closed = level > 0
            del path[level:]
            (path[-1].children if path else bookmarks.root).append(item)
            path.append(item)
