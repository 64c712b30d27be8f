"""Functions that a check hands to an answer that takes a function.

They are named, with arrays for parameters, so that the grader can send them by name: no code
crosses its pipe.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_FUNCTIONS = {
    "tanh of x @ w": lambda x, w: np.tanh(x @ w),
    "(x @ w)**2": lambda x, w: (x @ w) ** 2,
}


class Probe(NamedTuple):
    """A function from the list above with its parameters; called with x alone."""

    name: str
    parameters: tuple

    def __call__(self, x):
        return _FUNCTIONS[self.name](x, *self.parameters)
