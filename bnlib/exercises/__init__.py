"""The exercises: one package a notebook, one module an exercise. Importing registers them."""

from bnlib.exercises import scaling  # isort: skip
from bnlib.exercises import signals  # isort: skip
from bnlib.exercises import algorithm, backward

__all__ = ["algorithm", "backward", "scaling", "signals"]
