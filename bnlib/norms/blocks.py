"""Sweeps over (N, D) arrays in blocks that fit a cache, with vectors of D numbers as tiles.

An operation on the whole array would read it from memory and write it back, so a sweep takes a
block through all its operations before the next one. A vector meets a block as a tile, repeated
to several rows: NumPy takes a block row by row, and rows of a few thousand numbers cost less
than many short ones, while the tile is still small enough to stay in the first cache.
"""

import numpy as np

BLOCK = 524288  # numbers in a block: 2 MiB of float32
TILE = 2048  # numbers in a tile: 8 KiB of float32
WIDTH = 256  # rows shorter than this are joined: long rows, and few of them in a float32 sum


def as_blocks(*arrays):
    """Views of contiguous (N, D) arrays, in groups of one for each array, that cover them.

    A view is (tiles, numbers in a tile). The rows that fill no tile, and then those too few to be
    joined, come last, in small blocks of their own.
    """
    size, (row, tile) = arrays[0].size, _lengths(arrays[0].shape[1])
    if size <= BLOCK and size % tile == 0:  # said apart, as small batches feel the rest
        return [[a.reshape(-1, tile) for a in arrays]]
    filled, joined = size - size % tile, size - size % row
    step = tile * max(1, BLOCK // tile)
    cuts = [(i, min(i + step, filled), tile) for i in range(0, filled, step)]
    cuts += [(i, j, j - i) for i, j in ((filled, joined), (joined, size)) if i < j]
    flat = [a.reshape(-1) for a in arrays]
    return [[a[i:j].reshape(-1, length) for a in flat] for i, j, length in cuts]


def as_tiles(x, *vectors):
    """Vectors of D numbers, each repeated to the length of a tile of x, in the dtype of x."""
    n, d = x.shape
    rows = min(n, _lengths(d)[1] // d)
    return np.array([vectors], x.dtype).repeat(rows, 0).swapaxes(0, 1).reshape(len(vectors), -1)


def whole_rows():
    """Have NumPy take rows as they are, until the `errstate` that this is called in ends.

    It would copy rows shorter than its buffer (8192 numbers) there first; 16 is the least.
    """
    np.setbufsize(16)


def sums(block, d):
    """The sums of D features over a block."""
    rows = _joined(block, d)
    # A matrix product, because it is faster than rows.sum(axis=0).
    return _split(np.ones(len(rows), rows.dtype) @ rows, d)


def dots(a, b, d):
    """The sums of a * b over two blocks, for each of D features."""
    return _split(np.einsum("ij,ij->j", _joined(a, d), _joined(b, d)), d)


def _lengths(d):
    """How many numbers are in a joined row, and how many in a tile, both whole rows of d."""
    row = d * -(-WIDTH // d)
    return row, row * max(1, TILE // row)


def _joined(block, d):
    """A block as joined rows; the last block of an array may be less than one."""
    return block.reshape(-1, min(d * -(-WIDTH // d), block.shape[1]))


def _split(sums, d):
    """The sums of D features from those of joined rows."""
    return sums if len(sums) == d else sums.reshape(-1, d).sum(0, dtype=np.float64)
