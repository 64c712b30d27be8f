"""Fine-tuning with small batches: statistics updated, frozen, or recomputed once and frozen."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bnlib.lab.at_best_rate import error, fit, split
from bnlib.lab.changed_data import restore, tensors
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, generator
from bnlib.lab.training import Data, recompute

WIDTHS = (40, 64, 64, 64, 10)
SOURCE, TARGET = 4000, 200  # training rows
STEPS, RATE = 1000, 0.2  # of the first training
TUNED = 300  # steps of fine-tuning
RATES = (0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03)
SIZES = (2, 8, 32)
MODES = ("updated", "frozen", "recomputed")


class Frozen:
    """A network that is trained with its running statistics, as at inference."""

    def __init__(self, model: MLP):
        self.model, self.models = model, model.models

    def parameters(self) -> list[Tensor]:
        return self.model.parameters()

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        return self.model(x, False)


def target(x: Tensor, kind: str) -> Tensor:
    """Inputs of the second task: the "same" kind, or "changed": stronger, higher, noisier."""
    if kind == "same":
        return x
    noise = torch.randn(x.shape, generator=generator(len(x), "noise of the target"))
    return 2 * x + 1 + 0.3 * noise


def copied(source: MLP, weights: Sequence[Tensor]) -> MLP:
    """Copies of S trained networks, as many as there are weights; the last layer is a new one."""
    model = MLP(weights, BatchNorm)
    copies = model.models // source.models
    restore(model, [t.detach().repeat_interleave(copies, 0) for t in tensors(source)])
    with torch.no_grad():
        model.weights[-1].copy_(weights[-1])
        model.biases[-1].zero_()
    return model


@experiment(
    "fine_tuning",
    seeds=range(5),
    keys=("task", "mode", "size", "rate", "seed"),
    # One seed, one mode. Errors move by some rows where sums are rounded otherwise.
    small={
        "seeds": (0,),
        "tasks": ("changed",),
        "modes": ("recomputed",),
        "sizes": (8,),
        "rates": (0.003,),
    },
    tolerance=0.1,
)
def fine_tuning(
    seeds: Sequence[int],
    tasks: Sequence[str] = ("same", "changed"),
    modes: Sequence[str] = MODES,
    sizes: Sequence[int] = SIZES,
    rates: Sequence[float] = RATES,
) -> Rows:
    """Test error after 300 small batches of a second task, by what is done with the statistics.

    An MLP with batch norm is trained on 4,000 rows of MNIST-1D, gets a new last layer, and is
    trained on 200 further rows, with inputs of the same kind or changed. mode: statistics
    "updated" with every batch, "frozen" as they were, or "recomputed" once on the 200 rows and
    then frozen. valid, error: per cent; mended: test error once the statistics are recomputed on
    the 200 rows after fine-tuning.
    """
    data, x_valid, y_valid = split(SOURCE + TARGET)
    first = data._replace(x_train=data.x_train[:SOURCE], y_train=data.y_train[:SOURCE])
    source, _ = fit(lambda w: MLP(w, BatchNorm), first, seeds, (RATE,), STEPS, WIDTHS)
    found = []
    for task in tasks:
        x = target(data.x_train[SOURCE:], task)
        y = data.y_train[SOURCE:]
        second = Data(x, y, target(data.x_test, task), data.y_test)
        valid = target(x_valid, task)
        for mode in modes:
            for size in sizes:
                tuned = _tuned(source, second, seeds, rates, mode, size)
                columns = {
                    "valid": error(tuned, valid, y_valid),
                    "error": error(tuned, second.x_test, second.y_test),
                }
                recompute(tuned, second.x_train, tuned.norms)
                columns["mended"] = error(tuned, second.x_test, second.y_test)
                for m in range(tuned.models):
                    keys = {"task": task, "mode": mode, "size": size}
                    keys |= {"rate": rates[m % len(rates)], "seed": seeds[m // len(rates)]}
                    found.append(keys | {k: float(v[m]) for k, v in columns.items()})
    return found


def _tuned(source: MLP, data: Data, seeds, rates, mode: str, size: int) -> MLP:
    def make(weights: list[Tensor]):
        model = copied(source, weights)
        if mode == "recomputed":
            recompute(model, data.x_train, model.norms)
        return model if mode == "updated" else Frozen(model)

    model, _ = fit(make, data, seeds, rates, TUNED, WIDTHS, size)
    return model if mode == "updated" else model.model
