"""Data whose X^T X / N has given eigenvalues, so that one curvature can't pass for another."""

from __future__ import annotations

import numpy as np

from bnlib.exercises.inputs import signed


def rotation(rng, features: int) -> np.ndarray:
    """A rotation (D, D) that mixes all features, far from a permutation.

    Each pair of neighbouring axes is turned by an angle that is no multiple of a right angle, by
    much, and not near 45 degrees, where two features would have the same mean square.
    """
    turn = np.eye(features)
    for i in range(features - 1):
        angle = rng.uniform(0.9, 1.15)
        plane = np.eye(features)
        c, s = np.cos(angle), np.sin(angle)
        plane[i : i + 2, i : i + 2] = [[c, -s], [s, c]]
        turn = turn @ plane
    return turn


def aligned(rng, rows: int, eigenvalues) -> np.ndarray:
    """Centred features at right angles, their mean squares the eigenvalues, in that order."""
    noise = rng.standard_normal((rows, len(eigenvalues)))
    directions, _ = np.linalg.qr(noise - noise.mean(axis=0))
    return directions * np.sqrt(rows * np.asarray(eigenvalues))


def turned(rng, rows: int, eigenvalues) -> np.ndarray:
    """Centred features that depend on each other, with these eigenvalues."""
    return aligned(rng, rows, eigenvalues) @ rotation(rng, len(eigenvalues)).T


def with_means(rng, rows: int, eigenvalues) -> np.ndarray:
    """As ``turned``, and then each feature moved by about three times its deviation."""
    x = turned(rng, rows, eigenvalues)
    return x + x.std(axis=0).max() * signed(rng, 1.5, 3.0, x.shape[1])


def eps_rows(rng, rows: int, features: int) -> np.ndarray:
    """Variances on both sides of eps = 0.5, none near it, and means that are not 0."""
    x = aligned(rng, rows, rng.permutation(np.geomspace(0.2, 2.5, features)))
    return x + signed(rng, 0.5, 1.5, features)
