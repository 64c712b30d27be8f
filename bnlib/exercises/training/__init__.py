"""Notebook 07: training networks with batch norm."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.training import mlp  # isort: skip
from bnlib.exercises.training import train_mlp  # isort: skip

__all__ = ["mlp", "train_mlp"]
