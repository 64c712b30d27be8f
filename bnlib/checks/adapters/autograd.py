"""A torch.autograd.Function as a function of arrays."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.verdicts import CannotJudge


def autograd_function(answer) -> Callable:
    """A ``torch.autograd.Function`` as ``(x, gamma, beta, eps, dy) -> (y, dx, dgamma, dbeta)``.

    It is applied to a second input before its first backward pass, and goes back twice: what one
    application keeps must be its own, and the way back must leave it as it was.
    """

    def call(x, gamma, beta, eps, dy):
        try:
            import torch
        except ImportError:
            raise CannotJudge(
                "Not judged: this exercise needs torch (pip install torch)."
            ) from None
        if not hasattr(answer, "apply"):
            raise TypeError(f"{answer!r} is no class derived from torch.autograd.Function")
        leaves = [torch.from_numpy(np.array(a)).requires_grad_() for a in (x, gamma, beta)]
        y = answer.apply(*leaves, eps)
        if not isinstance(y, torch.Tensor):
            raise TypeError(f"forward must return one tensor, not a {type(y).__name__}")
        answer.apply(*(leaf.detach().flip(0).requires_grad_() for leaf in leaves), 2 * eps)
        if not y.requires_grad:
            return y.numpy(), None, None, None
        upstream = torch.from_numpy(dy)
        try:
            y.backward(upstream, retain_graph=True)
            for leaf in leaves:
                leaf.grad = None
            y.backward(upstream)
        except NotImplementedError:
            return y.detach().numpy(), None, None, None
        grads = (None if leaf.grad is None else leaf.grad.numpy() for leaf in leaves)
        return (y.detach().numpy(), *grads)

    return call
