"""What Python has imported when its memory is copied, so that the next visit finds it imported."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import random
import sys
from collections.abc import Sequence

# By package: what cells and checks of most pages import, and what comes with the first use.
IMPORTS = {
    "bnlib": ("worker", "order", "judging", "showing"),
    "numpy": ("numpy", "numpy.random", "numpy.linalg", "numpy.testing"),
    "matplotlib": (
        "matplotlib.pyplot",
        "matplotlib.backends.backend_agg",
        "matplotlib.mathtext",
        "PIL.PngImagePlugin",
        "bnlib.figures.style",
    ),
}
MOST_FILES = 64


def up(packages: Sequence[str]) -> None:
    """Import what these packages are used for; names of `IMPORTS`.

    Raises:
        ValueError: a package is none of them.
        RuntimeError: what was imported keeps a file open.
    """
    for package in packages:
        if package not in IMPORTS:
            raise ValueError(f"{package!r} is not one of {', '.join(IMPORTS)}")
        prefix = "bnlib.browser." if package == "bnlib" else ""
        for name in IMPORTS[package]:
            importlib.import_module(prefix + name)
    gc.collect()
    if left := _open_files():
        # The files that JavaScript has open are not in Python's memory.
        raise RuntimeError(f"no copy is made of a Python with open files: {left}")


def _open_files() -> list[int]:
    """Descriptors beyond those of the streams."""
    found = []
    for descriptor in range(3, MOST_FILES):
        with contextlib.suppress(OSError):
            os.fstat(descriptor)
            found.append(descriptor)
    return found


def seed() -> None:
    """Seed the generators that were seeded before the memory was copied: no two visits alike."""
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
