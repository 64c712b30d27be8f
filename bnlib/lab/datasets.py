"""The two data sets of the experiments, as tensors."""

from __future__ import annotations

import contextlib
import functools
import os
import tempfile
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import torch
from platformdirs import user_cache_path

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
    package. Nothing is downloaded; the same arguments give the same rows. They take some seconds
    to make and are kept in the user's cache folder.
    """
    version = metadata.version("mnist1d")
    file = user_cache_path("batchnorm-course") / f"mnist1d-{version}-{train}-{test}.npz"
    try:
        with np.load(file) as kept:
            made = dict(kept)
    except (OSError, ValueError, zipfile.BadZipFile):
        made = _made(train, test)
        _keep(file, made)
    x, y, x_test, y_test = (torch.from_numpy(made[k]) for k in ("x", "y", "x_test", "y_test"))
    return Data(x, y, x_test, y_test)


def _made(train: int, test: int) -> dict[str, np.ndarray]:
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
    kinds = {"x": np.float32, "y": np.int64, "x_test": np.float32, "y_test": np.int64}
    return {name: made[name].astype(kind) for name, kind in kinds.items()}


def _keep(file: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write the file in one step: chapters are executed side by side, and want the same rows."""
    with contextlib.suppress(OSError):  # a folder that can't be written costs time, no more
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".npz", delete=False) as stream:
            np.savez(stream, **arrays)
        os.replace(stream.name, file)
