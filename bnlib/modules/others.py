"""The modules that `torch.nn` lacks."""

import math

import torch
from torch import nn

from bnlib.modules.counterparts import BatchNorm1d
from bnlib.modules.parameters import LastAxes, mean_and_var


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


class DyT(LastAxes):
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
        mean, var = mean_and_var(self.weight, (1, 2, 3))
        return (self.weight - mean) / torch.sqrt(var + self.eps)

    def forward(self, x):
        """Return the convolution of x, (N, C_in, H, W), with w_hat."""
        return self._conv_forward(x, self.standardized_weight(), self.bias)
