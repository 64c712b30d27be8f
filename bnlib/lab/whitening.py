"""Experiments of chapter 2: what whitening costs, and what standardizing leaves of a layer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch

from bnlib.lab.covariate_shift import still
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import SGD, Data, batches, train

Array = np.ndarray

# --------------------------------------------------------------------------- counting operations

ENTRYWISE = {np.multiply, np.divide, np.square, np.sqrt, np.reciprocal}


def multiplications(function: Callable, *arrays: Array) -> int:
    """Run a function of arrays and count its multiplications, divisions and roots.

    The arrays note what is done with them: an entrywise operation counts once an entry, a product
    of (a, b) and (b, c) counts a b c. Additions are not counted. What leaves the arrays, as
    ``np.linalg`` does, can't be seen; so the functions below are written without it.
    """
    count = 0

    class Counted(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, out=None, **how):
            nonlocal count
            plain = [np.asarray(a) for a in inputs]
            result = np.asarray(getattr(ufunc, method)(*plain, **how))
            if ufunc is np.matmul:
                count += result.size * plain[0].shape[-1]
            elif ufunc in ENTRYWISE and method == "__call__":
                count += result.size
            return result.view(Counted)

    function(*(a.view(Counted) for a in arrays))
    return count


def layer(x: Array, w: Array) -> Array:
    """x w: what the layer in front of the normalization does."""
    return x @ w


def standardize(x: Array, eps: float = 1e-5) -> Array:
    """(x - mean) / sqrt(var + eps) of each feature."""
    centred = x - x.mean(axis=0)
    return centred * (1 / np.sqrt(np.square(centred).mean(axis=0) + eps))


def newton(x: Array, steps: int = 5, eps: float = 1e-5) -> Array:
    """Whitening by Newton's steps, as ``bnlib.newton_whiten`` takes them."""
    centred = x - x.mean(axis=0)
    cov = (centred.T @ centred) / len(x) + eps * np.eye(x.shape[1])
    trace = np.trace(cov)
    root, residual = np.eye(len(cov)), cov / trace
    for _ in range(steps):
        step = (3 * np.eye(len(cov)) - residual) / 2
        root, residual = root @ step, residual @ step @ step
    return centred @ (root / np.sqrt(trace))


def cholesky(x: Array, eps: float = 1e-5) -> Array:
    """Whitening by the Cholesky factor L: w = (L^-1)^T, both computed row by row."""
    centred = x - x.mean(axis=0)
    rest = (centred.T @ centred) / len(x) + eps * np.eye(x.shape[1])
    # Eliminating column k from the rows below it turns the covariance into L^T and I into L^-1,
    # up to a factor for each row.
    inverse = np.eye(len(rest)) + 0 * rest
    for k in range(len(rest)):
        scale = 1 / np.sqrt(rest[k, k])
        rest[k, k:], inverse[k, : k + 1] = rest[k, k:] * scale, inverse[k, : k + 1] * scale
        below = rest[k, k + 1 :]
        for i, part in enumerate(below, start=k + 1):
            rest[i, i:] = rest[i, i:] - part * rest[k, i:]
            inverse[i, : k + 1] = inverse[i, : k + 1] - part * inverse[k, : k + 1]
    return centred @ inverse.T


def counts(dimensions: Sequence[int], rows: int) -> dict[str, Array]:
    """Multiplications for one batch of (rows, D) at each D, of the layer and of what follows it."""
    rng = np.random.default_rng(0)
    found: dict[str, list[int]] = {}
    for d in dimensions:
        x, w = rng.standard_normal((rows, d)), rng.standard_normal((d, d))
        for name, f in (
            ("the layer itself", lambda a, w=w: layer(a, w)),
            ("standardizing", standardize),
            ("whitening, Cholesky", cholesky),
            ("whitening, 5 Newton steps", newton),
        ):
            found.setdefault(name, []).append(multiplications(f, x))
    return {name: np.array(values) for name, values in found.items()}


# ------------------------------------------------------------------------------- hidden layers


class Hidden(NamedTuple):
    """What standardizing leaves in the hidden layers of S networks.

    Attributes:
        values: (S, layers, D) eigenvalues of the correlation matrix, falling; their sum is D.
        correlation: (S, layers) mean absolute correlation of two units.
    """

    values: Array
    correlation: Array

    @property
    def largest(self) -> Array:
        """The share of the variance that lies along one direction, (S, layers)."""
        return self.values[..., 0] / self.values.sum(-1)

    @property
    def directions(self) -> Array:
        """(sum of eigenvalues)^2 / sum of their squares, (S, layers); D for a white layer, 1 if
        all units are copies of one."""
        return self.values.sum(-1) ** 2 / np.square(self.values).sum(-1)


@torch.no_grad()
def sums(model: MLP, x: torch.Tensor) -> list[Array]:
    """What enters the norm of each hidden layer, (M, N, width), in float64."""
    with still(model):
        outputs = [x[None].expand(model.models, -1, -1), *model.hidden(x[None], True)[:-1]]
    pairs = zip(outputs, model.weights, model.biases, strict=False)
    return [torch.baddbmm(b, h, w).double().numpy() for h, w, b in pairs]


def left(layers: Sequence[Array]) -> Hidden:
    """Measure layers of (S, N, D) each; what correlations are, standardizing does not change."""
    matrices = np.array([[np.corrcoef(z, rowvar=False) for z in batch] for batch in layers])
    matrices = matrices.swapaxes(0, 1)
    width = matrices.shape[-1]
    beside = ~np.eye(width, dtype=bool)
    values = np.linalg.eigvalsh(matrices)[..., ::-1]
    return Hidden(values, np.abs(matrices[..., beside]).mean(-1))


def in_training(
    data: Data, seeds: Sequence[int], steps: int, rate: float = 0.1, width: int = 100
) -> tuple[Hidden, Hidden]:
    """Networks of three hidden ReLU layers with batch norm: before training and after it."""
    model = MLP(first_weights(seeds, (data.x_train.shape[1], *[width] * 3, 10)), BatchNorm)
    before = left(sums(model, data.x_train))
    order = batches(seeds, len(data.x_train), 60, steps)
    for _ in train(model, data, order, SGD(torch.full((len(seeds),), rate))):
        pass
    return before, left(sums(model, data.x_train))
