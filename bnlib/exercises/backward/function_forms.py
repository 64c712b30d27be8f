"""Honest ways to write BatchNormFunction: all of them get every point."""

import numpy as np

FORMS = []


def _written(build):
    """An honest class, made when it is first applied: torch need not be there to list it."""

    class Written:
        def apply(self, *arguments):
            return build().apply(*arguments)

    FORMS.append(Written())
    return build


@_written
def saved_tensors():
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            var, mean = torch.var_mean(x, dim=0, correction=0)
            inv_std = torch.rsqrt(var + eps)
            xhat = (x - mean) * inv_std
            ctx.save_for_backward(xhat, inv_std, gamma)
            return torch.addcmul(beta, gamma, xhat)

        @staticmethod
        def backward(ctx, dy):
            xhat, inv_std, gamma = ctx.saved_tensors
            g = dy * gamma
            dx = inv_std * (g - g.mean(dim=0) - xhat * (g * xhat).mean(dim=0))
            return dx, (dy * xhat).sum(dim=0), dy.sum(dim=0), None

    return Function


@_written
def step_by_step():
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            centred = x - x.mean(0)
            std = (centred.pow(2).mean(0) + eps).sqrt()
            ctx.save_for_backward(centred, std, gamma)
            return gamma * (centred / std) + beta

        @staticmethod
        def backward(ctx, dy):
            centred, std, gamma = ctx.saved_tensors
            dxhat = dy * gamma
            dvar = (dxhat * centred).sum(0) * -0.5 / std**3
            dcentred = dxhat / std + dvar * 2 * centred / len(dy)
            dx = dcentred - dcentred.mean(0)
            return dx, (dy * centred / std).sum(0), dy.sum(0), None

    return Function


@_written
def through_numpy():
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            a, g, b = (t.detach().numpy() for t in (x, gamma, beta))
            inv_std = 1 / np.sqrt(a.var(axis=0) + eps)
            ctx.kept = (a - a.mean(axis=0)) * inv_std, inv_std, g
            return torch.from_numpy(g * ctx.kept[0] + b)

        @staticmethod
        def backward(ctx, dy):
            d, (xhat, inv_std, g) = dy.numpy(), ctx.kept
            dgamma, dbeta = (d * xhat).sum(axis=0), d.sum(axis=0)
            dx = g * inv_std * (d - dbeta / len(d) - xhat * dgamma / len(d))
            return (*map(torch.from_numpy, (dx, dgamma, dbeta)), None)

    return Function


@_written
def context_apart():
    import torch

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(x, gamma, beta, eps):
            xhat = (x - x.mean(dim=0)) / (x.var(dim=0, unbiased=False) + eps).sqrt()
            return gamma * xhat + beta

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, gamma, _, ctx.eps = inputs
            ctx.save_for_backward(x, gamma)

        @staticmethod
        def backward(ctx, dy):
            x, gamma = ctx.saved_tensors
            n = x.shape[0]
            inv_std = (x.var(dim=0, unbiased=False) + ctx.eps).rsqrt()
            xhat = (x - x.mean(dim=0)) * inv_std
            dgamma = torch.einsum("nd,nd->d", dy, xhat)
            dbeta = torch.einsum("nd->d", dy)
            return gamma * inv_std / n * (n * dy - dbeta - xhat * dgamma), dgamma, dbeta, None

    return Function
