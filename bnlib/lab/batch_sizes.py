"""Are larger batches always better? Test error of one network against the size of its batches.

A larger batch has statistics with less noise, and costs more. So sizes are compared twice: at an
equal number of rows seen, where a larger batch gets fewer steps, and at an equal number of steps,
where it sees more rows. In a batch of 1024 rows the statistics are also taken over groups of 64
(ghost batch norm; Hoffer et al., 2017). Every size has its own best rate, chosen on rows that are
neither trained on nor tested on.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

from bnlib.lab.at_best_rate import at_best, error, fit, split
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP
from bnlib.lab.paired import Estimate, estimate
from bnlib.lab.progress import progress
from bnlib.lab.tables import Table

ROWS, WIDTHS = 4000, (40, 64, 64, 10)
RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
SIZES = (16, 64, 256, 1024)
GHOST = (1024, 64)  # a batch of 1024 rows, statistics of 64
SEEN, STEPS = 40_000, 150  # rows seen in the one comparison, steps in the other
BUDGETS = {"rows": lambda size: SEEN // size, "steps": lambda size: STEPS}


@experiment(
    "batch_sizes",
    seeds=range(5),
    keys=("budget", "batch", "group", "rate", "seed"),
    # The largest batch takes the fewest steps; rounding has little time to grow.
    small={"seeds": (0,), "budgets": ("rows",), "sizes": ((1024, 1024), GHOST), "rates": (0.3,)},
    tolerance=0.05,
)
def batch_sizes(
    seeds: Sequence[int],
    budgets: Sequence[str] = tuple(BUDGETS),
    sizes: Sequence[tuple[int, int]] = (*((s, s) for s in SIZES), GHOST),
    rates: Sequence[float] = RATES,
) -> Rows:
    """Test error in per cent of networks with batch norm, for batches of 16 to 1024 rows."""
    data = split(ROWS)
    rows = []
    runs = [(budget, *size) for budget in budgets for size in sizes]
    for budget, batch, group in progress(runs, "batch sizes"):
        norm = functools.partial(BatchNorm, group=group)
        make = functools.partial(MLP, norm=norm)
        steps = BUDGETS[budget](batch)
        model = fit(make, data.data, seeds, rates, steps, WIDTHS, batch).model
        valid = error(model, data.x_valid, data.y_valid).tolist()
        test = error(model, data.data.x_test, data.data.y_test).tolist()
        keys = [(seed, rate) for seed in seeds for rate in rates]
        rows += [
            {
                "budget": budget,
                "batch": batch,
                "group": group,
                "rate": rate,
                "seed": seed,
                "valid": v,
                "test": t,
            }
            for (seed, rate), v, t in zip(keys, valid, test, strict=True)
        ]
    return rows


def errors(table: Table, budget: str, batch: int, group: int | None = None):
    """Test errors at the best rate, one a seed."""
    return at_best(table, "test", budget=budget, batch=batch, group=group or batch)


def curve(table: Table, budget: str) -> list[Estimate]:
    """The test error for each of SIZES, with its interval."""
    return [estimate(errors(table, budget, size)) for size in SIZES]
