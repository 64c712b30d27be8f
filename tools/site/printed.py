"""A Sphinx extension: every page links the book as one PDF, where `make pdf` has printed it.

The PDF is made from the finished site, so the link comes into pages that are written already; a
page that is written anew gets it again, and where there is no PDF no page has the link.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

NAME = "batch-normalization.pdf"
FOOTER = '<div class="bd-footer-content__inner container">'
LINK = (
    '<div class="footer-item pdf-link"><p>'
    '<a href="{path}">The whole book as one PDF</a> ({size:.0f} MB)</p></div>'
)
_THERE = re.compile(r'<div class="footer-item pdf-link">.*?</div>')
# Of others in the site's folder: their pages are not the book's.
FOREIGN = {"_static", "lite", "vendor"}


def linked(text: str, link: str) -> str:
    """The HTML of a page with this link in its foot, and no older one."""
    text = _THERE.sub("", text)
    return text.replace(FOOTER, FOOTER + link, 1) if link else text


def link(site: Path) -> int:
    """Give every page the link, or take it away; returns how many pages were written."""
    pdf, changed = site / NAME, 0
    for page in site.rglob("*.html"):
        if page.relative_to(site).parts[0] in FOREIGN:
            continue
        path = Path(os.path.relpath(pdf, page.parent)).as_posix()
        new = LINK.format(path=path, size=pdf.stat().st_size / 1e6) if pdf.is_file() else ""
        text = page.read_text("utf-8")
        if (fresh := linked(text, new)) != text:
            page.write_text(fresh, "utf-8")
            changed += 1
    return changed


def after_pages(app, exception) -> None:
    if not exception and app.builder.format == "html":
        link(Path(app.outdir))


def setup(app):
    app.connect("build-finished", after_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
