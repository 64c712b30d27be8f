"""Code of cells, compiled once for all submissions that hold them: most cells are the course's.

The compiler runs nothing. But it computes what is constant, and copies what is in `finally` for
each way out of a block: a short cell of either can take it minutes and gigabytes. Such cells, and
long ones, are left to the sandbox and its limits.
"""

from __future__ import annotations

import ast
import functools
import marshal
import warnings

from bnlib.grader.cells import CACHED_CELLS, CACHED_SOURCE

_LARGEST = 64 * 2**10  # bytes of code


def code(number: int, python: str) -> bytes | None:
    """The code of a cell as the sandbox's interpreter, the same as ours, unmarshals it.

    None where compiling it is the sandbox's affair.
    """
    return _compiled(number, python) if len(python) <= CACHED_SOURCE else None


def changes_the_language(cells: list[tuple[int, str]]) -> bool:
    """Whether a cell could change what the source of those below it means."""
    return any("__future__" in python for _, python in cells)


@functools.lru_cache(maxsize=CACHED_CELLS)
def _compiled(number: int, python: str) -> bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the student's code, as when it is parsed
        try:
            tree = ast.parse(python)
            if any(map(_grows, ast.walk(tree))):
                return None
            made = marshal.dumps(compile(tree, f"<cell {number}>", "exec", dont_inherit=True))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            return None  # the sandbox comes to the same, and says so
    return made if len(made) <= _LARGEST else None


def _grows(node: ast.AST) -> bool:
    """Whether its code may be many times as large as it is."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return _repeatable(node.left) or _repeatable(node.right)
    return bool(getattr(node, "finalbody", None))


def _repeatable(node: ast.expr) -> bool:
    """Whether it may be a constant text or tuple, which a factor makes a longer one."""
    if isinstance(node, ast.BinOp):
        return _repeatable(node.left) or _repeatable(node.right)
    if isinstance(node, ast.Subscript):  # of a constant one: the compiler looks it up
        return _repeatable(node.value)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    return isinstance(node, ast.Tuple | ast.JoinedStr)
