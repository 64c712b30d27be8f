"""Notebook 05: the batch-norm backward pass."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.backward import numerical_gradient  # isort: skip
from bnlib.exercises.backward import affine_backward  # isort: skip
from bnlib.exercises.backward import batchnorm_backward  # isort: skip
from bnlib.exercises.backward import batchnorm_backward_spatial  # isort: skip
from bnlib.exercises.backward import batchnorm_function  # isort: skip

__all__ = [
    "affine_backward",
    "batchnorm_backward",
    "batchnorm_backward_spatial",
    "batchnorm_function",
    "numerical_gradient",
]
