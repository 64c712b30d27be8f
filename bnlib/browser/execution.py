"""Running cells one after the other in a namespace of their own, as a new kernel would."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import sys
import traceback
import types
import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

from bnlib.browser.cells import Cell

# Of what a cell prints, characters that are shown; a loop that prints would fill the page.
MOST_PRINTED = 20_000
MAGIC = "The page runs Python alone: what begins with %, ! or ? works in Jupyter."


class Ran(NamedTuple):
    """What came of a cell: what it printed, the value of its last line, and what it raised."""

    printed: str
    value: Any
    error: str


class Namespace:
    """The names that cells define, in a module called ``__main__`` that begins empty."""

    def __init__(self):
        self.module = types.ModuleType("__main__")
        self._labels: dict[str, str] = {}

    @property
    def names(self) -> dict[str, Any]:
        return vars(self.module)

    def execute(self, cell: Cell) -> Ran:
        """Run a cell to its end or to what it raises; nothing but a stop from outside passes."""
        file = f"<cell {cell.id}>"
        self._labels[file] = cell.exercise and f"the cell of {cell.exercise}"
        # Tracebacks and `inspect` look here for the lines of a file that is none.
        linecache.cache[file] = len(cell.source), None, cell.source.splitlines(True), file
        value, error = None, ""
        with printed() as out, self.as_main():
            try:
                value = self._run(cell.source, file)
            except KeyboardInterrupt:
                raise
            except BaseException as raised:  # sys.exit() in a cell ends the cell
                error = self.told(raised, file)
        return Ran(out.text(), value, error)

    def _run(self, source: str, file: str):
        tree = ast.parse(source, file)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        # Not the flags of this file: what its __future__ imports is no affair of the cell's.
        exec(compile(tree, file, "exec", dont_inherit=True), self.names)
        if last is not None:
            return eval(compile(last, file, "eval", dont_inherit=True), self.names)
        return None

    @contextlib.contextmanager
    def as_main(self) -> Iterator[None]:
        """While it lasts the module of these names is the one that classes find as their own."""
        before = sys.modules.get("__main__")
        sys.modules["__main__"] = self.module
        try:
            yield
        finally:
            if before is not None:
                sys.modules["__main__"] = before

    def told(self, error: BaseException, here: str) -> str:
        """An exception and the reader's own lines that led to it, the last one last.

        Args:
            error: what was raised. here: the file of the cell that is spoken of.
        """
        if isinstance(error, SyntaxError) and error.filename == here:
            return _syntax(error)
        lines = []
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename in self._labels:
                place = "" if frame.filename == here else self._labels[frame.filename]
                within = "" if frame.name == "<module>" else f", in {frame.name}"
                lines.append(f"line {frame.lineno}{place and ' of '}{place}{within}:")
                lines.append(f"    {(frame.line or '').strip()}")
        lines += traceback.format_exception_only(type(error), error)
        return "\n".join(line.rstrip("\n") for line in lines)


class Printed(io.StringIO):
    """What is written to it, up to a length; the rest is counted."""

    left_out = 0

    def write(self, text: str) -> int:
        room = max(MOST_PRINTED - self.tell(), 0)
        self.left_out += max(len(text) - room, 0)
        super().write(text[:room])
        return len(text)

    def text(self) -> str:
        rest = f"\n... and {self.left_out:,} characters more" if self.left_out else ""
        return self.getvalue() + rest


@contextlib.contextmanager
def printed() -> Iterator[Printed]:
    """Collect what is printed and warned of, each warning with its line and no path."""
    out = Printed()

    def warn(message, category, filename, lineno, file=None, line=None):
        own = filename.startswith("<cell ")
        source = linecache.getline(filename, lineno).strip() if own else ""
        place = f" in line {lineno}" if own else ""
        out.write(f"{category.__name__}{place}: {message}\n{source and f'    {source}'}\n")

    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(out),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("default")
        warnings.showwarning = warn
        yield out


def _syntax(error: SyntaxError) -> str:
    line = (error.text or "").rstrip("\n")
    said = [f"line {error.lineno}:", f"    {line}"]
    if error.offset and error.offset <= len(line) + 1:
        said.append(f"    {' ' * (error.offset - 1)}^")
    said.append(f"{type(error).__name__}: {error.msg}")
    if line.lstrip()[:1] in ("%", "!", "?"):
        said.append(MAGIC)
    return "\n".join(said)
