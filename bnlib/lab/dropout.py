"""Networks with dropout and batch norm, and the variance that dropout moves.

A batch norm behind dropout sees, in training, values of which a share p is set to 0 and the rest
divided by 1 - p. Its running variance is that of these values. At test nothing is dropped, and
the variance is smaller (Li et al., 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, generator
from bnlib.lab.training import recompute


class Kind(NamedTuple):
    """Where batch norm and dropout stand in each hidden layer.

    norm: "none", "before" or "after" the activation. place: "none", "every" activation is
    followed by dropout, or only the "last". With norm "after" dropout comes right before it.
    """

    norm: str = "before"
    place: str = "none"


class Seen(NamedTuple):
    """What happens in one hidden layer, each (M, N, width).

    whole: what batch norm would get if nothing were dropped in this layer (with norm "before":
    in the layer below). noise: (M, 1, width), by how much dropout there adds to its variance.
    normed: what batch norm gets. out: what leaves the layer.
    """

    whole: Tensor
    noise: Tensor
    normed: Tensor
    out: Tensor


class DropoutMLP(MLP):
    """An MLP whose activations are dropped with a probability of each model's own."""

    def __init__(self, weights: Sequence[Tensor], kind: Kind, p: Sequence[float], seeds):
        """p: one a copy. All copies of a seed draw the same uniform numbers."""
        layer = None if kind.norm == "none" else BatchNorm
        super().__init__(weights, layer, after=kind.norm == "after")
        self.kind, self.copies = kind, len(p)
        self.p = torch.tensor(p, dtype=torch.float32).repeat(len(seeds)).view(-1, 1, 1)
        self.draws = [generator(seed, "dropout") for seed in seeds]

    def hidden(self, x: Tensor, training: bool, dropping: bool | None = None) -> list[Tensor]:
        return [seen.out for seen in self.layers(x, training, dropping)]

    def layers(self, x: Tensor, training: bool, dropping: bool | None = None) -> Iterator[Seen]:
        """Go through the hidden layers. dropping: whether dropout is on; None: in training."""
        dropping = training if dropping is None else dropping
        h = whole = x.expand(self.models, -1, -1)
        for layer, (w, b, norm) in enumerate(
            zip(self.weights, self.biases, self.norms, strict=False)
        ):
            z = torch.baddbmm(b, h, w)
            last = layer == len(self.norms) - 1
            drops = self.kind.place == "every" or (self.kind.place == "last" and last)
            if self.after:
                a = self.activation(z)
                normed = self.drop(a) if dropping and drops else a
                seen = a, self.noise(a) if drops else torch.zeros_like(a[:, :1]), normed
                h = norm(normed, training)
            else:
                # Dropout in the layer below adds its noise through the weights.
                below = self.kind.place == "every" and layer > 0
                noise = self.noise(whole) @ w.square() if below else torch.zeros_like(z[:, :1])
                seen = torch.baddbmm(b, whole, w) if below else z, noise, z
                whole = self.activation(norm(z, training) if norm else z)
                h = self.drop(whole) if dropping and drops else whole
            yield Seen(*seen, h)

    def drop(self, h: Tensor) -> Tensor:
        """Inverted dropout: a share p becomes 0, the rest is divided by 1 - p."""
        shape = h.shape[1:]
        uniform = torch.stack([torch.rand(shape, generator=draw) for draw in self.draws])
        kept = uniform.repeat_interleave(self.copies, 0) >= self.p
        return h * kept / (1 - self.p)

    def noise(self, h: Tensor) -> Tensor:
        """What dropout adds to the variance of h, (M, 1, D): p / (1 - p) times its mean square."""
        return self.p / (1 - self.p) * h.square().mean(1, keepdim=True)

    def whole(self) -> Undropped:
        """The same networks, in which nothing is dropped in training either."""
        return Undropped(self)


class Undropped:
    """A DropoutMLP whose dropout is switched off; what it measures is measured in the original."""

    def __init__(self, model: DropoutMLP):
        self.model, self.models = model, model.models

    def parameters(self) -> list[Tensor]:
        return self.model.parameters()

    def __call__(self, x: Tensor, training: bool) -> Tensor:
        h = self.model.hidden(x, training, dropping=False)[-1]
        return torch.baddbmm(self.model.biases[-1], h, self.model.weights[-1])


class Shift(NamedTuple):
    """Test over training variance at the batch norm of each layer, (M, layers).

    measured: variance of the inputs at test over that in training.
    local: what dropout in front of this layer alone makes of it, v / (v + noise).
    """

    measured: Tensor
    local: Tensor


@torch.no_grad()
def shifts(model: DropoutMLP, x: Tensor) -> Shift:
    """The variances of all layers on rows x; of a layer's units the variances are summed.

    The training variance is a plain average over batches of x with dropout on: what the running
    variance is a noisy estimate of. ``local`` is computed with dropout on below, as in training:
    of values of mean c and variance v it is (1 - p) v / (v + p c^2).
    """
    kept = [(norm.running_mean.clone(), norm.running_var.clone()) for norm in model.norms]
    recompute(model, x, model.norms, size=64)
    measured = [
        seen.normed.var(1).sum(1) / norm.running_var.sum((1, 2))
        for seen, norm in zip(model.layers(x[None], False), model.norms, strict=True)
    ]
    local = []
    for seen in model.layers(x[None], False, dropping=True):
        v = seen.whole.var(1, correction=0).sum(1)
        local.append(v / (v + seen.noise.sum((1, 2))))
    for norm, (mean, var) in zip(model.norms, kept, strict=True):
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(var)
    return Shift(torch.stack(measured, 1), torch.stack(local, 1))


@torch.no_grad()
def averaged_error(model: DropoutMLP, x: Tensor, y: Tensor, passes: int = 10) -> Tensor:
    """Error in per cent with dropout left on at test, probabilities averaged over passes, (M,)."""
    right = torch.zeros(model.models)
    for rows, classes in zip(x.split(2000), y.split(2000), strict=True):
        chance = 0.0
        for _ in range(passes):
            h = model.hidden(rows[None], False, dropping=True)[-1]
            chance = chance + torch.baddbmm(model.biases[-1], h, model.weights[-1]).softmax(2)
        right += (chance.argmax(2) == classes).float().sum(1)
    return 100 * (1 - right / len(x))
