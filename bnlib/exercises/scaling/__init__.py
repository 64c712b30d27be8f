"""Notebook 01: the scales of the inputs, and what they do to gradient descent."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.scaling import standardize  # isort: skip
from bnlib.exercises.scaling import standardize_split  # isort: skip
from bnlib.exercises.scaling import condition_number  # isort: skip
from bnlib.exercises.scaling import max_stable_lr  # isort: skip
from bnlib.exercises.scaling import gd_steps_to  # isort: skip

__all__ = [
    "condition_number",
    "gd_steps_to",
    "max_stable_lr",
    "standardize",
    "standardize_split",
]
