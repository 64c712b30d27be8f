"""How a page is made and kept: the templates, the addresses in the book, the file."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bnlib.grader.reports import bytecode, texts

_SECTION = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*\.html(?:#[A-Za-z0-9_-]+)?")


def _shown(value):
    """What a template prints: every text is made plain, whoever wrote it, then escaped."""
    return texts.plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _points(value: float) -> str:
    return f"{value:.10g}"


def _of(value: float, possible: float) -> str:
    return f"{value:.10g} of {possible:.10g}"


_templates = Environment(
    loader=PackageLoader("bnlib.grader.reports"),
    autoescape=True,
    finalize=_shown,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
    bytecode_cache=bytecode.beside(__file__, texts.__file__),
)
_templates.filters.update(name=texts.name, prose=texts.prose, points=_points, of=_of)


def filled(template: str, **values) -> str:
    """The page that a template makes of these values."""
    return _templates.get_template(template).render(values)


def checked_book(book: str | None) -> str | None:
    """The address of the built book's root, without a slash at its end; None stays None.

    Raises:
        ValueError: it is no address of a page (``javascript:``, say, or with a space in it).
    """
    if not book:
        return None
    odd = any(sign <= " " or sign in "\"'<>\\`" for sign in book)
    if odd or urlsplit(book).scheme not in ("http", "https", "file", ""):
        raise ValueError(
            f"the book's address is {book!r}, expected one that begins with https://, http:// "
            "or file://, or a relative path"
        )
    return book.rstrip("/")


def link(book: str | None, section: str) -> str | None:
    """Where a section stands, or None without a book or with what is no section's address."""
    if book is None or not _SECTION.fullmatch(section):
        return None
    return f"{book}/{section}"


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all: a reader never meets half of one.

    Raises:
        OSError: it can't be written; what stood there before is left as it was.
    """
    handle, temporary = tempfile.mkstemp(prefix=".page-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
