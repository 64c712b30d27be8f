"""Batch normalization and its relatives in NumPy, forward beside backward.

Importing this package imports NumPy and nothing heavier.
"""

from bnlib import norms
from bnlib.cache import Cache
from bnlib.folding import fold_conv, fold_linear
from bnlib.gradcheck import assert_gradient, check_gradient
from bnlib.merging import Stats, batch_stats, merge_stats, precise_stats, streaming_stats
from bnlib.norms import *  # noqa: F403
from bnlib.statistics import bessel, cumulative_average, exponential_average, update_running
from bnlib.whitening import (
    cholesky_whiten,
    newton_whiten,
    pca_whiten,
    standardize,
    standardizer,
    zca_whiten,
)

__version__ = "0.1.0"

__all__ = [
    *norms.__all__,
    "Cache",
    "Stats",
    "__version__",
    "assert_gradient",
    "batch_stats",
    "bessel",
    "check_gradient",
    "cholesky_whiten",
    "cumulative_average",
    "exponential_average",
    "fold_conv",
    "fold_linear",
    "merge_stats",
    "newton_whiten",
    "pca_whiten",
    "precise_stats",
    "standardize",
    "standardizer",
    "streaming_stats",
    "update_running",
    "zca_whiten",
]


def __getattr__(name):
    # The checks import what the core does not need, so they wait until someone asks.
    if name == "check":
        from bnlib.checks import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
