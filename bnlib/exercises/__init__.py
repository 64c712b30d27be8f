"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

from bnlib.exercises import algorithm, backward, clinic

__all__ = ["algorithm", "backward", "clinic"]
