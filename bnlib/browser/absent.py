"""A library that the browser lacks: the lab can import it, and says so where it is used.

Most modules of the lab import torch at their top, and have functions that need none: they read
results, or compute with NumPy. While such a module is loaded, torch is a stand-in; so it is for a
chapter's cell, which may import it for cells that do not run here. For others, the checks among
them, `import torch` fails as it does wherever torch is not installed.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from types import ModuleType

ABSENT = {
    "torch": ("torch", "torch.nn", "torch.nn.functional"),
    "platformdirs": ("platformdirs",),
    "tqdm": ("tqdm", "tqdm.auto"),
}
# Settings, which set nothing where there is nothing.
SETTINGS = ("torch.set_num_threads", "torch.set_printoptions", "torch.manual_seed")
PACKAGES = ("bnlib.lab", "bnlib.modules", "bnlib.figures")


class NotInBrowser(ImportError):
    """A function was called that needs a library which the browser does not have."""


class Missing(ModuleType):
    """Stands for a library and for all that is in it.

    While a module is loaded its parts may be called, as decorators are, and inherited from.
    """

    __path__ = ()
    pi = math.pi
    loading = 0

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return Missing(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        if self.__name__ in SETTINGS:
            return None
        if not Missing.loading:
            raise self._error()
        # The function that a decorator is given, itself.
        function = args[0] if len(args) == 1 and not kwargs and callable(args[0]) else None
        return self if function is None or isinstance(function, Missing) else function

    def __mro_entries__(self, bases):
        def init(instance, *args, **kwargs):
            raise self._error()

        return (type(self.__name__.rpartition(".")[2], (), {"__init__": init}),)

    def __hash__(self):
        return id(self)

    def _error(self) -> NotInBrowser:
        library = self.__name__.partition(".")[0]
        name = {"torch": "PyTorch"}.get(library, library)
        return NotInBrowser(f"this needs {name} ({self.__name__}), which does not run in a browser")


@contextmanager
def standing(libraries: Iterable[str]) -> Iterator[None]:
    """While this lasts, each library that is not there can be imported as a stand-in."""
    absent = [name for name in libraries if name not in sys.modules]
    put = [name for library in absent for name in ABSENT[library]]
    sys.modules.update((name, Missing(name)) for name in put)
    try:
        yield
    finally:
        for name in put:
            sys.modules.pop(name, None)


class _Standing(Loader):
    """Loads a module of the lab with stand-ins where libraries are absent."""

    def __init__(self, loader: Loader, absent: tuple[str, ...]):
        self.loader, self.absent = loader, absent

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module) -> None:
        with standing(self.absent):
            Missing.loading += 1
            try:
                self.loader.exec_module(module)
            finally:
                Missing.loading -= 1

    def __getattr__(self, name: str):
        return getattr(self.loader, name)


class Lazily(MetaPathFinder):
    """Finds the lab's and the figures' modules, and loads each when a name of it is first used.

    So a chapter's first cell, which imports whatever the chapter needs, imports no matplotlib.
    """

    def __init__(self, absent: tuple[str, ...]):
        self.absent = absent

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(tuple(f"{package}." for package in PACKAGES)):
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is None or spec.loader is None:
            return spec
        spec.loader = _Standing(spec.loader, self.absent)
        if spec.submodule_search_locations is None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def missing() -> tuple[str, ...]:
    """Those of the libraries that are not installed: one that is there gets no stand-in."""
    return tuple(name for name in ABSENT if importlib.util.find_spec(name) is None)


def install() -> None:
    """Put the finder before the others, once."""
    if not any(isinstance(finder, Lazily) for finder in sys.meta_path):
        sys.meta_path.insert(0, Lazily(missing()))
