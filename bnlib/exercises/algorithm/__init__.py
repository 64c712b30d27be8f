"""Notebook 04: the batch-norm forward pass."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.algorithm import standardize_batch  # isort: skip
from bnlib.exercises.algorithm import batchnorm_forward  # isort: skip
from bnlib.exercises.algorithm import batchnorm_forward_spatial  # isort: skip
from bnlib.exercises.algorithm import restoring_affine  # isort: skip
from bnlib.exercises.algorithm import streaming_mean_var  # isort: skip

__all__ = [
    "batchnorm_forward",
    "batchnorm_forward_spatial",
    "restoring_affine",
    "standardize_batch",
    "streaming_mean_var",
]
