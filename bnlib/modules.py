"""The layers as PyTorch modules, written out in plain tensor operations.

The first six are what `torch.nn` has under the same names: same constructor arguments, same
state_dict, same output, buffers and gradients. The others `torch.nn` lacks. PyTorch calls gamma
`weight` and beta `bias`. What cannot be normalized raises ValueError, where PyTorch at times raises
RuntimeError; NaN and infinity pass through, as in PyTorch.

This is the one file of the numeric core that imports torch; `import bnlib` does not import it.
"""

import math

import torch
from torch import nn


def _mean_and_var(x, dims):
    """Mean and biased variance over `dims`, in two passes; the dims keep length 1."""
    mean = x.mean(dims, keepdim=True)
    return mean, ((x - mean) ** 2).mean(dims, keepdim=True)


def _expect(right, x, expected):
    if not right or not x.is_floating_point():
        raise ValueError(f"expected {expected}, floating; got {x.dtype}, shape {tuple(x.shape)}")


class _Affine(nn.Module):
    """Holds gamma and beta and applies them; either may be absent."""

    def __init__(self, shape, affine, bias, device, dtype):
        super().__init__()
        like = {"device": device, "dtype": dtype}
        self.weight = nn.Parameter(torch.ones(shape, **like)) if affine else None
        self.bias = nn.Parameter(torch.zeros(shape, **like)) if affine and bias else None

    def _scale_and_shift(self, xhat, shape):
        y = xhat if self.weight is None else xhat * self.weight.view(shape)
        return y if self.bias is None else y + self.bias.view(shape)


class _Running(_Affine):
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


class _BatchNorm(_Running):
    """Batch norm of (N, C, ...): mean and var over all axes but the second."""

    def forward(self, x):
        """Return gamma * (x - mean) / sqrt(var + eps) + beta, the shape and dtype of x."""
        c = self.num_features
        _expect(x.ndim in self.ranks and x.shape[1] == c, x, f"{self.shapes} with C = {c}")
        shape = (1, c) + (1,) * (x.ndim - 2)
        return self._scale_and_shift(self._normalize(x, shape), shape)

    def _normalize(self, x, shape):
        if self._uses_batch():
            mean, var, n = self._batch_moments(x)
            self._update_running(mean, var * n / (n - 1))  # Bessel's correction, for these only
        else:
            mean, var = self.running_mean.view(shape), self.running_var.view(shape)
        return (x - mean) / torch.sqrt(var + self.eps)

    def _batch_moments(self, x):
        n = x.numel() // self.num_features
        if n < 2:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got {tuple(x.shape)}"
            )
        return *_mean_and_var(x, (0, *range(2, x.ndim))), n


class BatchNorm1d(_BatchNorm):
    """Batch norm of (N, C) or (N, C, L), as `torch.nn.BatchNorm1d`.

    Raises ValueError for another shape, an integer x, and one value per channel in training.
    Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), Algorithms 1 and 2.
    """

    ranks, shapes = (2, 3), "shape (N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """Batch norm of (N, C, H, W), as `torch.nn.BatchNorm2d`.

    Raises ValueError for another shape, an integer x, and one value per channel in training.
    Source: Ioffe & Szegedy 2015 (arXiv:1502.03167), section 3.2.
    """

    ranks, shapes = (4,), "shape (N, C, H, W)"


class InstanceNorm2d(_Running):
    """Instance norm of (N, C, H, W) or (C, H, W), as `torch.nn.InstanceNorm2d`.

    Each channel of each example has its own mean and var, over H and W. The running statistics,
    off unless asked for, are averages over the examples; num_batches_tracked stays 0, and
    momentum=None leaves them as they are.

    Raises ValueError for another shape, an integer x, and H * W = 1 where the statistics are
    those of x. Source: Ulyanov, Vedaldi & Lempitsky 2016 (arXiv:1607.08022).
    """

    def __init__(
        self,
        num_features,
        eps=1e-5,
        momentum=0.1,
        affine=False,
        track_running_stats=False,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, x):
        """Return gamma * (x - mean) / sqrt(var + eps) + beta, the shape and dtype of x."""
        c = self.num_features
        right = x.ndim in (3, 4) and x.shape[-3] == c
        _expect(right, x, f"shape (N, C, H, W) or (C, H, W) with C = {c}")
        if self._uses_batch():
            n = x.shape[-2] * x.shape[-1]
            if n < 2:
                raise ValueError(
                    f"Expected more than 1 spatial element when training, got {tuple(x.shape)}"
                )
            mean, var = _mean_and_var(x, (-2, -1))
            self._update_running(mean, var * n / (n - 1))
        else:
            mean, var = (v.view(-1, 1, 1) for v in (self.running_mean, self.running_var))
        return self._scale_and_shift((x - mean) / torch.sqrt(var + self.eps), (-1, 1, 1))

    def _update_running(self, mean, var):
        if self.training and self.track_running_stats and self.momentum is not None:
            c = self.num_features
            self._move(mean.view(-1, c).mean(0), var.view(-1, c).mean(0), self.momentum)


class GroupNorm(_Affine):
    """Group norm of (N, C, ...), as `torch.nn.GroupNorm`: mean and var over C / G channels.

    Raises ValueError if num_groups does not divide num_channels, for another shape, an integer x,
    and one value in all (N * C / G * H * W = 1). Source: Wu & He 2018 (arXiv:1803.08494).
    """

    def __init__(
        self,
        num_groups,
        num_channels,
        eps=1e-5,
        affine=True,
        device=None,
        dtype=None,
        *,
        bias=True,
    ):
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        super().__init__(num_channels, affine, bias, device, dtype)
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine

    def forward(self, x):
        """Return gamma * (x - mean) / sqrt(var + eps) + beta, the shape and dtype of x."""
        c, g = self.num_channels, self.num_groups
        _expect(x.ndim >= 2 and x.shape[1] == c, x, f"shape (N, C, ...) with C = {c}")
        if x.numel() // g < 2:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got {tuple(x.shape)}"
            )
        groups = x.reshape(len(x), g, -1)
        mean, var = _mean_and_var(groups, -1)
        xhat = ((groups - mean) / torch.sqrt(var + self.eps)).view(x.shape)
        return self._scale_and_shift(xhat, (-1,) + (1,) * (x.ndim - 2))


class _LastAxes(_Affine):
    """A layer over the last axes of x, which have the lengths `normalized_shape`."""

    def __init__(self, normalized_shape, affine, bias, device, dtype):
        one = isinstance(normalized_shape, int)
        lengths = (normalized_shape,) if one else tuple(normalized_shape)
        super().__init__(lengths, affine, bias, device, dtype)
        self.normalized_shape = lengths

    def _dims(self, x):
        shape = self.normalized_shape
        _expect(tuple(x.shape[-len(shape) :]) == shape, x, f"last axes of lengths {shape}")
        return tuple(range(-len(shape), 0))


class LayerNorm(_LastAxes):
    """Layer norm over the last axes, as `torch.nn.LayerNorm`.

    Raises ValueError for last axes other than normalized_shape and an integer x. Source: Ba, Kiros
    & Hinton 2016 (arXiv:1607.06450).
    """

    def __init__(
        self,
        normalized_shape,
        eps=1e-5,
        elementwise_affine=True,
        bias=True,
        device=None,
        dtype=None,
    ):
        super().__init__(normalized_shape, elementwise_affine, bias, device, dtype)
        self.eps, self.elementwise_affine = eps, elementwise_affine

    def forward(self, x):
        """Return gamma * (x - mean) / sqrt(var + eps) + beta, the shape and dtype of x."""
        mean, var = _mean_and_var(x, self._dims(x))
        xhat = (x - mean) / torch.sqrt(var + self.eps)
        return self._scale_and_shift(xhat, self.normalized_shape)


class RMSNorm(_LastAxes):
    """RMS norm over the last axes, as `torch.nn.RMSNorm`; eps=None is the machine epsilon of x.

    Raises ValueError for last axes other than normalized_shape and an integer x. Source: Zhang &
    Sennrich 2019 (arXiv:1910.07467).
    """

    def __init__(
        self, normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None
    ):
        super().__init__(normalized_shape, elementwise_affine, False, device, dtype)
        self.eps, self.elementwise_affine = eps, elementwise_affine

    def forward(self, x):
        """Return gamma * x / sqrt(mean(x^2) + eps), the shape and dtype of x."""
        dims = self._dims(x)
        eps = torch.finfo(x.dtype).eps if self.eps is None else self.eps
        xhat = x / torch.sqrt((x**2).mean(dims, keepdim=True) + eps)
        return self._scale_and_shift(xhat, self.normalized_shape)


class BatchRenorm1d(BatchNorm1d):
    """Batch renormalization of (N, C) or (N, C, L), as `bnlib.batch_renorm`.

    r_max and d_max may be set between steps; the paper starts with 1 and 0, which is batch norm.
    r and d are constants to the gradient, and use the running statistics of before the update.
    Those average the biased variance (the paper: the deviation), for r corrects the very
    variance the batch was divided by.

    Raises ValueError as `BatchNorm1d` does, for r_max < 1 and for d_max < 0. Source: Ioffe 2017
    (arXiv:1702.03275), Algorithm 1.
    """

    def __init__(self, num_features, eps=1e-5, momentum=0.01, *, r_max=3.0, d_max=5.0, **kwargs):
        if not (r_max >= 1 and d_max >= 0):
            raise ValueError(f"r_max must be >= 1 and d_max >= 0; got {r_max} and {d_max}")
        if not kwargs.get("track_running_stats", True):
            raise ValueError("track_running_stats must be True: r and d are made of these")
        super().__init__(num_features, eps, momentum, **kwargs)
        self.r_max, self.d_max = r_max, d_max

    def _normalize(self, x, shape):
        if not self.training:
            return super()._normalize(x, shape)
        mean, var, _ = self._batch_moments(x)
        std = torch.sqrt(var + self.eps)
        with torch.no_grad():
            running_std = torch.sqrt(self.running_var + self.eps).view(shape)
            r = (std / running_std).clamp(1 / self.r_max, self.r_max)
            d = (mean - self.running_mean.view(shape)) / running_std
            d = d.clamp(-self.d_max, self.d_max)
        self._update_running(mean, var)
        return (x - mean) / std * r + d


class GhostBatchNorm1d(BatchNorm1d):
    """Batch norm of each of `groups` equal, consecutive parts of the batch on its own.

    Each part updates the running statistics in turn, as if it had been a batch.

    Raises ValueError as `BatchNorm1d` does (for each part), for groups < 1, and in training for
    groups that do not divide N. Source: Hoffer, Hubara & Soudry 2017 (arXiv:1705.08741),
    Algorithm 1.
    """

    def __init__(self, num_features, groups, *args, **kwargs):
        if groups < 1:
            raise ValueError(f"groups must be at least 1; got {groups}")
        super().__init__(num_features, *args, **kwargs)
        self.groups = groups

    def forward(self, x):
        """Return the parts' gamma * (x - mean) / sqrt(var + eps) + beta, one after the other."""
        if not self._uses_batch():
            return super().forward(x)
        if len(x) % self.groups:
            raise ValueError(f"groups must divide N = {len(x)}; got {self.groups}")
        return torch.cat([super(GhostBatchNorm1d, self).forward(p) for p in x.chunk(self.groups)])


class DyT(_LastAxes):
    """Dynamic tanh, gamma * tanh(alpha * x) + beta, in the place of a layer norm.

    alpha is one learned number that starts at `alpha_init_value`.

    Raises ValueError for last axes other than normalized_shape and an integer x. Source: Zhu et
    al. 2025 (arXiv:2503.10622), equation 1.
    """

    def __init__(self, normalized_shape, alpha_init_value=0.5, device=None, dtype=None):
        super().__init__(normalized_shape, True, True, device, dtype)
        self.alpha = nn.Parameter(torch.full((1,), alpha_init_value, device=device, dtype=dtype))

    def forward(self, x):
        """Return gamma * tanh(alpha * x) + beta, the shape and dtype of x."""
        self._dims(x)
        return self._scale_and_shift(torch.tanh(self.alpha * x), self.normalized_shape)


class WSConv2d(nn.Conv2d):
    """A convolution whose weights have mean 0 and variance 1 for each output channel.

        w_hat = (w - mean) / sqrt(var + eps)

    with mean and var (biased) over input channels and kernel, at every call, so that the gradient
    goes through them; the state_dict holds w. Constructor as `torch.nn.Conv2d`, and eps.

    Raises ValueError for one weight per output channel. Source: Qiao et al. 2019
    (arXiv:1903.10520), equations 5 to 7.
    """

    def __init__(self, *args, eps=1e-5, **kwargs):
        super().__init__(*args, **kwargs)
        if math.prod(self.weight.shape[1:]) < 2:
            raise ValueError(
                "Expected more than 1 weight per output channel, got weights of shape "
                f"{tuple(self.weight.shape)}"
            )
        self.eps = eps

    def standardized_weight(self):
        """Return w_hat, (C_out, C_in / groups, kernel height, kernel width)."""
        mean, var = _mean_and_var(self.weight, (1, 2, 3))
        return (self.weight - mean) / torch.sqrt(var + self.eps)

    def forward(self, x):
        """Return the convolution of x, (N, C_in, H, W), with w_hat."""
        return self._conv_forward(x, self.standardized_weight(), self.bias)
