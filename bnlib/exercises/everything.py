"""All exercises: importing this registers them."""

# In the order of the notebooks, which is the order in which they register.
from bnlib.exercises import scaling  # isort: skip
from bnlib.exercises import whitening  # isort: skip
from bnlib.exercises import signals  # isort: skip
from bnlib.exercises import algorithm  # isort: skip
from bnlib.exercises import backward  # isort: skip
from bnlib.exercises import running  # isort: skip
from bnlib.exercises import training  # isort: skip
from bnlib.exercises import clinic  # isort: skip
from bnlib.exercises import limits  # isort: skip
from bnlib.exercises import alternatives  # isort: skip
from bnlib.exercises import weights  # isort: skip

__all__ = [
    "algorithm",
    "alternatives",
    "backward",
    "clinic",
    "limits",
    "running",
    "scaling",
    "signals",
    "training",
    "weights",
    "whitening",
]
