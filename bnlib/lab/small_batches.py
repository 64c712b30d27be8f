"""How small the groups that share statistics can be: test error against group size.

Every step sees a batch of 64 rows, whatever the group size, so that the noise of the gradient
from drawing rows is the same everywhere (ghost batch norm; Hoffer et al., 2017). What differs is
how many of these rows share a mean and a variance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from bnlib.lab.at_best_rate import error, fit, split
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm, GroupNorm, Norm
from bnlib.lab.nets import MLP

BATCH = 64
SIZES = (64, 32, 16, 8, 4, 2)
WIDTHS = (40, 64, 64, 10)
STEPS = 1000
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
# Where a test set is normalized by groups, so that its last group is full.
TESTED = 9984


class BatchRenorm(BatchNorm):
    """Batch renorm (Ioffe, 2017) of (M, N, D): batch statistics, corrected towards the averages.

    The bounds begin at batch norm's, r_max = 1 and d_max = 0, and open between the steps
    ``start`` and ``end``.
    """

    def __init__(self, models, features, r_max=3.0, d_max=5.0, start=100, end=400, **more):
        super().__init__(models, features, **more)
        self.r_max, self.d_max, self.start, self.end, self.steps = r_max, d_max, start, end, 0

    def __call__(self, z: Tensor, training: bool) -> Tensor:
        if not training:
            return super().__call__(z, training)
        # The averages as they were before this batch.
        old_mean = self.running_mean.clone()[:, None]
        old_std = (self.running_var.clone()[:, None] + self.eps).sqrt()
        mean, var = self.measure(z)
        xhat = self.apply(z, mean, var, training).unflatten(1, (mean.shape[1], -1))
        r_max, d_max = self.bounds()
        with torch.no_grad():
            r = ((var + self.eps).sqrt() / old_std).clamp(1 / r_max, r_max)
            d = ((mean - old_mean) / old_std).clamp(-d_max, d_max)
        self.steps += 1
        return self.gamma * (xhat * r + d).flatten(1, 2) + self.beta

    def bounds(self) -> tuple[float, float]:
        """r_max and d_max at the present step."""
        open_ = min(max((self.steps - self.start) / (self.end - self.start), 0.0), 1.0)
        return 1 + (self.r_max - 1) * open_, self.d_max * open_


def contenders(steps: int = STEPS) -> dict[tuple[str, int], Callable[[int, int], Norm] | None]:
    """(name, rows that share statistics) -> the layer. Those that need no batch have 1 row."""
    start, end = steps // 10, 2 * steps // 5

    def ghost(size: int):
        return lambda m, d: BatchNorm(m, d, group=size)

    def renorm(size: int):
        return lambda m, d: BatchRenorm(m, d, start=start, end=end, group=size)

    return {
        **{("batch norm", size): ghost(size) for size in SIZES},
        **{("batch renorm", size): renorm(size) for size in SIZES[-2:]},
        ("layer norm", 1): lambda m, d: GroupNorm(m, d, 1),
        ("group norm", 1): lambda m, d: GroupNorm(m, d, 4),
        ("none", 1): None,
    }


@experiment(
    "small_batches",
    seeds=range(5),
    keys=("rows", "norm", "group", "rate", "seed"),
    # One network of one seed. Its loss can be recomputed closely; an error after 1,000 steps
    # moves by some rows where sums are rounded otherwise.
    small={
        "seeds": [0],
        "rows": (4000,),
        "only": (("batch norm", 4), ("batch renorm", 4)),
        "rates": (0.03,),
    },
    tolerance=0.05,
)
def small_batches(
    seeds: Sequence[int],
    rows: Sequence[int] = (4000, 20_000),
    only: Sequence[tuple[str, int]] | None = None,
    rates: Sequence[float] = RATES,
    steps: int = STEPS,
) -> Rows:
    """Test error of an MLP on MNIST-1D, batches of 64 rows in groups of 64, 32, ..., 2.

    Two hidden layers of 64 ReLU units, 1,000 steps, 4,000 or 20,000 training rows.

    valid, error: per cent, with the running statistics, on validation and on test rows.
    grouped: test error when test rows too are normalized in groups of that size.
    loss: of training, mean of the last 100 steps.
    """
    found = []
    for count in rows:
        data, x_valid, y_valid = split(count)
        for (norm, group), layer in contenders(steps).items():
            if only and (norm, group) not in only:
                continue
            model, losses = fit(lambda w, n=layer: MLP(w, n), data, seeds, rates, steps, WIDTHS)
            columns = {
                "valid": error(model, x_valid, y_valid),
                "error": error(model, data.x_test, data.y_test),
                "grouped": _grouped(model, data.x_test[:TESTED], data.y_test[:TESTED]),
                "loss": losses[-100:].mean(0).nan_to_num(99.0),
            }
            for m in range(model.models):
                seed, rate = seeds[m // len(rates)], rates[m % len(rates)]
                keys = {"rows": count, "norm": norm, "group": group, "rate": rate, "seed": seed}
                found.append(keys | {k: float(v[m]) for k, v in columns.items()})
    return found


def _grouped(model: MLP, x: Tensor, y: Tensor) -> Tensor:
    """The error with statistics of the test rows' own groups; the averages stay as they are."""
    batch = [norm for norm in model.norms if isinstance(norm, BatchNorm)]
    momenta = [norm.momentum for norm in batch]
    for norm in batch:
        norm.momentum = 0.0
    wrong = torch.stack(
        [
            error(model, rows, classes, training=True)
            for rows, classes in zip(x.split(BATCH), y.split(BATCH), strict=True)
        ]
    ).mean(0)
    for norm, momentum in zip(batch, momenta, strict=True):
        norm.momentum = momentum
    return wrong
