"""Cells that run one after another in one namespace, and hand on what they show."""

from __future__ import annotations

import ast
import builtins
import sys
import types
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from bnlib.browser.display import open_figures, shown
from bnlib.browser.errors import remember, report

Emit = Callable[[dict[str, Any]], None]

# Characters of printed text in one run: more would stop the page, and nobody reads it.
MOST_TEXT = 100_000


class Session:
    """The names that cells have defined. ``display`` shows a value in the middle of a cell."""

    def __init__(self):
        # Some code asks for the module that it is in (pickle, dataclasses).
        self.module = types.ModuleType("__main__")
        sys.modules["__main__"] = self.module
        self.namespace = self.module.__dict__
        self.namespace["__builtins__"] = builtins

    def run(self, source: str, cell: str, emit: Emit) -> bool:
        """Run a cell; whether it came to its end.

        emit: is given each output as it comes, see `display.shown` and `errors.report`; what is
        printed comes as {type: "stream", name: "stdout" or "stderr", text}.
        """
        self.namespace["display"] = lambda *values: [emit(shown(value)) for value in values]
        name = remember(source, cell)
        budget = [MOST_TEXT]
        out, err = (_Stream(kind, emit, budget) for kind in ("stdout", "stderr"))
        with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings():
            # As often as the cell runs, not once in the life of the page.
            warnings.simplefilter("default", append=True)
            warnings.showwarning = _warner(err, name)
            try:
                value = self._value(source, name)
                outputs = open_figures()
                if value is not None:
                    outputs.append(shown(value))
                error = None
            except BaseException as failure:
                outputs, error = open_figures(), report(failure, name)
            out.flush()
            err.flush()
        for output in outputs:
            emit(output)
        if error is not None:
            emit(error)
        return error is None

    def _value(self, source: str, name: str) -> Any:
        """Run all; the value of the last line, or None where it has none or ends in ;."""
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        # Not the flags of this file: what its __future__ imports is no affair of the cell's.
        exec(compile(tree, name, "exec", dont_inherit=True), self.namespace)
        if last is None:
            return None
        last = compile(ast.Expression(last.value), name, "eval", dont_inherit=True)
        value = eval(last, self.namespace)
        if value is not None:
            self.namespace["_"] = value
        return None if source.rstrip().endswith(";") else value


class _Stream:
    """A text file whose lines go to the page, up to a bound."""

    encoding = "utf-8"

    def __init__(self, kind: str, emit: Emit, budget: list[int]):
        self.kind, self.emit, self.budget, self.parts, self.size = kind, emit, budget, [], 0

    def write(self, text: str) -> int:
        if self.budget[0] > 0:
            self.budget[0] -= len(text)
            if self.budget[0] <= 0:
                text += f"\n[More than {MOST_TEXT} characters: the rest is not shown.]\n"
            self.parts.append(text)
            self.size += len(text)
            if self.size > 2000 or "\n" in text:
                self.flush()
        return len(text)

    def flush(self) -> None:
        if self.parts:
            self.emit({"type": "stream", "name": self.kind, "text": "".join(self.parts)})
            self.parts, self.size = [], 0

    def isatty(self) -> bool:
        return False


def _warner(stream: _Stream, name: str):
    def showwarning(message, category, filename, lineno, file=None, line=None):
        where = f"line {lineno}: " if filename == name else ""
        stream.write(f"{where}{category.__name__}: {message}\n")

    return showwarning
