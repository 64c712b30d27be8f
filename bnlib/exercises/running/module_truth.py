"""What torch.nn.BatchNorm1d gives, in NumPy: so its checks need torch for the answer alone."""

from __future__ import annotations

import numpy as np

from bnlib.checks.adapters.module import ABSENT, RIGHT
from bnlib.exercises.running.layer import Layer

_ATTRIBUTES = {"weight": "gamma", "bias": "beta"}


def _rows(x):
    """(N, C) or (N, C, L) as rows of C channels."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _back(rows, shape):
    if len(shape) == 2:
        return rows
    return np.moveaxis(rows.reshape(shape[0], shape[2], shape[1]), -1, 1)


class _Tracked(Layer):
    """Counts its batches; with momentum None each weighs the same."""

    def __init__(self, num_features, eps, momentum, track):
        Layer.__init__(self, num_features, eps, momentum)
        self.asked, self.track, self.count, self.mode = momentum, track, 0, True

    def forward(self, x):
        self.training = self.mode or not self.track
        return Layer.forward(self, x)

    def update(self, x, mean, var):
        if self.mode and self.track:
            self.count += 1
            self.momentum = 1 / self.count if self.asked is None else self.asked
            Layer.update(self, x, mean, var)


class Truth:
    """The reference of BatchNorm1d, called as the adapter calls an answer."""

    def on_arrays(self, options, steps):
        options = {
            "eps": 1e-5,
            "momentum": 0.1,
            "affine": True,
            "track_running_stats": True,
            **options,
        }
        affine, track = options["affine"], options["track_running_stats"]
        layer = _Tracked(options["num_features"], options["eps"], options["momentum"], track)
        y = dx = None
        for step, *values in steps:
            if step in ("set", "load"):
                for name, value in dict([values] if step == "set" else values[0]).items():
                    if name == "num_batches_tracked":
                        layer.count = int(value)
                    else:
                        setattr(layer, _ATTRIBUTES.get(name, name), np.array(value))
            elif step in ("train", "eval"):
                layer.mode = step == "train"
            elif step == "backward":
                dx = _back(layer.backward(_rows(values[0])), values[0].shape)
            else:
                y = _back(layer.forward(_rows(values[0])), values[0].shape)
        gradients = (layer.dgamma, layer.dbeta) if affine and dx is not None else (None, None)
        kept = (layer.running_mean, layer.running_var, layer.count) if track else (None,) * 3
        there = (affine, affine, track, track, track)
        state = [RIGHT if is_there else ABSENT for is_there in there]
        return y, dx, *gradients, *kept, np.array([*state, 0.0])
