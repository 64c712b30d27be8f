"""Cells that run one after another in one namespace, and hand on what they show.

A chapter has one session as long as its page is open; an exercise gets a new one for each run.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from bnlib.browser.display import open_figures, shown
from bnlib.browser.errors import remember, report
from bnlib.browser.streams import printed

Output = dict[str, Any]
Emit = Callable[[Output], None]


class Session:
    """The names that cells have defined, in a module called ``__main__`` that begins empty.

    Args:
        show: makes an output of a value. ``display`` shows one in the middle of a cell.
    """

    def __init__(self, show: Callable[[Any], Output] = shown):
        self.module = types.ModuleType("__main__")
        self.namespace: dict[str, Any] = self.module.__dict__
        self.namespace["__builtins__"] = builtins
        self.show = show

    def run(self, source: str, cell: str, emit: Emit, label: str = "", quiet: bool = False) -> bool:
        """Run a cell; whether it came to its end.

        emit: is given each output as it comes: what is printed (see `streams`), values and figures
        (see `display`), and what is raised (see `errors.report`). label: what other cells' errors
        call this one. quiet: its value and its figures are not drawn.
        """
        name = remember(source, cell, label)
        with self.as_main(), printed(emit, name) as out:

            def display(*values: Any) -> None:
                for value in values:
                    output = self.show(value)
                    out.flush()
                    emit(output)

            self.namespace["display"] = display
            outputs: list[Output] = []
            try:
                value = self._value(source, name)
                if value is not None and not quiet:
                    outputs.append(self.show(value))
                outputs += open_figures(draw=not quiet)
                error = None
            # sys.exit() in a cell ends the cell, and no more.
            except BaseException as failure:
                error = report(failure, name)
                with contextlib.suppress(Exception):  # one that cannot be drawn, perhaps
                    outputs += open_figures(draw=not quiet)
        for output in outputs if error is None else [*outputs, error]:
            emit(output)
        return error is None

    @contextlib.contextmanager
    def as_main(self) -> Iterator[None]:
        """While it lasts this is the module that classes, dataclasses and pickle find as theirs."""
        before = sys.modules.get("__main__")
        sys.modules["__main__"] = self.module
        try:
            yield
        finally:
            if before is not None:
                sys.modules["__main__"] = before

    def _value(self, source: str, name: str) -> Any:
        """Run all; the value of the last line, or None where it has none or ends in ;."""
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        # Not the flags of this file: what its __future__ imports is no affair of the cell's.
        exec(compile(tree, name, "exec", dont_inherit=True), self.namespace)
        if last is None:
            return None
        expression = compile(ast.Expression(last.value), name, "eval", dont_inherit=True)
        value = eval(expression, self.namespace)
        if value is not None:
            self.namespace["_"] = value
        return None if _after(last, source).endswith(";") else value


def _after(last: ast.Expr, source: str) -> str:
    """What stands behind the last expression, without comments."""
    line, *more = source.split("\n")[last.end_lineno - 1 :]
    behind = line.encode()[last.end_col_offset :].decode()
    return "".join(part.partition("#")[0] for part in [behind, *more]).rstrip()
