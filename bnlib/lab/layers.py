"""Normalizations of many models at once: every tensor begins with an axis of models, M.

They are written for experiments: what a chapter compares is an argument here. The numeric core
(``bnlib.norms``) and PyTorch's own layers are what the tests hold them against.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Norm = Callable[[Tensor, bool], Tensor]  # (M, N, D), training -> (M, N, D)


class BatchNorm:
    """Batch norm of (M, N, D), each model with statistics and parameters of its own.

    Attributes:
        gamma, beta: (M, 1, D), trained.
        running_mean, running_var: (M, 1, D), averages over batches with PyTorch's momentum, the
            variance by N - 1.
    """

    def __init__(
        self,
        models: int,
        features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        group: int | None = None,
    ):
        """group: rows that share statistics (ghost batch norm); None is the whole batch."""
        self.gamma = torch.ones(models, 1, features, requires_grad=True)
        self.beta = torch.zeros(models, 1, features, requires_grad=True)
        self.running_mean = torch.zeros(models, 1, features)
        self.running_var = torch.ones(models, 1, features)
        self.eps, self.momentum, self.group = eps, momentum, group

    def parameters(self) -> list[Tensor]:
        return [self.gamma, self.beta]

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        if training:
            mean, var = self.measure(z)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * self.apply(z, mean, var, training) + self.beta

    def measure(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and biased variance, (M, P, 1, D) for P groups of rows; updates the averages."""
        rows = z.shape[1] if self.group is None else self.group
        if z.shape[1] % rows or rows < 2:
            raise ValueError(f"a batch of {z.shape[1]} rows has no groups of {rows}, at least 2")
        parts = z.unflatten(1, (-1, rows))
        mean = parts.mean(2, keepdim=True)
        var = (parts - mean).square().mean(2, keepdim=True)
        with torch.no_grad():
            unbiased = var.mean(1) * rows / (rows - 1)
            self.running_mean.lerp_(mean.mean(1), self.momentum)
            self.running_var.lerp_(unbiased, self.momentum)
        return mean, var

    def apply(self, z: Tensor, mean: Tensor, var: Tensor, training: bool) -> Tensor:
        if not training:
            return (z - mean) * (var + self.eps).rsqrt()
        parts = z.unflatten(1, (mean.shape[1], -1))
        return ((parts - mean) * (var + self.eps).rsqrt()).flatten(1, 2)


class GroupNorm:
    """Group norm of (M, N, D): each row by the mean and variance of each of its groups of features.

    One group is layer norm.
    """

    def __init__(self, models: int, features: int, groups: int = 1, eps: float = 1e-5):
        if features % groups:
            raise ValueError(f"{features} features cannot be split into {groups} groups")
        self.gamma = torch.ones(models, 1, features, requires_grad=True)
        self.beta = torch.zeros(models, 1, features, requires_grad=True)
        self.groups, self.eps = groups, eps

    def parameters(self) -> list[Tensor]:
        return [self.gamma, self.beta]

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        parts = z.unflatten(2, (self.groups, -1))
        mean = parts.mean(3, keepdim=True)
        var = (parts - mean).square().mean(3, keepdim=True)
        return self.gamma * ((parts - mean) * (var + self.eps).rsqrt()).flatten(2) + self.beta


class RMSNorm:
    """RMS norm of (M, N, D): each row divided by the root of its mean square."""

    def __init__(self, models: int, features: int, eps: float = 1e-5):
        self.gamma = torch.ones(models, 1, features, requires_grad=True)
        self.eps = eps

    def parameters(self) -> list[Tensor]:
        return [self.gamma]

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        return self.gamma * z * (z.square().mean(2, keepdim=True) + self.eps).rsqrt()
