"""Wrong and right modules in PyTorch, made when they are first used: listing them needs no torch.

Each wrong one differs from ``Module`` in the step that its name says.
"""

from __future__ import annotations

import functools


@functools.cache
def module():
    """The right module, its steps as methods."""
    import torch
    from torch import nn

    class Module(nn.Module):
        def __init__(
            self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
        ):
            super().__init__()
            self.num_features, self.eps, self.momentum = num_features, eps, momentum
            self.affine, self.track_running_stats = affine, track_running_stats
            self.make_parameters(num_features if affine else None)
            self.make_buffers(num_features if track_running_stats else None)

        def make_parameters(self, c):
            self.weight = None if c is None else nn.Parameter(torch.ones(c))
            self.bias = None if c is None else nn.Parameter(torch.zeros(c))

        def make_buffers(self, c):
            self.register_buffer("running_mean", None if c is None else torch.zeros(c))
            self.register_buffer("running_var", None if c is None else torch.ones(c))
            self.register_buffer("num_batches_tracked", None if c is None else torch.tensor(0))

        def uses_batch(self):
            return self.training or self.running_mean is None

        def tracks(self):
            return self.training and self.running_mean is not None

        def forward(self, x):
            view = (1, -1) + (1,) * (x.ndim - 2)
            if self.uses_batch():
                mean, var = self.statistics(x)
                if self.tracks():
                    self.update(mean, var, x)
            else:
                mean, var = self.running_mean, self.running_var
            mean, var = self.chosen(mean, var)
            xhat = self.normalized(x, mean.view(view), var.view(view))
            return self.scaled(xhat, view)

        def statistics(self, x):
            dims = (0, *range(2, x.ndim))
            var, mean = torch.var_mean(x, dims, correction=0)
            return mean, var

        def chosen(self, mean, var):
            return mean, var

        def update(self, mean, var, x):
            n = x.numel() // self.num_features
            self.count()
            self.move(mean.detach(), var.detach() * n / (n - 1), self.share())

        def count(self):
            self.num_batches_tracked += 1

        def share(self):
            if self.momentum is None:
                return 1 / self.num_batches_tracked.item()
            return self.momentum

        def move(self, mean, var, share):
            self.running_mean = (1 - share) * self.running_mean + share * mean
            self.running_var = (1 - share) * self.running_var + share * var

        def normalized(self, x, mean, var):
            return (x - mean) / torch.sqrt(var + self.eps)

        def scaled(self, xhat, view):
            if not self.affine:
                return xhat
            return xhat * self.weight.view(view) + self.bias.view(view)

    return Module


class Lazy:
    """A class made by ``make(Module)`` when it is first called."""

    def __init__(self, make):
        self.make = functools.cache(make)

    def __call__(self, **options):
        return self.make(module())(**options)


def variant(**methods) -> Lazy:
    """A module that differs from the right one in these methods."""
    return Lazy(lambda base: type("BatchNorm1d", (base,), methods))


def begins(**changed) -> Lazy:
    """A module whose constructor has other defaults."""

    def make(base):
        class BatchNorm1d(base):
            def __init__(self, num_features, **options):
                super().__init__(num_features, **{**changed, **options})

        return BatchNorm1d

    return Lazy(make)
