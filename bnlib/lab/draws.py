"""Standard normal numbers that a figure in the browser draws alike (``draws.js``)."""

import numpy as np

STEP, MASK = 0x6D2B79F5, 0xFFFFFFFF


def uniforms(seed: int, count: int) -> np.ndarray:
    """Numbers in (0, 1), (count,): Mulberry32, whose state is the seed plus a multiple of STEP.

    Raises ValueError for a seed that is no whole number from 0 to 2**32 - 1.
    """
    if not 0 <= seed <= MASK or seed != int(seed):
        raise ValueError(f"a seed is a whole number from 0 to 2**32 - 1; got {seed}")
    # 64 bits hold a product of two 32-bit numbers but for its upper part, which is not needed.
    state = (seed + STEP * np.arange(1, count + 1, dtype=np.uint64)) & MASK
    t = ((state ^ (state >> 15)) * (state | 1)) & MASK
    t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK
    return ((t ^ (t >> 14)) + 0.5) / 2.0**32


def normals(seed: int, *shape: int) -> np.ndarray:
    """Independent standard normal numbers of the given shape, by Box and Muller."""
    count = int(np.prod(shape))
    first, second = uniforms(seed, count + count % 2).reshape(-1, 2).T
    size, angle = np.sqrt(-2 * np.log(first)), 2 * np.pi * second
    pairs = np.stack([size * np.cos(angle), size * np.sin(angle)], axis=1)
    return pairs.ravel()[:count].reshape(shape)
