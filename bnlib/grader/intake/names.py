"""Names that came from outside: shown to people, and turned into names of files.

A student's id may be anything: ``../../x``, ``con``, 5,000 characters, a right-to-left override.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

# Letters and digits that any file system keeps as they are, and tells from each other.
_ORDINARY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")
# Windows opens a device where one of these stands before the first dot.
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9]|lpt[0-9])(\.|$)", re.I)


def safe_filename(student: str) -> str:
    """A name for a student's file, without an ending: another one for every id.

    An ordinary id in small letters stays as it is. macOS and Windows do not tell ``Alice`` from
    ``alice``: capitals are counted in a suffix ("Alice+1"; bit i of the hexadecimal number is
    letter i). Any other id becomes what is readable of it and a digest ("x+5f3a..."). "+" stands
    in no id that is left unchanged, so no two names are alike, whatever the case.

    Returns:
        at most 100 bytes of ASCII, without a separator, a leading or final dot, a space, or a
        name that Windows reserves.
    """
    ordinary = _ORDINARY.fullmatch(student) and student[-1] != "." and not _DEVICE.match(student)
    if ordinary:
        capitals = sum(1 << at for at, letter in enumerate(student) if letter.isupper())
        return f"{student}+{capitals:x}" if capitals else student
    plain = unicodedata.normalize("NFKD", student[:200]).encode("ascii", "ignore").decode()
    readable = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:40] or "student"
    # 128 bits: nobody finds two ids that share them. Lone surrogates are ids too.
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{readable}+{digest}"


def printable(name: str) -> str:
    """A name from a file system as text that can be stored: a byte that is not UTF-8, which Python
    holds as half of a surrogate pair, is written out (``\\udce9``)."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(text: str, limit: int = 120) -> str:
    """A name as a sentence quotes it: one line, nothing that steers the terminal, not too long.

    Control characters, direction marks and lone surrogates are written out (``\\u202e``). HTML is
    left alone: who makes a page escapes it.
    """
    if len(text) > limit:
        text = f"{text[: limit // 2]}…{text[-(limit // 2 - 1) :]}"
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
