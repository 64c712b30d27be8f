"""Which names of the library come to a library that a browser does not have, without running it.

A function reaches torch where its body names torch, or names something that does: another function
of its module, one that it imports, an attribute of a module. What a module only imports, its
functions need not use, so this is finer than what `tools/dependencies.py` asks: whether a file
counts. Annotations are not evaluated and count for nothing.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.dependencies import LIBRARY

# What the page's Python has; the rest of the standard library comes from its list.
HERE = ("numpy", "matplotlib", "mpl_toolkits", LIBRARY)

Bound = dict[str, str]  # a name, and the dotted name that an import gave it


class Library:
    """The package in the folder ``root``, read and not imported."""

    def __init__(self, root: Path):
        self.root = root

    @functools.cache  # noqa: B019 - a library lives as long as a build
    def module(self, name: str) -> _Module | None:
        place = self.root.joinpath(*name.split("."))
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                package = name if path.name == "__init__.py" else name.rpartition(".")[0]
                return _Module(path.read_text("utf-8"), package)
        return None

    def missing(self, names: Iterable[str], here: frozenset[str]) -> str | None:
        """The first library not in ``here`` that dotted names come to, or None.

        here: top-level names of libraries that are there.
        """
        seen, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            top = name.partition(".")[0]
            if top != LIBRARY and top not in here:
                return top
            if top == LIBRARY:
                waiting += self._behind(name)
        return None

    def _behind(self, name: str) -> Iterator[str]:
        """What the definition of a dotted name uses."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            module = self.module(".".join(parts[:end]))
            if module is not None:
                if end < len(parts):
                    yield from module.uses(".".join(parts[:end]), parts[end])
                return


class _Module:
    """The top-level definitions of a module, and what each uses."""

    def __init__(self, source: str, package: str):
        self.imports, self.uses_of = {}, {}
        for node in ast.parse(source).body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self.imports |= bound_by(node, package)
            else:
                for name in defined_by(node):
                    self.uses_of.setdefault(name, []).append(node)
        self.package = package

    @functools.cache  # noqa: B019
    def uses(self, module: str, name: str) -> tuple[str, ...]:
        """Dotted names that the definition of a name uses."""
        if name not in self.uses_of:
            return (self.imports[name],) if name in self.imports else ()
        found = set()
        for node in self.uses_of[name]:
            inner = {}
            for part in imports_in(node):
                inner |= bound_by(part, self.package)
            own = {other: f"{module}.{other}" for other in self.uses_of}
            found |= used(node, own | self.imports | inner)
        return tuple(found)


def imports_in(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports in a piece of code, without those that may fail: try ... except ImportError."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    elif not (isinstance(node, ast.Try) and "ImportError" in _caught(node)):
        for part in ast.iter_child_nodes(node):
            yield from imports_in(part)


def _caught(node: ast.Try) -> set[str]:
    types = (handler.type for handler in node.handlers if handler.type)
    return {n.id for each in types for n in ast.walk(each) if isinstance(n, ast.Name)}


def bound_by(node: ast.Import | ast.ImportFrom, package: str = "") -> Bound:
    """The names that an import binds, and what they stand for."""
    if isinstance(node, ast.Import):
        return {
            a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
            for a in node.names
        }
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    module = ".".join([*above * bool(node.level), *filter(None, [node.module])])
    return {a.asname or a.name: f"{module}.{a.name}" for a in node.names}


def defined_by(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    else:
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                yield part.id


def used(node: ast.AST, known: Bound) -> set[str]:
    """Dotted names behind what a piece of code looks up, as long as its attributes lead."""
    found, waiting = set(), [node]
    while waiting:
        part = waiting.pop()
        dotted, base = [], part
        while isinstance(base, ast.Attribute):
            dotted.append(base.attr)
            base = base.value
        if isinstance(base, ast.Name) and isinstance(base.ctx, ast.Load):
            if base.id in known:
                found.add(".".join([known[base.id], *reversed(dotted)]))
            continue
        if isinstance(part, ast.Import | ast.ImportFrom):
            continue
        waiting += _without_annotations(part)
    return found


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, ast.AST):
                yield item
