"""Notebook 06: running statistics, the layer that has them, merging them, folding them away."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.running import update_running  # isort: skip
from bnlib.exercises.running import batchnorm_inference  # isort: skip
from bnlib.exercises.running import batch_norm_class  # isort: skip
from bnlib.exercises.running import merge_stats  # isort: skip
from bnlib.exercises.running import precise_stats  # isort: skip
from bnlib.exercises.running import fold_linear  # isort: skip
from bnlib.exercises.running import fold_conv  # isort: skip
from bnlib.exercises.running import batch_norm_1d  # isort: skip

__all__ = [
    "batch_norm_1d",
    "batch_norm_class",
    "batchnorm_inference",
    "fold_conv",
    "fold_linear",
    "merge_stats",
    "precise_stats",
    "update_running",
]
