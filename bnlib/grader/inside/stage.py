"""The stage on which a submission's cells play: a notebook's names, without what costs time.

Plots, widgets and displays are swallowed: modules of these names are made of one object that
takes every call and gives itself. What they would have shown nobody looks at.
"""

from __future__ import annotations

import builtins
import dis
import importlib.abc
import importlib.machinery
import random
import re
import sys
import types
from collections.abc import Callable

import numpy as np

SWALLOWED = (
    *("matplotlib", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair"),
    *("ipywidgets", "IPython", "ipykernel", "bnlib.figures", "bnlib.lab"),
)


class Swallow:
    """Takes whatever is done to it, and gives itself."""

    def __init__(self, *arguments, **options):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **options):
        # As a decorator, of a function that may be an answer.
        alone = len(arguments) == 1 and not options
        return arguments[0] if alone and isinstance(arguments[0], types.FunctionType) else self

    def __iter__(self):
        """As many as are asked for in `figure, axes = ...`; none in a loop."""
        frame = sys._getframe(1)
        count = _unpacked(frame.f_code, frame.f_lasti)
        return iter([self] * count)

    def _itself(self, *arguments):
        return self

    __getitem__ = __enter__ = __neg__ = __pos__ = __invert__ = __abs__ = __round__ = _itself
    __add__ = __sub__ = __mul__ = __matmul__ = __truediv__ = __floordiv__ = __mod__ = _itself
    __radd__ = __rsub__ = __rmul__ = __rmatmul__ = __rtruediv__ = __rfloordiv__ = _itself
    __rmod__ = __pow__ = __rpow__ = __and__ = __rand__ = __or__ = __ror__ = _itself
    __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        """What NumPy computes with it is swallowed too; an array changed in place stays."""
        return self if out is None else out[0]

    def __array_function__(self, function, types, arguments, options):
        return self

    def __setitem__(self, key, value):
        pass

    def __delitem__(self, key):
        pass

    def __setattr__(self, name, value):
        pass

    def __delattr__(self, name):
        pass

    def __exit__(self, *error):
        return False

    def __len__(self):
        return 0

    def __bool__(self):
        return True

    def __float__(self):
        return 0.0

    __int__ = __index__ = __len__

    def __repr__(self):
        return "<nothing is shown here>"

    def __format__(self, form):
        return repr(self)


def _unpacked(code: types.CodeType, position: int) -> int:
    """How many names the instruction at a position unpacks to; 0 for any other instruction."""
    for step in dis.get_instructions(code):
        if step.offset == position:
            if step.opname == "UNPACK_SEQUENCE":
                return step.arg
            if step.opname == "UNPACK_EX":
                return (step.arg & 255) + (step.arg >> 8)
    return 0


SWALLOW = Swallow()


class _Module(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return SWALLOW


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports a swallowing module for each of the packages, and for each name under them."""

    def __init__(self, packages: tuple[str, ...] = SWALLOWED):
        self._packages = tuple(f"{name}." for name in packages)

    def find_spec(self, name, path=None, target=None):
        if f"{name}.".startswith(self._packages):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        pass


# Options before the code of a magic: `-n 10 -r3 --no-stderr`.
_OPTIONS = re.compile(r"^\s*(-[a-zA-Z]\s*\d*(\s+|$)|--[a-z][-a-z]*(\s+|$))+")


class Shell:
    """What ``get_ipython()`` gives: magics that time or capture run their code, others nothing."""

    _RUNS_ITS_LINE = frozenset(("time", "timeit", "prun"))
    _RUNS_ITS_CELL = frozenset((*_RUNS_ITS_LINE, "capture"))

    def __init__(self, names: dict):
        self._names = names

    def run_line_magic(self, name, line, *rest):
        if name in self._RUNS_ITS_LINE:
            self._run(_OPTIONS.sub("", line).strip())
        return SWALLOW

    def run_cell_magic(self, name, line, cell):
        if name == "capture":
            # The name under which what was shown is kept.
            self._names.update(dict.fromkeys(filter(str.isidentifier, line.split()), SWALLOW))
        if name in self._RUNS_ITS_CELL:
            self._run(cell)
        return SWALLOW

    def _run(self, code: str) -> None:
        exec(compile(code, "<magic>", "exec"), self._names)

    def __getattr__(self, name):
        return SWALLOW


def _print_of(nowhere) -> Callable:
    """A `print` that puts nothing into words while all that is printed goes nowhere."""

    def print_(*values, file=None, **options):
        if file is not None or sys.stdout is not nowhere:
            print(*values, file=file, **options)

    return print_


def prepare(module: types.ModuleType) -> None:
    """Give a submission's module what a notebook has, and take its place as the main one."""
    sys.modules["__main__"] = module
    names = vars(module)
    names["__builtins__"] = builtins
    names["get_ipython"] = lambda: Shell(names)
    names["display"] = SWALLOW
    names["print"] = _print_of(sys.stdout)
    leave_nothing_to_chance()
    # What a generator without a seed, default_rng(), asks the system for.
    np.random.bit_generator.randbits = random.Random(0).getrandbits
    np.random.seed(0)  # noqa: NPY002 - the generator that a student may have used


def leave_nothing_to_chance() -> None:
    """Have chance come out alike whenever the same notebook is graded.

    In each process: a fork gives Python's generator a seed of its own.
    """
    random.seed(0)


def install() -> None:
    """Swallow plots from now on, in this process, and what of `bnlib` is not in the sandbox."""
    sys.meta_path.insert(0, Finder())
    sys.meta_path.append(Finder(("bnlib",)))
