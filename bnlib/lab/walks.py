"""Walks along the gradient at several moments of one training: what a reader may look through.

The step is measured as in `bnlib.lab.landscape`, in parts of each layer's own length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bnlib.lab.landscape import network, walk
from bnlib.lab.training import Adam, Data, batches, train

MOMENTS = (0, 5, 10, 20, 40, 80, 160)  # steps of training
PARTS = (  # of the weights' length
    *(0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1),
    *(0.12, 0.14, 0.16, 0.18, 0.2, 0.225, 0.25, 0.275, 0.3),
)


def walks_during(
    data: Data,
    seeds: Sequence[int],
    activation: str,
    normalized: bool,
    depth: int = 3,
    moments: Sequence[int] = MOMENTS,
    parts: Sequence[float] = PARTS,
    rate: float = 0.003,
    probe: int = 500,
) -> np.ndarray:
    """The losses of fixed rows along their gradient, (moments, 1 + parts, seeds); the first at 0.

    The networks learn by Adam from batches of 60 rows; at each of ``moments``, which must rise,
    all walk and come back. Networks of one seed have the same first weights and see the same
    batches, with batch norm or without.

    Raises ValueError for moments that do not rise from 0 or more.
    """
    moments = list(moments)
    if not moments or moments[0] < 0 or sorted(set(moments)) != moments:
        raise ValueError(f"moments are steps that rise from 0 or more; got {moments}")
    model = network(seeds, activation, depth, normalized)
    x, y = data.x_train[:probe], data.y_train[:probe]
    order = batches(seeds, len(data.x_train), 60, moments[-1] + 1)
    training = train(model, data, order, Adam(torch.full((len(seeds),), rate)))
    found = []
    for step in range(moments[-1] + 1):
        if step in moments:
            found.append(walk(model, x, y, parts).loss.numpy())
        next(training)
    return np.stack(found)
