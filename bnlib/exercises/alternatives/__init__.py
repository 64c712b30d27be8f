"""Notebook 09, first part: the norms of one example, forward and backward."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.alternatives import normalize  # isort: skip
from bnlib.exercises.alternatives import layer_norm  # isort: skip
from bnlib.exercises.alternatives import layer_norm_backward  # isort: skip
from bnlib.exercises.alternatives import rms_norm  # isort: skip
from bnlib.exercises.alternatives import rms_norm_backward  # isort: skip
from bnlib.exercises.alternatives import instance_norm  # isort: skip
from bnlib.exercises.alternatives import instance_norm_backward  # isort: skip
from bnlib.exercises.alternatives import group_norm  # isort: skip
from bnlib.exercises.alternatives import group_norm_backward  # isort: skip

__all__ = [
    "group_norm",
    "group_norm_backward",
    "instance_norm",
    "instance_norm_backward",
    "layer_norm",
    "layer_norm_backward",
    "normalize",
    "rms_norm",
    "rms_norm_backward",
]
