"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

from bnlib.exercises import algorithm, alternatives, backward

__all__ = ["algorithm", "alternatives", "backward"]
