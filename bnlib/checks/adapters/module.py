"""A batch-norm torch.nn.Module as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.verdicts import CannotJudge

NAMES = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
# What `state` says of a name.
ABSENT, RIGHT, DTYPE, SHAPE, KIND, GRAPH = range(6)


def torch_module(answer) -> Callable:
    """A ``torch.nn.Module`` as ``(options, steps)`` -> what a life of one module leaves.

    The module is made with the options, set to float64, and led through the steps in their order:

        ("set", name, array)     copy the array into a parameter or a buffer
        ("load", {name: array})  load_state_dict
        ("train",), ("eval",)    the methods of these names
        ("forward", x), ("forward without gradients", x), ("backward", dy)

    Returns (y, dx, dweight, dbias, running_mean, running_var, num_batches_tracked, state): y and
    gradients of the last passes, None for what there is not. ``state`` says of each of NAMES
    whether state_dict has it, as ABSENT, RIGHT, another DTYPE than a new module of PyTorch has,
    another SHAPE, KIND (a parameter where a buffer belongs, or a buffer for a parameter) or GRAPH
    (a buffer that holds on to the graph); last comes the number of other names.
    """

    def call(options, steps):
        try:
            import torch
        except ImportError:
            raise CannotJudge(
                "Not judged: this exercise needs torch (pip install torch)."
            ) from None
        module = answer(**options)
        if not isinstance(module, torch.nn.Module):
            raise TypeError(f"{answer!r} is no class derived from torch.nn.Module")
        dtypes = {name: value.dtype for name, value in module.state_dict().items()}
        module.double()
        x = y = None
        gradients = (None,) * 3
        for step, *values in steps:
            if step == "set":
                with torch.no_grad():
                    getattr(module, values[0]).copy_(torch.from_numpy(np.array(values[1])))
            elif step == "load":
                entries = values[0].items()
                module.load_state_dict({k: torch.from_numpy(np.array(v)) for k, v in entries})
            elif step == "train":
                module.train()
            elif step == "eval":
                module.eval()
            elif step == "forward":
                x = torch.from_numpy(values[0]).requires_grad_()
                y = module(x)
            elif step == "forward without gradients":
                with torch.no_grad():
                    x, y = None, module(torch.from_numpy(values[0]))
            elif step == "backward":
                module.zero_grad()
                if y.requires_grad:
                    y.backward(torch.from_numpy(values[0]))
                leaves = (x, *(_get(module, name) for name in NAMES[:2]))
                gradients = tuple(_array(getattr(leaf, "grad", None)) for leaf in leaves)
            else:
                raise ValueError(f"a step must be set, load, train, ...; got {step!r}")
        kept = (_array(_get(module, name)) for name in NAMES[2:])
        return (
            _array(y),
            *map(_array, gradients),
            *kept,
            _state(module, dtypes, options["num_features"]),
        )

    return call


def _get(module, name: str):
    return getattr(module, name, None)


def _array(value):
    """Tensors as arrays that share no memory with the module; anything else as it is."""
    if not hasattr(value, "detach"):
        return value
    return np.array(value.detach().resolve_neg().numpy())


def _state(module, dtypes: dict, num_features: int) -> np.ndarray:
    import torch

    parameters = dict(module.named_parameters())
    entries = module.state_dict(keep_vars=True)
    codes = []
    for name in NAMES:
        value = entries.get(name)
        count = name == "num_batches_tracked"
        if value is None:
            codes.append(ABSENT)
        elif tuple(value.shape) != (() if count else (num_features,)):
            codes.append(SHAPE)
        elif (name in parameters) != (name in NAMES[:2]):
            codes.append(KIND)
        elif value.grad_fn is not None:
            codes.append(GRAPH)
        elif dtypes.get(name) != (torch.int64 if count else torch.float32):
            codes.append(DTYPE)
        else:
            codes.append(RIGHT)
    return np.array([*codes, len(set(entries) - set(NAMES))], dtype=float)
