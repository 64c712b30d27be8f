"""Code of cells, compiled once for all submissions that hold them: most cells are the course's.

The compiler runs nothing. But what it makes of `finally` is copied for each way out of a block, so
that nested ones grow without bound; such cells, and long ones, are left to the sandbox's limits.
"""

from __future__ import annotations

import functools
import marshal
import warnings

_LONGEST = 20_000  # characters
_CELLS = 4096


def code(number: int, python: str) -> bytes | None:
    """The code of a cell as the sandbox's interpreter, the same as ours, unmarshals it.

    None where compiling it is the sandbox's affair.
    """
    if len(python) > _LONGEST or "finally" in python:
        return None
    return _compiled(number, python)


def changes_the_language(cells: list[tuple[int, str]]) -> bool:
    """Whether a cell could change what the source of those below it means."""
    return any("__future__" in python for _, python in cells)


@functools.lru_cache(maxsize=_CELLS)
def _compiled(number: int, python: str) -> bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the student's code, as when it is parsed
        try:
            return marshal.dumps(compile(python, f"<cell {number}>", "exec", dont_inherit=True))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None  # the sandbox comes to the same, and says so
