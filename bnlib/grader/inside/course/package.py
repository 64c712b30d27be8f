"""What a submission finds under the name `bnlib`.

The types of caches, and, in a notebook whose exercises may build on them, the norms; the rest is
swallowed.
"""

import importlib

from bnlib.cache import Cache

__all__ = ["Cache"]


def __getattr__(name):
    from bnlib.checks import check
    from bnlib.grader.inside.stage import SWALLOW

    if name == "check":
        return check
    if name.startswith("__"):
        raise AttributeError(name)
    for home in ("bnlib.norms", "bnlib.statistics"):
        found = getattr(importlib.import_module(home), name, SWALLOW)
        if found is not SWALLOW:
            return found
    return SWALLOW
