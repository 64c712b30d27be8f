"""An exception as a reader can use it: with the lines of the cell, not of the machinery."""

from __future__ import annotations

import linecache
import traceback
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

PREFIX = "<cell "
# Of a long recursion, the middle says nothing new.
MOST = 8


def remember(source: str, cell: str) -> str:
    """The file name under which a cell is compiled; tracebacks find its lines by it."""
    name = f"{PREFIX}{cell}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return name


def report(error: BaseException, name: str) -> dict[str, Any]:
    """An output of type "error".

    name: of the exception; message: what it says; line: of the cell that ran (1 is its first), or
    None where the error is in no line of it; frames: the way there, {where, line, source} each.
    """
    frames = _syntax_frame(error, name) or _frames(error.__traceback__)
    lines = [frame["line"] for frame in frames if frame["file"] == name]
    return {
        "type": "error",
        "name": type(error).__name__,
        "message": _message(error),
        "line": lines[-1] if lines else None,
        "frames": frames,
    }


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or ""
    text = "".join(traceback.format_exception_only(error)).strip()
    head = f"{type(error).__qualname__}: "
    # Exceptions of a module are printed with its name in front.
    return text.split(head, 1)[1] if head in text else str(error)


def _syntax_frame(error: BaseException, name: str) -> list[dict[str, Any]]:
    if not isinstance(error, SyntaxError) or error.filename != name:
        return []
    return [_frame(name, error.lineno or 1, error.text or "")]


def _frames(trace: TracebackType | None) -> list[dict[str, Any]]:
    """From the first line of a cell on; what is above it started the cell."""
    summary = list(traceback.extract_tb(trace))
    while summary and not summary[0].filename.startswith(PREFIX):
        del summary[0]
    found = [
        _frame(f.filename, f.lineno or 0, f.line or "")
        for f in summary
        if not f.filename.startswith("<frozen") and "/bnlib/browser/" not in f.filename
    ]
    return found if len(found) <= MOST else found[: MOST // 2] + found[-MOST // 2 :]


def _frame(file: str, line: int, source: str) -> dict[str, Any]:
    if file.startswith(PREFIX):
        where = file.strip("<>")
    else:
        parts = PurePosixPath(file).parts
        inside = next((i for i, part in enumerate(parts) if part == "site-packages"), -1)
        where = "/".join(parts[inside + 1 :]) if inside >= 0 else parts[-1]
    return {"file": file, "where": where, "line": line, "source": source.strip()}
