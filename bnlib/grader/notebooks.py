"""A notebook's bytes as cells of Python source; nothing is executed, nothing is unbounded."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bnlib.grader import cells
from bnlib.grader.intake.names import shown


class Unreadable(ValueError):
    """No notebook, or none that can be read; the message is a sentence for the student."""


@dataclass(frozen=True)
class Limits:
    """What a notebook may be at most: bytes in all, characters of code, cells, JSON values.

    The values bound the memory that parsing takes: 64 MiB of ``[],[],`` would take gigabytes.
    """

    size: int = 64 * 2**20
    code: int = 2 * 2**20
    cells: int = 50_000
    values: int = 2_000_000


@dataclass(frozen=True)
class Cell:
    """A code cell.

    Attributes:
        number: its place among all cells of the notebook, from 1. source: as it was handed in
            (half a surrogate pair, which nothing can store, is "?"). python: what runs, with
            IPython's magics as calls of ``get_ipython()``; None where it is no Python, and then
            problem says why ("SyntaxError: ...").
    """

    number: int
    source: str
    python: str | None
    problem: str = ""

    @property
    def tree(self) -> ast.Module | None:
        """The syntax tree of `python`, to read and not to change."""
        return None if self.python is None else cells.parsed(self.python).tree


@dataclass(frozen=True)
class Notebook:
    """A notebook's code cells, and the language of its kernel where that is not Python."""

    cells: tuple[Cell, ...]
    metadata_kernel: str | None = None


def read(data: bytes, limits: Limits = Limits()) -> Notebook:
    """The code cells of a notebook file, of any version of the format.

    Raises:
        Unreadable: it is no notebook, is cut off, or goes beyond a limit.
    """
    content = _json(data, limits)
    if not isinstance(content, dict):
        raise Unreadable(f"The file is no notebook: it holds {_a(content)} instead of cells.")
    # Version 4 of any minor is taken as it lies: validating it takes longer than everything else
    # here, and refuses notebooks that Jupyter opens. Older ones are converted by nbformat.
    if content.get("nbformat", 4) != 4 or "cells" not in content:
        content = _upgraded(content)
    listed = content.get("cells")
    if not isinstance(listed, list):
        raise Unreadable(f"The file is no notebook: its cells are {_a(listed)}, not a list.")
    if len(listed) > limits.cells:
        raise Unreadable(f"The notebook has more than {limits.cells:,} cells.")
    sources = list(_sources(listed))
    if sum(len(source) for _, source in sources) > limits.code:
        raise Unreadable(f"The notebook holds more than {limits.code / 2**20:g} MiB of code.")
    return Notebook(tuple(_cells(sources)), _kernel(content.get("metadata")))


def _cells(sources: list[tuple[int, str]]) -> Iterator[Cell]:
    work = 0
    for number, source in sources:
        parsed = cells.parsed(source, magics=work <= cells.MAX_WORK_OF_ALL)
        work += parsed.work
        storable = source.encode("utf-8", "replace").decode("utf-8")
        yield Cell(number, storable, parsed.python, parsed.problem)


def _sources(listed: list) -> Iterator[tuple[int, str]]:
    """(number, source) of the code cells; what is no cell counts, and is passed over."""
    for number, cell in enumerate(listed, start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                yield number, source


def _kernel(metadata) -> str | None:
    for part, key in (("kernelspec", "language"), ("language_info", "name")):
        said = metadata.get(part) if isinstance(metadata, dict) else None
        language = said.get(key) if isinstance(said, dict) else None
        if isinstance(language, str) and language:
            return None if "python" in language.lower() else shown(language, 40)
    return None


def _json(data: bytes, limits: Limits):
    if len(data) > limits.size:
        raise Unreadable(f"The file is larger than {limits.size / 2**20:g} MiB.")
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("The file is empty.")
    for start, what in _STRANGERS:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[: len(start)].lower() == start:
            raise Unreadable(f"The file is no notebook but {what}.")
    if _values(data, limits.values) > limits.values:
        raise Unreadable(f"The notebook holds more than {limits.values:,} values.")
    try:
        # UTF-8, UTF-16 or UTF-32, told by the first bytes.
        text = data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is not UTF-8 text: byte {error.start + 1} is wrong.") from None
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        end = text.rstrip()  # empty where the file holds Unicode's blanks only
        at_end = error.pos >= len(end) - 1 and not end.endswith(("]", "}"))
        if at_end or error.pos >= len(end) or error.msg.startswith("Unterminated string"):
            raise Unreadable("The notebook breaks off: the file was cut short.") from None
        raise Unreadable(
            f"The file is no notebook: its JSON is wrong in line {error.lineno} ({error.msg})."
        ) from None
    except RecursionError:
        raise Unreadable("The file is no notebook: its JSON is nested too deeply.") from None
    except ValueError:  # a number of more digits than Python converts
        raise Unreadable("The file is no notebook: it holds a number that is too long.") from None


# Files that are handed in by mistake, by how they start (in small letters).
_STRANGERS = (
    (b"<", "a page of HTML or XML: hand in the .ipynb file itself"),
    (b"pk\x03\x04", "a zip archive"),
    (b"%pdf", "a PDF: hand in the .ipynb file itself"),
    (b"#", "a Python script: hand in the .ipynb file itself"),
    (b"import ", "a Python script: hand in the .ipynb file itself"),
    (b"from ", "a Python script: hand in the .ipynb file itself"),
)
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


def _values(data: bytes, limit: int) -> int:
    """An upper bound on the values in JSON, without parsing it; beyond the limit, any number."""

    def count(text):
        return sum(map(text.count, (b"[", b"{", b",")))

    bound = count(data)
    if bound <= limit:
        return bound
    # Printed arrays are full of brackets, and are one value: count outside of strings.
    bound, end = 0, 0
    for string in _STRING.finditer(data):
        bound += 1 + count(data[end : string.start()])
        end = string.end()
        if bound > limit:
            return bound
    return bound + count(data[end:])


def _upgraded(content: dict) -> dict:
    """A notebook of an older format as version 4."""
    import nbformat

    try:
        version = content.get("nbformat", 3 if "worksheets" in content else None)
        if type(version) is not int or not 1 <= version <= 4:
            said = "no version" if version is None else f"version {shown(repr(version), 20)}"
            raise Unreadable(f"The file is no notebook that can be read: it names {said}.")
        if version == 4:
            return content
        content = {"metadata": {}, "nbformat_minor": 0, **content, "nbformat": version}
        return nbformat.convert(nbformat.from_dict(content), 4)
    except Unreadable:
        raise
    except Exception as error:  # whatever a conversion trips over in a hostile file
        raise Unreadable(
            "The notebook is of an old format, and cannot be converted "
            f"({type(error).__name__}): save it again in Jupyter."
        ) from None


def _a(value) -> str:
    for kind, words in (
        (dict, "an object"),
        (list, "a list"),
        (str, "a text"),
        (bool, "true or false"),
        ((int, float), "a number"),
    ):
        if isinstance(value, kind):
            return words
    return "nothing"
