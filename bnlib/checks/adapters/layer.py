"""A layer with state, written as a class in NumPy, as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def numpy_layer(answer) -> Callable:
    """A class as ``(num_features, eps, momentum, steps)`` -> what a life of one layer leaves.

    The steps are done in their order to one new layer:

        ("set", name, array)    give an attribute a copy of the array
        ("train",), ("eval",)   set ``training``
        ("forward", x), ("backward", dy)
        ("another", x, dy)      make a second layer and lead x forward and, unless it is None,
                                dy back through it

    Returns (y, dx, dgamma, dbeta, running_mean, running_var, gamma, beta, training): y and dx of
    the last passes, the rest attributes of the layer; None for what there is not. ``training`` is
    1.0 or 0.0.
    """

    def call(num_features, eps, momentum, steps):
        layer = answer(num_features, eps, momentum)
        y = dx = None
        for step, *values in steps:
            if step == "set":
                setattr(layer, values[0], np.array(values[1]))
            elif step in ("train", "eval"):
                layer.training = step == "train"
            elif step == "forward":
                y = layer.forward(values[0])
            elif step == "backward":
                dx = layer.backward(values[0])
            elif step == "another":
                other = answer(num_features, eps, momentum)
                other.forward(values[0])
                if values[1] is not None:
                    other.backward(values[1])
            else:
                raise ValueError(f"a step must be set, train, eval, forward, ...; got {step!r}")
        names = ("dgamma", "dbeta", "running_mean", "running_var", "gamma", "beta")
        training = getattr(layer, "training", None)
        kept = (getattr(layer, name, None) for name in names)
        return y, dx, *kept, None if training is None else float(bool(training))

    return call
