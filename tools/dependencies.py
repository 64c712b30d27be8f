"""Which files of the project a chapter's outputs can depend on, found without running anything.

Every import counts, wherever in a module it stands, and so does every file that is no Python in a
package that is reached. Where a module is imported by a name that is only known when the code
runs, ``REACHES`` says which modules that may be; code that does so and is not listed there counts
as reaching the whole library.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

LIBRARY = "bnlib"

# What the use of a name brings with it besides the module that holds it.
REACHES = {
    "bnlib.checks.registry": ("bnlib.exercises.everything",),
    "bnlib.lab.experiments": ("bnlib.lab.*",),
    "bnlib.lab.frameworks": ("bnlib.lab.frameworks.*",),
    # The attribute of the package, which imports the checks when someone asks for it.
    "bnlib.check": ("bnlib.checks",),
}
# Names of those modules that bring nothing: the decorator puts a function on a list.
ALONE = {f"bnlib.lab.experiments.{name}" for name in ("experiment", "Experiment", "Rows")}

_CODE = (".py", ".pyc")
# What runs in a reader's browser: a page of the site loads it, and no output holds it.
_BROWSER = (".js", ".css")

_BY_NAME = ("importlib", "pkgutil", "runpy")
_NOT_BY_NAME = ("importlib.metadata", "importlib.resources")


def files_of(code: str, root: Path) -> set[Path]:
    """The files of the project that this code may execute or read."""
    try:
        waiting = set(_names(code))
    except SyntaxError:  # a magic of IPython: what it does is not known
        waiting = {f"{LIBRARY}.*"}
    seen, files = set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if _is(name, _BY_NAME) and not _is(name, _NOT_BY_NAME):
            waiting.add(f"{LIBRARY}.*")
        if not _is(name, (LIBRARY,)):
            continue
        if name not in ALONE:
            waiting |= {m for k, v in REACHES.items() if _is(name, (k,)) for m in v}
        for path, module, package in _modules(name, root):
            if path not in files:
                files.add(path)
                waiting |= _imported_by(path.read_text("utf-8"), module, package)
    data = {file for folder in {path.parent for path in files} for file in _data(folder)}
    return files | data | set(_quizzes(code, root))


def _is(name: str, modules: tuple[str, ...]) -> bool:
    """Whether a dotted name is one of these modules or lies in one."""
    return any(name == m or name.startswith(f"{m}.") for m in modules)


def _names(source: str, package: str = "") -> frozenset[str]:
    """The dotted names that code imports, and ``bnlib.check`` if it has such an attribute."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # Of a package a.b, one dot is a.b itself, two are a.
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            module = ".".join([*above * bool(node.level), *filter(None, [node.module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Attribute) and node.attr == "check":
            names.add(f"{LIBRARY}.check")
        elif isinstance(node, ast.Name) and node.id == "__import__":
            names.add("importlib")
    return frozenset(names)


@functools.cache
def _imported_by(source: str, module: str, package: str) -> frozenset[str]:
    names = _names(source, package)
    if module == LIBRARY:
        # It holds the function that imports the checks when ``bnlib.check`` is asked for.
        names = {name for name in names if not _is(name, (f"{LIBRARY}.checks",))}
    if _is(module, tuple(REACHES)):
        names = {name for name in names if not _is(name, _BY_NAME)}
    return frozenset(names)


def _modules(name: str, root: Path) -> Iterator[tuple[Path, str, str]]:
    """(file, module, package) of all that an import of this name executes."""
    parts = name.split(".")
    if parts[-1] == "*":
        for path in sorted(root.joinpath(*parts[:-1]).rglob("*.py")):
            inner = path.relative_to(root).with_suffix("").parts
            yield from _modules(".".join(inner).removesuffix(".__init__"), root)
    for end in range(1, len(parts) + 1):
        place, module = root.joinpath(*parts[:end]), ".".join(parts[:end])
        if (place / "__init__.py").is_file():
            yield place / "__init__.py", module, module
        elif place.with_suffix(".py").is_file():
            yield place.with_suffix(".py"), module, ".".join(parts[: end - 1])


def _data(folder: Path) -> Iterator[Path]:
    """The files of a package that are no Python, those in folders that are no packages too."""
    for path in folder.iterdir():
        if path.is_dir() and not (path / "__init__.py").exists() and path.name != "__pycache__":
            yield from _data(path)
        elif path.is_file() and path.suffix not in (*_CODE, *_BROWSER):
            yield path


def _quizzes(code: str, root: Path) -> list[Path]:
    """The questions that the code shows: those that it names, or all if it names none."""
    if "quiz" not in code:
        return []
    found = sorted((root / "book" / "quizzes").glob("*.json"))
    return [path for path in found if path.stem in code] or found
