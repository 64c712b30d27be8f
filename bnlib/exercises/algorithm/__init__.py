"""Notebook 04: the batch-norm forward pass."""

from bnlib.exercises.algorithm import (
    standardize_batch,
    batchnorm_forward,
    batchnorm_forward_spatial,
    restoring_affine,
    streaming_mean_var,
)  # isort: skip  (the order is that of the notebook)

__all__ = [
    "batchnorm_forward",
    "batchnorm_forward_spatial",
    "restoring_affine",
    "standardize_batch",
    "streaming_mean_var",
]
