"""What turns an answer that is not a function of arrays into one.

Adapters run where the student's code runs (in the grader: inside the sandbox), so this module
holds nothing of an answer.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bnlib.checks.verdicts import CannotJudge


def autograd_function(answer) -> Callable:
    """A ``torch.autograd.Function`` as ``(x, gamma, beta, eps, dy) -> (y, dx, dgamma, dbeta)``."""

    def call(x, gamma, beta, eps, dy):
        try:
            import torch
        except ImportError:
            raise CannotJudge(
                "Not judged: this exercise needs torch (pip install torch)."
            ) from None
        leaves = [torch.from_numpy(np.array(a)).requires_grad_() for a in (x, gamma, beta)]
        y = answer.apply(*leaves, eps)
        if not isinstance(y, torch.Tensor):
            return y
        if not y.requires_grad:
            return y.numpy(), None, None, None
        y.backward(torch.from_numpy(np.array(dy)))
        grads = (None if t.grad is None else t.grad.numpy() for t in leaves)
        return (y.detach().numpy(), *grads)

    return call
