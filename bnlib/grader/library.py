"""What a grade depends on besides the submission, as one digest."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
from collections.abc import Iterator

import numpy as np

import bnlib
from bnlib.grader.sandbox.view import PACKAGE

# Pages and tables don't change a grade.
_APART = ("authoring", "commands", "figures", "lab", "grader/exports", "grader/reports")


def versions() -> dict[str, str]:
    """Versions of the library, of Python, and of what the answers compute with."""
    from importlib import metadata  # for which `email` is imported: judges need neither

    try:
        torch = metadata.version("torch")
    except metadata.PackageNotFoundError:
        torch = ""
    return {
        "bnlib": bnlib.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch,
    }


@functools.cache
def digest() -> str:
    """A digest of the exercises, the checks, the judge and those versions, in hex."""
    hashed = hashlib.sha256(repr(sorted(versions().items())).encode())
    for name in sorted(_modules()):
        if not name.startswith(_APART):
            with open(PACKAGE / name, "rb") as file:
                hashed.update(name.encode() + b"\0" + file.read() + b"\0")
    return hashed.hexdigest()


def _modules() -> Iterator[str]:
    """Paths of all modules below the package, as "checks/engine.py"."""
    for below, _, names in os.walk(PACKAGE):
        folder = os.path.relpath(below, PACKAGE).replace(os.sep, "/")
        for name in names:
            if name.endswith(".py"):
                yield name if folder == "." else f"{folder}/{name}"
