"""Notebook 03: what becomes of a signal on its way through many layers."""

# In the order of the notebook, which is the order in which they register.
from bnlib.exercises.signals import init_std  # isort: skip
from bnlib.exercises.signals import layer_stds  # isort: skip
from bnlib.exercises.signals import compound_change  # isort: skip
from bnlib.exercises.signals import saturated_fraction  # isort: skip
from bnlib.exercises.signals import dead_fraction  # isort: skip

__all__ = [
    "compound_change",
    "dead_fraction",
    "init_std",
    "layer_stds",
    "saturated_fraction",
]
