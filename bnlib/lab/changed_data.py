"""Claims 9 and 23: a trained network meets inputs that were changed after training.

With and without batch norm, with the running statistics of training or with statistics of the
changed rows (adaptive batch norm; Li et al., 2016), at the end of training and at equal accuracy
on unchanged rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bnlib.lab.at_best_rate import Rows as Split
from bnlib.lab.at_best_rate import error, fit, split
from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm, GroupNorm, Norm
from bnlib.lab.nets import MLP, generator
from bnlib.lab.training import recompute

NORMS: dict[str, Callable[[int, int], Norm] | None] = {
    "none": None,
    "batch norm": BatchNorm,
    "layer norm": GroupNorm,
}
RATES = (0.02, 0.06, 0.2, 0.6, 1.5)
# Steps, and the validation error at which the second comparison stops.
SETTINGS = {"MNIST-1D": (1500, 45.0), "digits": (400, 12.0)}
EVERY = 20


def changes(x: Tensor, side: int | None = None) -> dict[str, Tensor]:
    """Name -> changed rows; offsets and noise in standard deviations of x.

    side: width of the images that the rows are, None for sequences. "moved" shifts by one pixel,
    a sequence by one place, round the end.
    """
    scale = x.std()
    noise = torch.randn(x.shape, generator=generator(0, "noise"))
    places = x if side is None else x.unflatten(1, (side, side))
    return {
        "offset": x + scale,
        "contrast": x * 3,
        "noise": x + 0.5 * scale * noise,
        "moved": places.roll(1, -1).flatten(1),
    }


def proportions(y: Tensor) -> dict[str, Tensor]:
    """Name -> which rows are kept so that the classes come in other proportions."""
    order = torch.arange(len(y))
    return {
        "nine to one": (y < 5) | (order % 9 == 0),  # classes 0 to 4 are nine tenths
        "two classes": y < 2,
    }


def load(name: str) -> tuple[Split, int | None]:
    """A data set by name, and the width of its images."""
    if name == "MNIST-1D":
        return split(4000), None
    data = digits()
    rows = len(data.x_train) - 200
    own = data._replace(x_train=data.x_train[:rows], y_train=data.y_train[:rows])
    return Split(own, data.x_train[rows:], data.y_train[rows:]), 8


class Stopped:
    """Copies of M models, each as it was when its validation error first was at most a level."""

    def __init__(self, x: Tensor, y: Tensor, level: float):
        self.x, self.y, self.level = x, y, level
        self.kept: list[Tensor] = []

    def __call__(self, step: int, model: MLP) -> None:
        now = [t.detach() for t in tensors(model)]
        if not self.kept:
            self.kept = [torch.full_like(t, torch.nan) for t in now]
            self.open = torch.ones(model.models, dtype=torch.bool)
        if step % EVERY == 0 and self.open.any():
            reached = self.open & (error(model, self.x, self.y) <= self.level)
            for kept, t in zip(self.kept, now, strict=True):
                kept[reached] = t[reached]
            self.open &= ~reached


def tensors(model: MLP) -> list[Tensor]:
    """Everything that makes up a network: parameters and running statistics."""
    batch = [norm for norm in model.norms if isinstance(norm, BatchNorm)]
    return model.parameters() + [t for n in batch for t in (n.running_mean, n.running_var)]


@torch.no_grad()
def restore(model: MLP, state: Sequence[Tensor]) -> None:
    """Put a copy of a state of ``tensors`` into the model."""
    for t, kept in zip(tensors(model), state, strict=True):
        t.copy_(kept)


def adapted(model: MLP, x: Tensor, y: Tensor, rows: int | None = None) -> Tensor:
    """Error on x with statistics of x itself, or of its first rows; the model is left as it was."""
    state = [t.detach().clone() for t in tensors(model)]
    recompute(model, x[:rows], model.norms)
    found = error(model, x, y)
    restore(model, state)
    return found


def measure(model: MLP, x: Tensor, y: Tensor, side: int | None) -> dict[str, dict[str, Tensor]]:
    """Statistics -> change -> error in per cent, (M,)."""
    sets = {"clean": (x, y)} | {name: (new, y) for name, new in changes(x, side).items()}
    sets |= {name: (x[kept], y[kept]) for name, kept in proportions(y).items()}
    found = {"running": {name: error(model, *rows) for name, rows in sets.items()}}
    if isinstance(model.norms[0], BatchNorm):
        found["all rows"] = {name: adapted(model, *rows) for name, rows in sets.items()}
        found["64 rows"] = {name: adapted(model, *rows, 64) for name, rows in sets.items()}
    return found


@experiment(
    "changed_data",
    seeds=range(6),
    keys=("data", "norm", "stop", "statistics", "rate", "seed"),
    # One network of one seed. Errors on 449 rows move by one row, 0.22 points, where sums are
    # rounded otherwise, and those of changed rows are tens of points.
    small={"seeds": (0,), "data": ("digits",), "norms": ("batch norm",), "rates": (0.06,)},
    tolerance=0.15,
)
def changed_data(
    seeds: Sequence[int],
    data: Sequence[str] = tuple(SETTINGS),
    norms: Sequence[str] = tuple(NORMS),
    rates: Sequence[float] = RATES,
) -> Rows:
    """Test error, per cent, on changed inputs, with and without batch norm, two kinds of data.

    Three hidden layers of 64 ReLU units. stop: at the "end" of training, or at "equal" validation
    error, nan where that was never reached. statistics: "running", or recomputed on "all rows" or
    "64 rows" of the changed test set.
    """
    found = []
    for name in data:
        (own, x_valid, y_valid), side = load(name)
        steps, level = SETTINGS[name]
        widths = (own.x_train.shape[1], 64, 64, 64, 10)
        for norm in norms:
            stopped = Stopped(x_valid, y_valid, level)
            model, _ = fit(
                lambda w, n=norm: MLP(w, NORMS[n]), own, seeds, rates, steps, widths, watch=stopped
            )
            valid = error(model, x_valid, y_valid)
            errors = {"end": measure(model, own.x_test, own.y_test, side)}
            restore(model, stopped.kept)
            errors["equal"] = measure(model, own.x_test, own.y_test, side)
            for stop, statistics in errors.items():
                for kind, columns in statistics.items():
                    for m in range(model.models):
                        keys = {"data": name, "norm": norm, "stop": stop, "statistics": kind}
                        keys |= {"rate": rates[m % len(rates)], "seed": seeds[m // len(rates)]}
                        values = {"valid": valid} | columns
                        values = {k: float(v[m]) for k, v in values.items()}
                        if stop == "equal" and stopped.open[m]:
                            values |= dict.fromkeys(columns, float("nan"))
                        found.append(keys | values)
    return found
