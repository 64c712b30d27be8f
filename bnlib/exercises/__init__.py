"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

# In the order of the notebooks, which is the order in which they register.
from bnlib.exercises import algorithm, backward

from bnlib.exercises import running  # isort: skip

__all__ = ["algorithm", "backward", "running"]
