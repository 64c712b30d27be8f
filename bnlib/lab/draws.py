"""Random normal numbers that the figures in the browser draw alike (``kit.js``: ``generator``)."""

import numpy as np

STEP, MASK = 0x6D2B79F5, 0xFFFFFFFF


def uniforms(seed: int, count: int) -> np.ndarray:
    """Numbers in [0, 1), (count,), of Mulberry32: its state is the seed plus multiples of STEP.

    Raises ValueError for a seed that is no whole number from 0 to 2**32 - 1.
    """
    if seed != int(seed) or not 0 <= seed <= MASK:
        raise ValueError(f"a seed is a whole number from 0 to 2**32 - 1; got {seed}")
    state = (seed + STEP * np.arange(1, count + 1, dtype=np.uint64)) & MASK
    # A product may overflow 64 bits; of it the lower 32 are kept, and these are right.
    t = ((state ^ (state >> 15)) * (state | 1)) & MASK
    t ^= (t + (t ^ (t >> 7)) * (t | 61)) & MASK
    return (t ^ (t >> 14)) / 2.0**32


def normals(seed: int, *shape: int) -> np.ndarray:
    """Independent standard normal numbers of the given shape, by Box and Muller."""
    first, second = uniforms(seed, 2 * int(np.prod(shape))).reshape(-1, 2).T
    return (np.sqrt(-2 * np.log(1 - first)) * np.cos(2 * np.pi * second)).reshape(shape)
