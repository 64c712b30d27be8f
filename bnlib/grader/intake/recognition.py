"""Which notebook of the course a file is: by its name, else by what it defines."""

from __future__ import annotations

import codecs
import functools
import re

_DEFINED = re.compile(rb"\b(?:def|class)[ \t]+(\w{1,100})")


def by_name(filename: str, known: tuple[str, ...]) -> str | None:
    """The notebook that a file name holds ("04_algorithm (1).ipynb", "doe-04_Algorithm.ipynb")."""
    held = [name for name in known if _within(name).search(filename)]
    return held[0] if len(held) == 1 else None


def without(filename: str, notebook: str) -> str:
    """The rest of a name that holds a notebook's: "doe" of "doe_04_algorithm"."""
    return _within(notebook).sub("", filename, count=1).strip(" _-.+")


@functools.cache
def _within(notebook: str) -> re.Pattern:
    return re.compile(rf"(?<![0-9a-z]){re.escape(notebook)}(?![0-9a-z])", re.IGNORECASE)


def by_content(data: bytes, known: tuple[str, ...]) -> tuple[str, ...]:
    """The notebooks whose exercises a file defines most of: one where it is clear, none, or
    several where as many of each are defined.

    The bytes are searched, the notebook is not parsed: code stands in its JSON as it was typed.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    defined = {match.group(1) for match in _DEFINED.finditer(data)}
    counts = {name: len(defined & _exercises(name)) for name in known}
    most = max(counts.values(), default=0)
    return tuple(name for name, count in counts.items() if count == most) if most else ()


@functools.cache
def _exercises(notebook: str) -> frozenset[bytes]:
    from bnlib.checks import registry

    return frozenset(e.name.encode() for e in registry.of(notebook))
