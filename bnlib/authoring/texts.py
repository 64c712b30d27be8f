"""The notebook of a solution's text (solutions/NN_name.md): solved, its regions still marked.

From it come the notebooks of exercises/ and solutions/, and what `bnlib export nbgrader` writes.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import jupytext
import nbformat

from bnlib.authoring import headers, regions

# The same on every machine: nothing of the Python that happened to run it.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}

# What belongs to an exercise's text. A cell of MyST Markdown goes on until the next code cell or
# +++, so an explanation that is not ended would take the next exercise's text with it.
_STATEMENT = re.compile(rf"^#+ .*|{headers.PLACE.pattern}", re.MULTILINE)


class ExerciseError(ValueError):
    """A notebook that cannot be made; the message begins with its file."""


def read(path: Path, book: Path) -> nbformat.NotebookNode:
    """The notebook of a solution's text, markers still in it.

    Raises:
        ExerciseError, RegionError: the message begins with file and line.
    """
    text = path.read_text(encoding="utf-8")
    file = f"{path.parent.name}/{path.name}"
    regions.check_regions(text, file)
    for place in headers.PLACE.finditer(text):
        try:
            headers.header(place[1], book)
        except ValueError as error:
            line = text.count("\n", 0, place.start()) + 1
            raise ExerciseError(f"{file}:{line}: {error}") from None

    notebook = jupytext.reads(text, fmt="md:myst")
    for cell in notebook.cells:
        if found := is_solution(cell) and _STATEMENT.search(cell.source):
            line = text[: text.index(found[0])].count("\n") + 1
            raise ExerciseError(
                f"{file}:{line}: {found[0]!r} is in a cell with the tag solution and would be left "
                "out of the exercise; end that cell with a line +++"
            )
    notebook.metadata = nbformat.from_dict(METADATA)
    seen: set[str] = set()
    for cell in notebook.cells:
        # An id made of the content: a cell that comes or goes changes no other cell's id.
        cell["id"] = _id(f"{cell.cell_type}\n{cell.source}", seen)
        if cell.cell_type == "markdown":
            cell.source = headers.filled(cell.source, book)
    return notebook


def is_solution(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell explains the answer and is left out of what students are given."""
    return "solution" in cell.metadata.get("tags", [])


def _id(content: str, seen: set[str]) -> str:
    copy = 0
    while True:
        digest = hashlib.sha256(f"{content}{copy or ''}".encode()).hexdigest()[:8]
        if digest not in seen:
            seen.add(digest)
            return digest
        copy += 1
