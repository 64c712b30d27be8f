"""The two data sets of the experiments, as tensors."""

from __future__ import annotations

import functools

import numpy as np
import torch

from bnlib.data import digits as load_digits
from bnlib.lab.training import Data


@functools.cache
def digits() -> Data:
    """1,797 images of 8 x 8 pixels (``bnlib.data.digits``), pixels scaled to 0..1 and centred.

    Small enough to measure how fast a network trains. Most networks classify nearly all of its
    test images rightly, so it says little about generalization.
    """
    x_train, y_train, x_test, y_test = load_digits()
    mean = x_train.mean() / 16
    parts = ((x / 16 - mean).astype(np.float32) for x in (x_train, x_test))
    first, second = map(torch.from_numpy, parts)
    return Data(first, torch.from_numpy(y_train), second, torch.from_numpy(y_test))


@functools.cache
def mnist1d(train: int = 4000, test: int = 10_000) -> Data:
    """MNIST-1D: sequences of 40 numbers in ten classes, drawn by a program and never all learned.

    Greydanus and Kobak, "Scaling down deep learning with MNIST-1D" (ICML 2024), made by their
    package. Nothing is downloaded; the same arguments give the same rows.
    """
    from mnist1d.data import get_dataset_args, make_dataset

    args = get_dataset_args()
    args.num_samples = train + test
    args.train_split = train / (train + test)
    # The package seeds NumPy's global generator; it is put back as it was.
    state = np.random.get_state()  # noqa: NPY002
    try:
        made = make_dataset(args)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    x, y = (torch.from_numpy(made[k].astype(np.float32)) for k in ("x", "x_test"))
    return Data(x, torch.from_numpy(made["y"]).long(), y, torch.from_numpy(made["y_test"]).long())
