"""Notebook 08: where batch norm fails, and what has been done about it."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.limits import ghost_batchnorm  # isort: skip
from bnlib.exercises.limits import batch_renorm  # isort: skip
from bnlib.exercises.limits import adapt_statistics  # isort: skip
from bnlib.exercises.limits import dropout_variance_ratio  # isort: skip
from bnlib.exercises.limits import sync_batchnorm  # isort: skip

__all__ = [
    "adapt_statistics",
    "batch_renorm",
    "dropout_variance_ratio",
    "ghost_batchnorm",
    "sync_batchnorm",
]
