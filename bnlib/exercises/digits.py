"""Whether an answer lost digits that its arithmetic could have kept."""

from __future__ import annotations

import numpy as np

from bnlib.checks.compare import as_array, expect

_KEPT = {np.dtype(np.float64): 1e-7, np.dtype(np.float32): 5e-7}


def expect_digits(
    name: str, got, want: np.ndarray, given: str, single: tuple[float, float], scale=None
) -> None:
    """Raise Wrong unless ``got`` is as near to ``want`` as its arithmetic allows.

    A float64 answer keeps seven digits. A float32 answer may have been float32 from the start:
    then x itself was rounded, and the error lies within ``single`` = (least, most), as a part of
    the scale. Or it was cast at the end: then it is right to float32's last digits. Between the
    two lies float64 work that lost digits before the cast.

    Args: as of ``expect``; a test measures ``single`` over many seeds.
    """
    got, want = as_array(name, got), np.asarray(want, dtype=float)
    part = _KEPT[got.dtype]
    if got.dtype == np.float32 and got.shape == want.shape:
        least, most = single
        if np.abs(got - want).max() >= least * (scale or np.abs(want).max()):
            part = most
    expect(name, got, want, given, scale=scale, part=part)
