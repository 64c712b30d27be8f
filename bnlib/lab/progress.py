"""A progress bar on what takes longer than two seconds; silent where QUIET is set."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tqdm.auto import tqdm

# Set by the build of the book: a page shows what a cell has computed, not how long it took.
QUIET = "BNLIB_QUIET"


def progress(steps: Iterable, what: str, total: int | None = None) -> Iterable:
    """Go through steps; after two seconds a bar says how far it is."""
    quiet = os.environ.get(QUIET, "") not in ("", "0")
    return tqdm(steps, desc=what, total=total, delay=2, leave=False, disable=quiet)
