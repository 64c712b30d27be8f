"""Notebook 05: the batch-norm backward pass."""

from bnlib.exercises.backward import (
    numerical_gradient,
    affine_backward,
    batchnorm_backward,
    batchnorm_backward_spatial,
    batchnorm_function,
)  # isort: skip  (the order is that of the notebook)

__all__ = [
    "affine_backward",
    "batchnorm_backward",
    "batchnorm_backward_spatial",
    "batchnorm_function",
    "numerical_gradient",
]
