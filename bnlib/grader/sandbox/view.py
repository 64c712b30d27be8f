"""What of the course a submission can read: a folder of its own, without the answers.

The folder holds a package named `bnlib` in which the checks are silent. The real one is nowhere in
the sandbox.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType

import bnlib

PACKAGE = Path(bnlib.__file__).parent

# (where it comes to stand, where it is from), in the package `bnlib`.
_FILES = (
    ("__init__.py", "grader/inside/course/package.py"),
    ("cache.py", "cache.py"),
    ("checks/__init__.py", "grader/inside/course/checks.py"),
    ("checks/adapters", "checks/adapters"),
    ("checks/borrowed.py", "checks/borrowed.py"),
    ("checks/calling.py", "checks/calling.py"),
    ("checks/deadlines.py", "checks/deadlines.py"),
    ("checks/probes.py", "checks/probes.py"),
    ("checks/verdicts.py", "checks/verdicts.py"),
    ("data", "data"),
    ("grader/__init__.py", "grader/__init__.py"),
    ("grader/inside", "grader/inside"),
    ("grader/wire", "grader/wire"),
)
# What answers that may build on the library import.
_CORE = tuple((name, name) for name in ("arguments.py", "merging.py", "norms", "statistics.py"))


def needs_core(notebook: str) -> bool:
    """Whether answers of this notebook may call the library's norms."""
    # Here: who starts a sandbox as the first of all does not wait for the checks.
    from bnlib.checks import registry

    return any(
        name.startswith("bnlib.norms")
        for exercise in registry.of(notebook)
        for name in exercise.allowed
    )


def make(folder: Path) -> None:
    """Write the package into an empty folder.

    With its modules compiled, where this Python has them: each sandbox would do that anew.
    """
    _add(folder, _FILES)


def add_core(folder: Path) -> None:
    """Write the library's norms, for answers that may build on them, to the package there."""
    _add(folder, _CORE)


def _add(folder: Path, files: tuple[tuple[str, str], ...]) -> None:
    for to, source in files:
        for path in _files(PACKAGE / source):
            name = Path(to, path.relative_to(PACKAGE / source)).as_posix()
            target, data = f"{folder}/bnlib/{name}", path.read_bytes()
            _write(target, data)
            if target.endswith(".py") and not sys.flags.optimize:
                _write(_beside(target), _compiled(path, data, name))


def _files(place: Path) -> Iterator[Path]:
    """A file, or all below a folder but for what Python keeps there."""
    if not place.is_dir():
        yield place
        return
    for below, folders, names in os.walk(place):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        yield from (Path(below, name) for name in sorted(names))


def _write(path: str, data: bytes) -> None:
    _make_folder(os.path.dirname(path))
    with open(path, "xb") as file:
        # Whatever the mask of who grades: a submission's user may be another.
        os.chmod(file.fileno(), 0o644)
        file.write(data)


def _make_folder(path: str) -> None:
    if not os.path.isdir(path):
        _make_folder(os.path.dirname(path))
        os.mkdir(path)
        os.chmod(path, 0o755)


def _beside(path: str) -> str:
    """Where Python looks for the code of a module; not where a prefix of ours would have it."""
    folder, name = os.path.split(path.removesuffix(".py"))
    return f"{folder}/__pycache__/{name}.{sys.implementation.cache_tag}.pyc"


def _compiled(path: Path, source: bytes, name: str) -> bytes:
    """A module as Python keeps it, to be taken without a look at its source."""
    # From where Python keeps it, or, where it does not, by compiling it.
    code = SourceFileLoader(name, str(path)).get_code(name)
    unchecked = (1).to_bytes(4, "little")
    head = importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source)
    return head + marshal.dumps(_elsewhere(code, f"bnlib/{name}"))


def _elsewhere(code: CodeType, path: str) -> CodeType:
    """Code without the name of the place on this machine that it is from."""
    held = (_elsewhere(c, path) if isinstance(c, CodeType) else c for c in code.co_consts)
    return code.replace(co_filename=path, co_consts=tuple(held))
