"""Notebook 06: running statistics, merging them, and folding them away."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.running import update_running  # isort: skip
from bnlib.exercises.running import batchnorm_inference  # isort: skip
from bnlib.exercises.running import merge_stats  # isort: skip
from bnlib.exercises.running import precise_stats  # isort: skip
from bnlib.exercises.running import fold_linear  # isort: skip
from bnlib.exercises.running import fold_conv  # isort: skip

__all__ = [
    "batchnorm_inference",
    "fold_conv",
    "fold_linear",
    "merge_stats",
    "precise_stats",
    "update_running",
]
