"""Notebook 09, second part: normalized weights, and a tanh in the place of a normalization."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.weights import weight_norm  # isort: skip
from bnlib.exercises.weights import weight_norm_backward  # isort: skip
from bnlib.exercises.weights import weight_standardize  # isort: skip
from bnlib.exercises.weights import dyt  # isort: skip
from bnlib.exercises.weights import dyt_backward  # isort: skip

__all__ = ["dyt", "dyt_backward", "weight_norm", "weight_norm_backward", "weight_standardize"]
