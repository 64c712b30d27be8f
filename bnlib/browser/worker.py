"""What the page's worker asks of Python: run a cell, call a function, name the packages to load."""

from __future__ import annotations

import ast
import importlib
import json
import types
from collections.abc import Callable

from bnlib.browser import absent
from bnlib.browser.session import Session

# Modules whose use asks for the package, each a beginning of dotted names.
PACKAGES = {"matplotlib": ("matplotlib", "mpl_toolkits", "pylab", "bnlib.figures")}
# What is imported from here loads a package only where it is used.
LAZY = ("bnlib.figures", "bnlib.figures.interactive")

absent.install()
SESSION = Session()
_MISSING = absent.missing()


def run(code: str, cell: str, emit: Callable[[str], None], stand_ins: bool = False) -> bool:
    """Run a cell in the page's namespace; whether it came to its end.

    emit: is given each output as JSON. stand_ins: whether the cell can import what is not there.
    """
    with absent.standing(_MISSING if stand_ins else ()):
        return SESSION.run(code, cell, lambda output: emit(json.dumps(output)))


def call(module: str, name: str, arguments: str) -> str:
    """Call a function of the library with a JSON list of arguments; its answer as JSON."""
    return json.dumps(getattr(importlib.import_module(module), name)(*json.loads(arguments)))


def packages_for(code: str) -> str:
    """The packages that running this code needs besides NumPy, as JSON.

    They are what it imports, and what was imported lazily under a name that it uses.
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return "[]"
    return json.dumps(
        sorted(
            package
            for package, beginnings in PACKAGES.items()
            if any(_is(name, beginnings) for name in _reached(tree))
        )
    )


def _is(name: str, beginnings: tuple[str, ...]) -> bool:
    return any(name == b or name.startswith(f"{b}.") for b in beginnings)


def _lazy(module: str) -> bool:
    # A module of figures loads matplotlib itself; an interactive one does where it draws.
    figures, interactive = LAZY
    return module == figures or _is(module, (interactive,))


def _reached(tree: ast.Module) -> set[str]:
    """Dotted names of modules that the code loads: a lazy one only where a name of it is used."""
    lazy, found = {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and _lazy(node.module or ""):
            lazy |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for name in names | _inside(names):
        value = SESSION.namespace.get(name)
        if name in lazy:
            found.add(lazy[name])
        elif type(value).__module__ == "importlib.util":
            # A module not yet loaded; to ask it for its name in the usual way would load it.
            found.add(object.__getattribute__(value, "__name__"))
        elif isinstance(getattr(value, "__module__", None), str):
            found.add(value.__module__)
    return found


def _inside(names: set[str]) -> set[str]:
    """What the functions of these names, defined in cells, use in turn."""
    seen, waiting = set(), set(names)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        code = (
            getattr(SESSION.namespace.get(name), "__code__", None) if name in _defined() else None
        )
        waiting |= set(code.co_names) - seen if code else set()
    return seen


def _defined() -> set[str]:
    # Not isinstance: it asks a lazy module for its class, which would load it.
    return {n for n, v in SESSION.namespace.items() if type(v) is types.FunctionType}
