"""Whether ReLU nets of forty layers train: plain, with batch norm, and residual (claim 4).

The layers are those of ``bnlib.lab.gradients_at_depth``, here for many models at once, and with
gamma, beta and biases that are trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from bnlib.lab.datasets import digits
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import first_weights
from bnlib.lab.selection import best
from bnlib.lab.training import SGD, accuracy, batches, train

NETS = ("plain", "plain, batch norm", "residual", "residual, batch norm")


class DeepNet:
    """M nets: a linear layer to the width, ``depth`` layers of one kind, a linear layer to classes.

    plain: h <- BN(relu(h) W); residual: h <- h + relu(BN(h)) W; or the same without BN.
    """

    def __init__(self, weights: Sequence[Tensor], net: str):
        self.weights = [w.clone().requires_grad_() for w in weights]
        self.biases = [torch.zeros(len(w), 1, w.shape[2], requires_grad=True) for w in weights]
        self.residual, normalized = net.startswith("residual"), net.endswith("batch norm")
        deep = weights[1:-1]  # square, so a norm fits in front and behind
        self.norms = [BatchNorm(len(w), w.shape[2]) if normalized else None for w in deep]

    @property
    def models(self) -> int:
        return len(self.weights[0])

    def parameters(self) -> list[Tensor]:
        own = [*self.weights, *self.biases]
        return own + [p for norm in self.norms if norm for p in norm.parameters()]

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        h = torch.baddbmm(self.biases[0], x.expand(self.models, -1, -1), self.weights[0])
        layers = zip(self.weights[1:-1], self.biases[1:-1], self.norms, strict=True)
        for w, b, norm in layers:
            if self.residual:
                h = h + torch.baddbmm(b, (norm(h, training) if norm else h).relu(), w)
            else:
                z = torch.baddbmm(b, h.relu(), w)
                h = norm(z, training) if norm else z
        return torch.baddbmm(self.biases[-1], h.relu(), self.weights[-1])


def final_accuracy(
    seeds: Sequence[int], net: str, rates: Sequence[float], depth: int, steps: int, width: int = 64
) -> tuple[Tensor, Tensor]:
    """Training loss over the last tenth of the steps and test accuracy at the end, (S, rates)."""
    data = digits()
    weights = first_weights(seeds, (64, *[width] * (depth + 1), 10))
    model = DeepNet([w.repeat_interleave(len(rates), 0) for w in weights], net)
    order = batches(seeds, len(data.x_train), 128, steps)
    optimizer = SGD(torch.tensor(rates).repeat(len(seeds)), momentum=0.9)
    lost = list(train(model, data, order, optimizer, len(rates)))
    loss = torch.stack(lost[-(steps // 10) :]).mean(0)
    right = accuracy(model, data.x_test, data.y_test)
    return loss.view(len(seeds), -1), right.view(len(seeds), -1)


CHOOSING = (100, 101, 102)
GRIDS = {
    "plain": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    "plain, batch norm": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1),
    "residual, batch norm": (3e-3, 1e-2, 3e-2, 1e-1, 3e-1),
}


def best_rate(net: str, depth: int, steps: int) -> float:
    """The rate with the lowest mean training loss on the choosing seeds; not one at the edge."""
    rates = GRIDS[net]
    loss = final_accuracy(CHOOSING, net, rates, depth, steps)[0]
    return best(rates, loss.numpy(), where=net)


@experiment(
    "deep_training",
    seeds=range(8),
    keys=("net", "rate", "seed"),
    small={"seeds": (0,), "rates": {"residual, batch norm": 0.03}},
    # Two hundred steps through forty layers: rounding shows in the loss, hardly in the accuracy.
    tolerance=0.1,
)
def deep_training(
    seeds: Sequence[int],
    rates: Mapping[str, float] | None = None,
    depth: int = 40,
    steps: int = 200,
) -> Rows:
    """Forty layers, 200 steps, each net at its own best rate: test accuracy at the end."""
    rows = []
    for net in rates or GRIDS:
        rate = rates[net] if rates else best_rate(net, depth, steps)
        _, right = final_accuracy(seeds, net, (rate,), depth, steps)
        for seed, value in zip(seeds, right[:, 0].tolist(), strict=True):
            rows.append({"net": net, "rate": rate, "seed": seed, "accuracy": value})
    return rows
