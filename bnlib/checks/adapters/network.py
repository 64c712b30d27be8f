"""A network of three weight matrices, written as a class in NumPy, as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable


def numpy_network(answer) -> Callable:
    """A class as ``(weights, eps, momentum, steps)`` -> what a life of one network leaves.

    There are three weight matrices, so two hidden layers. The steps are done in their order:

        ("set", i, array)                  write the array into parameters[i]
        ("set running", i, mean, var)      write into running_mean[i] and running_var[i]
        ("train",), ("eval",)              set ``training``
        ("forward", x), ("backward", dlogits)

    Returns (logits, the eight gradients, running_mean and running_var of both layers, the eight
    parameters, training): None for what there is not; ``training`` is 1.0 or 0.0.
    """

    def call(weights, eps, momentum, steps):
        network = answer(weights, eps, momentum)
        logits, gradients = None, [None] * 8
        for step, *values in steps:
            if step == "set":
                network.parameters[values[0]][...] = values[1]
            elif step == "set running":
                network.running_mean[values[0]][...] = values[1]
                network.running_var[values[0]][...] = values[2]
            elif step in ("train", "eval"):
                network.training = step == "train"
            elif step == "forward":
                logits = network.forward(values[0])
            elif step == "backward":
                gradients = _eight("backward", network.backward(values[0]))
            else:
                raise ValueError(f"a step must be set, train, forward, ...; got {step!r}")
        running = [
            kept[i] if i < len(kept) else None
            for kept in (network.running_mean, network.running_var)
            for i in range(2)
        ]
        parameters = _eight("parameters", network.parameters)
        return logits, *gradients, *running, *parameters, float(bool(network.training))

    return call


def _eight(name: str, values) -> list:
    if not isinstance(values, list | tuple) or len(values) != 8:
        came = len(values) if isinstance(values, list | tuple) else f"a {type(values).__name__}"
        raise ValueError(f"{name}: expected a list of 8 arrays for 3 weight matrices, got {came}")
    return list(values)
