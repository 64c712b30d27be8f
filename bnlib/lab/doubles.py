"""Float64, for what is to hold to many digits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from bnlib.lab.datasets import digits
from bnlib.lab.training import Data


@contextmanager
def doubles() -> Iterator[None]:
    """Make new tensors float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def double_digits() -> Data:
    """The digits of ``datasets.digits`` in float64."""
    data = digits()
    return Data(data.x_train.double(), data.y_train, data.x_test.double(), data.y_test)
