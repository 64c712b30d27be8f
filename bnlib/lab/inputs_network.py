"""Experiment of chapter 1: whether a network gains from scaled inputs what a linear model gains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.inputs import SCALINGS, flats, pixels
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import SGD, Data, batches, losses, steps_to, train

HIDDEN, BATCH, EVERY = (50, 50), 50, 5
RATES = tuple(10 ** (k / 4) for k in range(-6, 4))
# How low the training loss has to come, and after how many steps it is given up.
LEVELS = {"digits": (0.1, 600), "flats": (0.5, 3000)}


def task(data: str, seed: int, scaling: str) -> Data:
    """The seed's rows, scaled, and then multiplied by one number so that their mean square is 1.

    That number is a change of all units at once. Without it He's first weights would suit some
    scalings and not others, and the first layer would have a learning rate of its own. The
    classes of the flats are the quarters of their rents. There are no test rows: only the speed
    of training is measured.
    """
    x, y = pixels(seed) if data == "digits" else flats(seed)
    if data == "digits":
        classes = y.argmax(axis=1)
    else:
        classes = np.searchsorted(np.quantile(y, [0.25, 0.5, 0.75]), y[:, 0])
    z = SCALINGS[scaling](x)
    rows = torch.from_numpy((z / np.sqrt(np.mean(z**2))).astype(np.float32))
    answers = torch.from_numpy(classes.astype(np.int64))
    return Data(rows, answers, rows, answers)


def steps_of_network(data: str, seed: int, scaling: str, rates: Sequence[float]) -> np.ndarray:
    """Steps of SGD until the loss on all rows is at the level, (R,); nan where it never was."""
    level, limit = LEVELS[data]
    rows = task(data, seed, scaling)
    widths = (rows.x_train.shape[1], *HIDDEN, int(rows.y_train.max()) + 1)
    model = MLP([w.repeat_interleave(len(rates), 0) for w in first_weights([seed], widths)])
    order = batches([seed], len(rows.x_train), BATCH, limit)
    reached = []
    optimizer = SGD(torch.tensor(rates))
    for step, _ in enumerate(train(model, rows, order, optimizer, len(rates)), start=1):
        if step % EVERY == 0:
            with torch.no_grad():
                # A level that is to be reached from above: both signs are turned.
                reached.append(-losses(model(rows.x_train[None], False), rows.y_train))
    return steps_to(-level, reached, EVERY).numpy()


@experiment(
    "inputs_network",
    seeds=range(5),
    keys=("data", "scaling", "rate", "seed"),
    small={"seeds": (0,), "data": ("digits",), "scalings": ("raw", "standardized")},
    # The same networks in the same batch of models: rounding is the same, whatever else is run.
    tolerance=0.05,
)
def inputs_network(
    seeds: Sequence[int],
    data: Sequence[str] = tuple(LEVELS),
    scalings: Sequence[str] = tuple(SCALINGS),
) -> Rows:
    """Steps of SGD of a ReLU network on raw, centred, standardized and whitened inputs.

    steps: until the training loss is 0.1 (digits) or 0.5 (flats); nan if it never was within 600
    or 3000 steps. A seed has its own rows, first weights and batches.
    """
    rows = []
    for kind in data:
        for scaling in scalings:
            for seed in seeds:
                found = steps_of_network(kind, seed, scaling, RATES)
                for rate, steps in zip(RATES, found, strict=True):
                    keys = {"data": kind, "scaling": scaling, "rate": rate, "seed": seed}
                    rows.append({**keys, "steps": float(steps)})
    return rows
