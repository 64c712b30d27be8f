"""What of the course a submission can read: a folder of its own, without the answers.

The folder holds a package named `bnlib` in which the checks are silent. The real one is nowhere in
the sandbox.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import bnlib
from bnlib.checks import registry

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
    return any(
        name.startswith("bnlib.norms")
        for exercise in registry.exercises()
        if exercise.notebook == notebook
        for name in exercise.allowed
    )


def make(folder: Path, core: bool) -> None:
    """Write the package into an empty folder. ``core``: with the library's norms."""
    for to, source in (*_FILES, *(_CORE if core else ())):
        target = folder / "bnlib" / to
        target.parent.mkdir(parents=True, exist_ok=True)
        if (PACKAGE / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(PACKAGE / source, target, ignore=ignored, copy_function=shutil.copyfile)
        else:
            shutil.copyfile(PACKAGE / source, target)
    # Whatever the mask of who grades: a submission's user may be another.
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
