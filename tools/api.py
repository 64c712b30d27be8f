"""A Sphinx extension: docstrings as this project writes them, as reStructuredText for autodoc.

A docstring is to be read in a terminal: names stand in single backticks, a formula is indented
behind an empty line, and a * is a product. Here the first become code, the second a literal block,
and signs of reStructuredText lose their meaning; sections such as "Raises:" are left to napoleon.
Fields of a named tuple are in its signature and are not listed.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"(``?)([^`]+)\1")
_SIGN = re.compile(r"([*|])")
_SECTION = re.compile(r"^(Attributes|Args|Returns|Raises|Example|Note)s?:$")


def as_rst(lines: list[str]) -> list[str]:
    """The lines of a docstring with code and formulas marked as such."""
    result, section, literal = [], False, False
    for number, line in enumerate(lines):
        indented = line.startswith("    ")
        if line.strip() and not indented:
            section, literal = bool(_SECTION.match(line)), False
        elif indented and not section and not literal and number and not lines[number - 1].strip():
            result += ["::", ""]
            literal = True
        result.append(line if literal else _line(line))
    return result


def _line(line: str) -> str:
    """Code in double backticks, and no sign outside of it that means something."""
    parts = _CODE.split(line)  # text, quotes, code, text, quotes, code, ..., text
    for i, part in enumerate(parts):
        parts[i] = _SIGN.sub(r"\\\1", part) if i % 3 == 0 else "" if i % 3 == 1 else f"``{part}``"
    return "".join(parts)


def convert(app, what, name, obj, options, lines: list[str]) -> None:
    lines[:] = as_rst(lines)


def skip_fields(app, what, name, obj, skip, options):
    """True for a field of a named tuple, which says no more than its number."""
    return True if (obj.__doc__ or "").startswith("Alias for field number") else None


def setup(app):
    app.setup_extension("sphinx.ext.autodoc")
    # Before napoleon, which connects at 500.
    app.connect("autodoc-process-docstring", convert, priority=400)
    app.connect("autodoc-skip-member", skip_fields)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
