"""What gamma and beta are worth: networks in which they are trained, or stay at 1 and 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bnlib.lab.datasets import mnist1d
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.selection import best
from bnlib.lab.tables import Table
from bnlib.lab.training import SGD, Data, accuracy, batches, train

# Which of the two are trained; the other stays at its first value, gamma at 1, beta at 0.
LEARNED = {
    "none": (),
    "beta": ("beta",),
    "gamma": ("gamma",),
    "gamma and beta": ("gamma", "beta"),
}
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LAST = 50  # steps whose losses are averaged


class PartlyLearned(BatchNorm):
    """Batch norm of which only the named parameters are handed to the optimizer."""

    def __init__(self, models: int, features: int, learned: Sequence[str]):
        super().__init__(models, features)
        self.learned = tuple(learned)

    def parameters(self) -> list[Tensor]:
        return [getattr(self, name) for name in self.learned]


@torch.no_grad()
def straightness(model: MLP, x: Tensor) -> Tensor:
    """R^2 of the line that fits each hidden unit's activation best, mean over units, (M,).

    The inputs of the activation are those of the rows x, (N, D), in training mode. Units whose
    activation is constant on all rows are left out.
    """
    h, found = x[None].expand(model.models, -1, -1), []
    for w, b, norm in zip(model.weights, model.biases, model.norms, strict=False):
        z = norm(torch.baddbmm(b, h, w), True)
        h = model.activation(z)
        dz, dh = z - z.mean(1, keepdim=True), h - h.mean(1, keepdim=True)
        # A correlation does not depend on the scale; without one a tiny variance would vanish.
        dz, dh = (d / d.abs().amax(1, keepdim=True) for d in (dz, dh))
        r2 = (dz * dh).sum(1).square() / (dz.square().sum(1) * dh.square().sum(1))
        found.append(r2)
    return torch.cat(found, 1).nanmean(1)


def network(activation: str, learned: str, seeds: Sequence[int], copies: int, data: Data) -> MLP:
    """Three hidden layers of 100 units; copies of a seed begin alike."""
    widths = (data.x_train.shape[1], 100, 100, 100, 10)
    weights = first_weights(seeds, widths, gain=2.0 if activation == "relu" else 1.0)
    weights = [w.repeat_interleave(copies, 0) for w in weights]
    return MLP(weights, lambda m, d: PartlyLearned(m, d, LEARNED[learned]), activation)


@experiment(
    "affine",
    seeds=range(7),
    keys=("activation", "learned", "rate", "seed"),
    small={
        "seeds": (0,),
        "activations": ("sigmoid",),
        "conditions": ("gamma and beta",),
        "rates": (0.1,),
    },
    # One model alone is multiplied in another order than many, and 1000 steps enlarge rounding.
    tolerance=0.1,
)
def affine(
    seeds: Sequence[int],
    activations: Sequence[str] = ("sigmoid", "relu"),
    conditions: Sequence[str] = tuple(LEARNED),
    rates: Sequence[float] = RATES,
    steps: int = 1000,
    batch: int = 100,
) -> Rows:
    """Accuracy on MNIST-1D with gamma and beta trained or not, at each of several rates.

    loss: of training, mean over the last steps; accuracy: on the test rows, in points; r2: how
    straight the activations are where the inputs lie; gamma: the mean size of gamma.
    """
    data, rows = mnist1d(), []
    order = batches(seeds, len(data.x_train), batch, steps)
    for activation in activations:
        for learned in conditions:
            model = network(activation, learned, seeds, len(rates), data)
            each = SGD(torch.tensor(rates).repeat(len(seeds)))
            losses = torch.stack(list(train(model, data, order, each, copies=len(rates))))
            values = {
                "loss": losses[-LAST:].mean(0),
                "accuracy": 100 * accuracy(model, data.x_test, data.y_test),
                "r2": straightness(model, data.x_train[:1000]),
                "gamma": torch.cat([n.gamma.detach().abs() for n in model.norms], 2).mean((1, 2)),
            }
            for m in range(model.models):
                keys = {"activation": activation, "learned": learned}
                keys |= {"rate": rates[m % len(rates)], "seed": seeds[m // len(rates)]}
                rows.append(keys | {name: float(v[m]) for name, v in values.items()})
    return rows


def chosen(table: Table, activation: str, learned: str) -> float:
    """The rate with the lowest training loss, mean over seeds, of a stored result.

    Raises ValueError if it is at the edge of the grid.
    """
    here = table.where(activation=activation, learned=learned)
    rates = here.values("rate")
    lost = [here.column("loss", rate=rate) for rate in rates]
    return best(rates, np.stack(lost, axis=1), where=f"{activation}, {learned}")
