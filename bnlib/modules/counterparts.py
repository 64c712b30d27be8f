"""The modules that `torch.nn` has too."""

import torch

from bnlib.modules.parameters import Affine, LastAxes, Running, expect, mean_and_var


class _BatchNorm(Running):
    """Batch norm of (N, C, ...): mean and var over all axes but the second."""

    def forward(self, x):
        """Return gamma * (x - mean) / sqrt(var + eps) + beta, the shape and dtype of x."""
        c = self.num_features
        expect(x.ndim in self.ranks and x.shape[1] == c, x, f"{self.shapes} with C = {c}")
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
        return *mean_and_var(x, (0, *range(2, x.ndim))), n


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


class InstanceNorm2d(Running):
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
        expect(right, x, f"shape (N, C, H, W) or (C, H, W) with C = {c}")
        if self._uses_batch():
            n = x.shape[-2] * x.shape[-1]
            if n < 2:
                raise ValueError(
                    f"Expected more than 1 spatial element when training, got {tuple(x.shape)}"
                )
            mean, var = mean_and_var(x, (-2, -1))
            self._update_running(mean, var * n / (n - 1))
        else:
            mean, var = (v.view(-1, 1, 1) for v in (self.running_mean, self.running_var))
        return self._scale_and_shift((x - mean) / torch.sqrt(var + self.eps), (-1, 1, 1))

    def _update_running(self, mean, var):
        if self.training and self.track_running_stats and self.momentum is not None:
            c = self.num_features
            self._move(mean.view(-1, c).mean(0), var.view(-1, c).mean(0), self.momentum)


class GroupNorm(Affine):
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
        expect(x.ndim >= 2 and x.shape[1] == c, x, f"shape (N, C, ...) with C = {c}")
        if x.numel() // g < 2:
            raise ValueError(
                f"Expected more than 1 value per channel when training, got {tuple(x.shape)}"
            )
        groups = x.reshape(len(x), g, -1)
        mean, var = mean_and_var(groups, -1)
        xhat = ((groups - mean) / torch.sqrt(var + self.eps)).view(x.shape)
        return self._scale_and_shift(xhat, (-1,) + (1,) * (x.ndim - 2))


class LayerNorm(LastAxes):
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
        mean, var = mean_and_var(x, self._dims(x))
        xhat = (x - mean) / torch.sqrt(var + self.eps)
        return self._scale_and_shift(xhat, self.normalized_shape)


class RMSNorm(LastAxes):
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
