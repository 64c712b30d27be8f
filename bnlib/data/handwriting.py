"""Images of handwritten digits, small enough to come with the package."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np


class Digits(NamedTuple):
    """Images as rows, with the digit that each shows."""

    x_train: np.ndarray  # (1348, 64), float64, 0 to 16
    y_train: np.ndarray  # (1348,), int64, 0 to 9
    x_test: np.ndarray  # (449, 64)
    y_test: np.ndarray  # (449,)


def digits() -> Digits:
    """Load 1,797 images of 8 x 8 pixels: every fourth row is for testing, the rest for training.

    A pixel counts the dark points of a 4 x 4 square of the scanned form, 0 to 16. Rows keep the
    order of the source. The same 13 people wrote the images of both parts, so a test error says
    nothing of the hand of a stranger.

    Returns (x_train, y_train, x_test, y_test); new arrays at every call.

    Raises ValueError if the file is missing or is not what it should be. Source: E. Alpaydin and
    C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998
    (doi:10.24432/C50P49), licence CC BY 4.0; its test set, as the file that scikit-learn carries.
    """
    file = resources.files(__package__) / "digits.npz"
    try:
        with file.open("rb") as stream, np.load(stream) as arrays:
            pixels, labels = arrays["pixels"], arrays["labels"]
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(f"the images of bnlib.data cannot be read: {error}") from None
    if pixels.shape != (1797, 64) or labels.shape != (1797,):
        raise ValueError(
            "the images of bnlib.data must be pixels (1797, 64) and labels (1797,); "
            f"got {pixels.shape} and {labels.shape}"
        )
    test = np.arange(len(labels)) % 4 == 3
    x, y = pixels.astype(np.float64), labels.astype(np.int64)
    return Digits(x[~test], y[~test], x[test], y[test])
