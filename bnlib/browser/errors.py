"""An exception as a reader can use it: with the lines of the cells, not of the machinery."""

from __future__ import annotations

import linecache
import traceback
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any

PREFIX = "<cell "
# Of a long recursion, the middle says nothing new.
MOST = 8
MAGIC = "The page runs Python alone: what begins with %, ! or ? works in Jupyter."
THIS, OTHER = "this cell", "another cell"

_LABELS: dict[str, str] = {}


def file_of(cell: str) -> str:
    """The file name under which a cell is compiled."""
    return f"{PREFIX}{cell}>"


def remember(source: str, cell: str, label: str = "") -> str:
    """A cell's file name, by which tracebacks find its lines, and others its label."""
    name = file_of(cell)
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    _LABELS[name] = label or OTHER
    return name


def place(file: str, line: int, here: str) -> str:
    """ "line 3", and of what it is where that is not the cell ``here``."""
    return f"line {line}" if file == here else f"line {line} of {_where(file, here)}"


def report(error: BaseException, name: str) -> dict[str, Any]:
    """An output of type "error".

    name: of the exception; message: what it says; line: of the cell that ran (1 is its first), or
    None where the error is in no line of it; frames: the reader's lines on the way there, and at
    the end the line of a library where it was raised in one, {file, where, line, function, source,
    column} each; hint: what else to know, or "".

    column is the character of ``source`` at which Python stopped reading, or None; function is ""
    outside of one.
    """
    frames = _syntax_frame(error, name) or _frames(error.__traceback__, name)
    lines = [frame["line"] for frame in frames if frame["file"] == name]
    return {
        "type": "error",
        "name": type(error).__name__,
        "message": _message(error),
        "line": lines[-1] if lines else None,
        "frames": frames,
        "hint": MAGIC if isinstance(error, SyntaxError) and _is_magic(frames) else "",
    }


def summary(output: dict[str, Any]) -> str:
    """The name and the message of an error's output."""
    return f"{output['name']}: {output['message']}" if output["message"] else output["name"]


def text_of(output: dict[str, Any], name: str) -> str:
    """An error's output as text: each line with its place, then what was raised."""
    lines = []
    for frame in output["frames"]:
        within = f", in {frame['function']}" if frame["function"] else ""
        lines.append(f"{place(frame['file'], frame['line'], name)}{within}:")
        lines.append(f"    {frame['source']}")
        if frame["column"] is not None:
            lines.append(f"    {' ' * frame['column']}^")
    lines.append(summary(output))
    return "\n".join([*lines, output["hint"]] if output["hint"] else lines)


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return error.msg or ""
    text = "".join(traceback.format_exception_only(error)).strip()
    head = f"{type(error).__qualname__}: "
    # Exceptions of a module are printed with its name in front.
    return text.split(head, 1)[1] if head in text else str(error)


def _is_magic(frames: list[dict[str, Any]]) -> bool:
    source = frames[-1]["source"] if frames else ""
    return source.startswith(("%", "!", "?")) or source.endswith("?")


def _syntax_frame(error: BaseException, name: str) -> list[dict[str, Any]]:
    if not isinstance(error, SyntaxError) or error.filename != name:
        return []
    line = (error.text or "").rstrip()
    frame = _frame(name, error.lineno or 1, "", line, name)
    column = (error.offset or 0) - 1 - (len(line) - len(line.lstrip()))
    if 0 <= column <= len(frame["source"]):
        frame["column"] = column
    return [frame]


def _frames(trace: TracebackType | None, here: str) -> list[dict[str, Any]]:
    """The lines of cells, and the last line of a library that comes after them."""
    summaries = [
        f
        for f in traceback.extract_tb(trace)
        if not f.filename.startswith("<frozen") and "/bnlib/browser/" not in f.filename
    ]
    own = [i for i, f in enumerate(summaries) if f.filename.startswith(PREFIX)]
    if not own:
        return []
    wanted = own if own[-1] == len(summaries) - 1 else [*own, len(summaries) - 1]
    found = [
        _frame(f.filename, f.lineno or 0, f.name, f.line or "", here)
        for f in (summaries[i] for i in wanted)
    ]
    return found if len(found) <= MOST else found[: MOST // 2] + found[-MOST // 2 :]


def _frame(file: str, line: int, function: str, source: str, here: str) -> dict[str, Any]:
    return {
        "file": file,
        "where": _where(file, here),
        "line": line,
        "function": "" if function == "<module>" else function,
        "source": source.strip(),
        "column": None,
    }


def _where(file: str, here: str) -> str:
    if file == here:
        return THIS
    if file.startswith(PREFIX):
        return _LABELS.get(file, OTHER)
    parts = PurePosixPath(file).parts
    inside = next((i for i, part in enumerate(parts) if part == "site-packages"), -1)
    return "/".join(parts[inside + 1 :]) if inside >= 0 else parts[-1]
