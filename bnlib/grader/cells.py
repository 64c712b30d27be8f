"""A cell's source as Python, as a kernel would see it; nothing is executed.

Valid Python is left as it is; only what does not parse goes through IPython's transformer
(magics, ``!`` and ``?``, prompts, a common indent). One exception: ``In [1]: x = 1``, copied with
its prompt, is an annotation to Python. Where IPython would change valid Python otherwise, it
spoils it: it empties lines of blanks within a triple-quoted string, takes a second line that
starts with ``...:`` for a prompt, and ends a line where Unicode does and Python does not
(a form feed in a comment). Code that parses and cannot be compiled (a ``return`` outside
of a function) is not found here: it raises where it is run.
"""

from __future__ import annotations

import ast
import functools
import keyword
import re
import warnings
from dataclasses import dataclass

# A cell is parsed up to this length: a syntax tree takes some 500 times the memory of its source.
MAX_SOURCE = 256 * 2**10
# A class hands in mostly the same cells, and these are short. 256 of them bound the cache.
CACHED_SOURCE = 4 * 2**10
CACHED_CELLS = 256
# IPython reads the whole cell again for every magic in it. What it may read in all, of a cell and
# of a notebook, in characters; a line costs as much as LINE of them.
MAX_WORK = 2**18
MAX_WORK_OF_ALL = 2**21
LINE = 32
# IPython's pattern for `name?` takes time that grows with the square of the line's length.
MAX_HELP = 1000

# What parsing raises on hostile source besides SyntaxError: too deep, a NUL, lone surrogates.
_UNPARSED = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError)
_PROMPT = re.compile(r"\s*In \[\d+\]: ")
# Magics that run their cell as it stands: what is in it is defined, and read for borrowed names.
_AS_IT_STANDS = re.compile(r"\s*%%(time|timeit|prun|capture)\b([^\n]*)")
# Jupyter runs these without a % where they are all that a cell holds.
_AUTOMAGIC = frozenset({"pip", "conda", "mamba", "uv"})


@dataclass(frozen=True)
class Parsed:
    """Python source with its syntax tree, or the problem that there is none; `work` is what
    transforming it took, of MAX_WORK."""

    python: str | None
    tree: ast.Module | None
    problem: str = ""
    work: int = 0


def parsed(source: str, magics: bool = True) -> Parsed:
    """The Python that a cell's source is, its tree, and why there is none.

    Nobody may change the tree: another student's cell may share it. With `magics` False, only
    Python is taken.
    """
    if len(source) > MAX_SOURCE:
        said = f"the cell is longer than {MAX_SOURCE // 1024} KiB of code, and was left out"
        return Parsed(None, None, said)
    parse = _remembered if len(source) <= CACHED_SOURCE else _parsed
    return parse(source, magics)


def _parsed(source: str, magics: bool) -> Parsed:
    wrong: BaseException | None = None
    source = _unwrapped(source)
    try:
        if not _PROMPT.match(source):
            return Parsed(source, _tree(source))
    except _UNPARSED as error:
        wrong = error
    if wrong and not _may_be_special(source):
        return Parsed(None, None, described(wrong))
    if not magics:
        return Parsed(None, None, OVERWORKED)
    transformer = _transformer()
    try:
        python = transformer.transform_cell(_with_automagic(source))
        return Parsed(python, _tree(python), work=transformer.work)
    except Overworked:
        return Parsed(None, None, OVERWORKED, transformer.work)
    except _UNPARSED as error:
        return Parsed(None, None, described(error), transformer.work)


_remembered = functools.lru_cache(maxsize=CACHED_CELLS)(_parsed)


def described(error: BaseException) -> str:
    """An error of parsing as Python's last line says it, with the line where there is one."""
    if isinstance(error, SyntaxError):
        line = f" (line {error.lineno})" if error.lineno else ""
        return f"{type(error).__name__}: {error.msg}{line}"[:300]
    if isinstance(error, UnicodeEncodeError):
        return "UnicodeEncodeError: the cell holds half of a surrogate pair"
    if isinstance(error, ValueError):
        return f"SyntaxError: {error}"[:300]  # "source code string cannot contain null bytes"
    return "SyntaxError: too deeply nested"


def _tree(python: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence": the student's, not ours
        return ast.parse(python)


class Overworked(Exception):
    """A cell that would take too long to transform."""


OVERWORKED = "the cell is no Python, and too long or too full of magics: it was left out"


def _may_be_special(source: str) -> bool:
    """Whether the transformer could make Python of it; spares importing IPython for a typo."""
    return "\0" not in source and (
        any(mark in source for mark in ("%", "!", "?", ">>>"))
        or source.lstrip("\n")[:1] in (" ", "\t", ",", ";", "/")
        or any(line.lstrip()[:1] in (",", ";", "/") for line in source.splitlines())
        or source.split(" ", 1)[0] in _AUTOMAGIC
    )


def _unwrapped(source: str) -> str:
    """The cell below its timing and capturing magics; its lines keep their numbers."""
    heads, end = [], 0
    while found := _AS_IT_STANDS.match(source, end):
        words = found[2].split() if found[1] == "capture" else ()
        names = [w for w in words if w.isidentifier() and not keyword.iskeyword(w)]
        bound = [f"{name} = get_ipython().captured" for name in names]
        blank = "\n" * source.count("\n", end, found.start(1))
        heads.append(blank + "; ".join(bound))
        end = found.end()
    return "".join(heads) + source[end:]


def _with_automagic(source: str) -> str:
    stripped = source.strip()
    alone = "\n" not in stripped and stripped.split(" ", 1)[0] in _AUTOMAGIC
    return f"%{stripped}" if alone else source


@functools.cache
def _transformer():
    # Here, because it takes longer to import than most notebooks to read.
    from IPython.core.inputtransformer2 import HelpEnd, TransformerManager

    class ShortHelp(HelpEnd):
        def transform(self, lines):
            if sum(map(len, lines[self.start_line : self.q_line + 1])) > MAX_HELP:
                raise SyntaxError("a question mark after a long line")
            return super().transform(lines)

    class Bounded(TransformerManager):
        """IPython's, but for its own limit of 500 magics, whatever the cell's length."""

        def __init__(self):
            super().__init__()
            self.work = 0
            self.token_transformers = [
                ShortHelp if one is HelpEnd else one for one in self.token_transformers
            ]

        def transform_cell(self, cell):
            self.work = 0
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    return super().transform_cell(cell)
                except (AssertionError, LookupError, AttributeError, TypeError) as error:
                    # What it raises on input that nobody types.
                    raise SyntaxError(f"invalid syntax ({type(error).__name__})") from None

        def do_token_transforms(self, lines):
            changed = True
            while changed:
                work = self.work + sum(map(len, lines)) + LINE * len(lines)
                if work > MAX_WORK:
                    raise Overworked
                self.work = work
                changed, lines = self.do_one_token_transform(lines)
            return lines

    return Bounded()
