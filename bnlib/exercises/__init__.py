"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

from bnlib.exercises import algorithm, backward, running, training

__all__ = ["algorithm", "backward", "running", "training"]
