"""Honest ways to write BatchNorm1d: all of them get every point."""

from bnlib.exercises.running.module_classes import Lazy


def in_place(base):
    """Buffers changed in place without a graph, a channel axis moved last."""
    import torch
    from torch import nn

    class BatchNorm1d(nn.Module):
        def __init__(
            self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True
        ):
            super().__init__()
            self.eps, self.momentum = eps, momentum
            self.register_parameter("weight", None)
            self.register_parameter("bias", None)
            if affine:
                self.weight = nn.Parameter(torch.ones(num_features))
                self.bias = nn.Parameter(torch.zeros(num_features))
            if track_running_stats:
                self.register_buffer("running_mean", torch.zeros(num_features))
                self.register_buffer("running_var", torch.ones(num_features))
                self.register_buffer("num_batches_tracked", torch.tensor(0, dtype=torch.long))
            self.tracked = track_running_stats

        def forward(self, x):
            rows = x.movedim(1, -1)
            flat = rows.reshape(-1, x.shape[1])
            if self.training or not self.tracked:
                mean = flat.mean(0)
                var = ((flat - mean) ** 2).mean(0)
                if self.training and self.tracked:
                    with torch.no_grad():
                        self.num_batches_tracked.add_(1)
                        share = self.momentum
                        if share is None:
                            share = 1.0 / float(self.num_batches_tracked)
                        self.running_mean.lerp_(mean, share)
                        self.running_var.lerp_(flat.var(0), share)
            else:
                mean, var = self.running_mean, self.running_var
            out = (rows - mean) * (var + self.eps).rsqrt()
            if self.weight is not None:
                out = torch.addcmul(self.bias, self.weight, out)
            return out.movedim(-1, 1)

    return BatchNorm1d


def by_dimensions(base):
    """One branch for (N, C), one for (N, C, L); mul_ and add_ on the buffers."""
    import torch

    class BatchNorm1d(base):
        def forward(self, x):
            if x.dim() == 3:
                n, c, length = x.shape
                flat = self.rows(x.transpose(1, 2).reshape(n * length, c))
                return flat.reshape(n, length, c).transpose(1, 2)
            return self.rows(x)

        def rows(self, x):
            if not self.training and self.track_running_stats:
                scale = 1 / torch.sqrt(self.running_var + self.eps)
                xhat = (x - self.running_mean) * scale
            else:
                mean, var = x.mean(0), x.var(0, unbiased=False)
                if self.training and self.track_running_stats:
                    self.num_batches_tracked = self.num_batches_tracked + 1
                    m = self.momentum
                    m = 1 / self.num_batches_tracked if m is None else m
                    self.running_mean.mul_(1 - m).add_(m * mean.detach())
                    self.running_var.mul_(1 - m).add_(m * x.detach().var(0))
                xhat = (x - mean) / torch.sqrt(var + self.eps)
            return self.weight * xhat + self.bias if self.affine else xhat

    return BatchNorm1d


def affine_map(base):
    """One scale and one shift a channel, buffers through .data."""
    import torch

    class BatchNorm1d(base):
        def normalized(self, x, mean, var):
            scale = torch.rsqrt(var + self.eps)
            return x * scale - mean * scale

        def move(self, mean, var, share):
            self.running_mean.data += share * (mean - self.running_mean)
            self.running_var.data += share * (var - self.running_var)

    return BatchNorm1d


def own_gradient(base):
    """A way back written by hand, as a torch.autograd.Function."""
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, rows, eps):
            centred = rows - rows.mean(0)
            inv_std = (centred.pow(2).mean(0) + eps).rsqrt()
            xhat = centred * inv_std
            ctx.save_for_backward(xhat, inv_std)
            return xhat

        @staticmethod
        def backward(ctx, dy):
            xhat, inv_std = ctx.saved_tensors
            return inv_std * (dy - dy.mean(0) - xhat * (dy * xhat).mean(0)), None

    class BatchNorm1d(base):
        def forward(self, x):
            if not self.uses_batch():
                return super().forward(x)
            rows = x.movedim(1, -1)
            flat = rows.reshape(-1, x.shape[1])
            if self.tracks():
                self.update(*self.statistics(x), x)
            xhat = Function.apply(flat, self.eps).reshape(rows.shape).movedim(-1, 1)
            return self.scaled(xhat, (1, -1) + (1,) * (x.ndim - 2))

    return BatchNorm1d


FORMS = tuple(map(Lazy, (in_place, by_dimensions, affine_map, own_gradient)))
