"""What the modules share: their parameters, their running statistics, their test of x."""

import torch
from torch import nn


def mean_and_var(x, dims):
    """Mean and biased variance over `dims`, in two passes; the dims keep length 1."""
    mean = x.mean(dims, keepdim=True)
    return mean, ((x - mean) ** 2).mean(dims, keepdim=True)


def expect(right, x, expected):
    if not right or not x.is_floating_point():
        raise ValueError(f"expected {expected}, floating; got {x.dtype}, shape {tuple(x.shape)}")


class Affine(nn.Module):
    """Holds gamma and beta and applies them; either may be absent."""

    def __init__(self, shape, affine, bias, device, dtype):
        super().__init__()
        like = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.ones(shape, **like)) if affine else None
        self.bias = nn.Parameter(torch.zeros(shape, **like)) if affine and bias else None

    def _scale_and_shift(self, xhat, shape):
        y = xhat if self.weight is None else xhat * self.weight.view(shape)
        return y if self.bias is None else y + self.bias.view(shape)


class Running(Affine):
    """Adds the running statistics of C channels and their update."""

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=True,
        track_running_stats=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__(num_features, affine, bias, device, dtype)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        mean = var = count = None
        if track_running_stats:
            mean = torch.zeros(num_features, device=device, dtype=dtype)
            var = torch.ones(num_features, device=device, dtype=dtype)
            count = torch.tensor(0, device=device)
        self.register_buffer("running_mean", mean)
        self.register_buffer("running_var", var)
        self.register_buffer("num_batches_tracked", count)

    def _uses_batch(self):
        return self.training or self.running_mean is None

    def _update_running(self, mean, var):
        if self.training and self.track_running_stats:
            self.num_batches_tracked += 1
            count = self.num_batches_tracked.item()
            self._move(
                mean.flatten(), var.flatten(), 1 / count if self.momentum is None else self.momentum
            )

    @torch.no_grad()
    def _move(self, mean, var, momentum):
        self.running_mean.mul_(1 - momentum).add_(momentum * mean)
        self.running_var.mul_(1 - momentum).add_(momentum * var)


class LastAxes(Affine):
    """A layer over the last axes of x, which have the lengths `normalized_shape`."""

    def __init__(self, normalized_shape, affine, bias, device, dtype):
        one = isinstance(normalized_shape, int)
        lengths = (normalized_shape,) if one else tuple(normalized_shape)
        super().__init__(lengths, affine, bias, device, dtype)
        self.normalized_shape = lengths

    def _dims(self, x):
        shape = self.normalized_shape
        expect(tuple(x.shape[-len(shape) :]) == shape, x, f"last axes of lengths {shape}")
        return tuple(range(-len(shape), 0))
