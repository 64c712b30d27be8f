"""Data that come in parts (batches, shards), on which wrong ways to join them can be seen."""

import numpy as np


def parts_of(rng, sizes, features=3, shift=100.0, scale=10.0) -> list[np.ndarray]:
    """Arrays of (n_i, features), each lying elsewhere: their means are several deviations apart.

    So the spread between the parts is never lost in that within them.
    """
    spread = scale * rng.permutation(np.geomspace(0.5, 2.0, features))
    places = np.linspace(-1.0, 1.0, len(sizes)) if len(sizes) > 1 else np.zeros(1)
    # A third power: unequal distances, so that no average of places is right by symmetry.
    centres = np.stack([rng.permutation(places + 0.5 * places**3) for _ in range(features)], 1)
    return [
        shift + 4 * spread * centre + spread * rng.standard_normal((n, features))
        for n, centre in zip(sizes, centres, strict=True)
    ]


def pooled(parts) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of all rows at once: what the parts must add up to."""
    rows = np.concatenate(parts)
    mean = rows.mean(axis=0)
    centred = rows - mean
    rest = centred.mean(axis=0)
    return mean + rest, (centred**2).mean(axis=0) - rest**2


def moments(parts) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each part its number of rows, mean and variance: (k,), (k, D), (k, D)."""
    n = np.array([len(part) for part in parts], dtype=float)
    means = np.array([part.mean(axis=0) for part in parts])
    return n, means, np.array([part.var(axis=0) for part in parts])
