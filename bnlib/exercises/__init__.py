"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

from bnlib.exercises import algorithm, backward

from bnlib.exercises import weights  # isort: skip

__all__ = ["algorithm", "backward", "weights"]
