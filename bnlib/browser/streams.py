"""What a cell prints and warns of, as outputs, up to a bound."""

from __future__ import annotations

import contextlib
import io
import linecache
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from bnlib.browser.errors import PREFIX, place

# Of what a run prints, characters that are shown; a loop that prints would fill the page.
MOST_TEXT = 20_000
CUT = "\n... the rest is not shown"
MORE = ": {:,} characters more\n"
# Characters of one line that are kept back until it ends.
LINE = 2000


class Printed:
    """Hands on texts by the line, in the order in which they came, and counts what is too much."""

    def __init__(self, emit: Callable[[dict[str, Any]], None]):
        self.emit, self.room, self.left_out = emit, MOST_TEXT, 0
        self._stream, self._parts, self._size = "", [], 0

    def write(self, stream: str, text: str) -> int:
        if stream != self._stream:
            self.flush()
            self._stream = stream
        fits, rest = text[: self.room], text[self.room :]
        self.room -= len(fits)
        if rest and not self.left_out:
            # At once: a loop that prints may never end.
            fits += CUT
        self.left_out += len(rest)
        if fits:
            self._parts.append(fits)
            self._size += len(fits)
            if "\n" in fits or self._size > LINE:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self._parts:
            text = "".join(self._parts)
            self._parts, self._size = [], 0
            self.emit({"type": "stream", "name": self._stream, "text": text})

    def end(self) -> None:
        if self.left_out:
            self._parts.append(MORE.format(self.left_out))
        self.flush()


class _Stream(io.TextIOBase):
    """One of a program's two streams, as a text file."""

    encoding = "utf-8"

    def __init__(self, name: str, out: Printed):
        self.name, self.out = name, out

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() takes a text, got {type(text).__name__}")
        return self.out.write(self.name, text)

    def flush(self) -> None:
        self.out.flush()


@contextlib.contextmanager
def printed(emit: Callable[[dict[str, Any]], None], here: str) -> Iterator[Printed]:
    """While it lasts, what is printed comes as {type: "stream", name, text}.

    ``name`` is "stdout" or "stderr". Warnings come with the reader's line, and with no path; here:
    the file of the cell that runs.
    """
    out = Printed(emit)

    def warn(message, category, filename, lineno, file=None, line=None):
        own = filename.startswith(PREFIX)
        source = linecache.getline(filename, lineno).strip() if own else ""
        where = f" in {place(filename, lineno, here)}" if own else ""
        text = f"{category.__name__}{where}: {message}\n"
        out.write("stderr", text + (f"    {source}\n" if source else ""))

    with (
        contextlib.redirect_stdout(_Stream("stdout", out)),
        contextlib.redirect_stderr(_Stream("stderr", out)),
        warnings.catch_warnings(),
    ):
        # As often as the cell runs, not once in the life of the page.
        warnings.simplefilter("default", append=True)
        warnings.showwarning = warn
        try:
            yield out
        finally:
            out.end()


def text_of(outputs: list[dict[str, Any]]) -> str:
    """All that was printed, among outputs."""
    return "".join(output["text"] for output in outputs if output["type"] == "stream")


def bounded(text: str) -> str:
    """The beginning of a long text, as of what is printed."""
    rest = len(text) - MOST_TEXT
    return text if rest <= 0 else text[:MOST_TEXT] + CUT + MORE.format(rest)
