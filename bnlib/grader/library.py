"""What a grade depends on besides the submission, as one digest."""

from __future__ import annotations

import functools
import hashlib
import platform
from importlib import metadata

import numpy as np

import bnlib
from bnlib.grader.sandbox.view import PACKAGE

# Pages and tables don't change a grade.
_APART = ("authoring", "commands", "figures", "lab", "grader/exports", "grader/reports")


def versions() -> dict[str, str]:
    """Versions of the library, of Python, and of what the answers compute with."""
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
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if not name.startswith(_APART):
            hashed.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return hashed.hexdigest()
