"""Claims 11 and 25: dropout in front of batch norm, behind it, instead of it."""

from __future__ import annotations

from collections.abc import Sequence

from bnlib.lab.at_best_rate import error, fit, split
from bnlib.lab.dropout import DropoutMLP, Kind, averaged_error, shifts
from bnlib.lab.experiments import Rows, experiment
from bnlib.lab.training import recompute

WIDTHS = (40, 64, 64, 64, 10)
STEPS = 1500
RATES = (0.02, 0.06, 0.2, 0.6)
CHANCES = (0.1, 0.3, 0.5)
SHIFTED = (
    Kind("before", "none"),
    Kind("before", "every"),
    Kind("before", "last"),
    Kind("after", "none"),
    Kind("after", "every"),
)
COMPARED = (
    Kind("none", "none"),
    Kind("none", "every"),
    Kind("before", "none"),
    Kind("before", "last"),
)


def _trained(kind: Kind, data, seeds, rates, chances, steps):
    """One model for each seed, rate and p (p varies fastest), and (rate, p) of each copy."""
    chances = (0.0,) if kind.place == "none" else chances
    copies = [(rate, p) for rate in rates for p in chances]
    each = [rate for rate, _ in copies]
    model, _ = fit(
        lambda w: DropoutMLP(w, kind, [p for _, p in copies], seeds),
        data,
        seeds,
        each,
        steps,
        WIDTHS,
    )
    return model, copies


def _rows(kind: Kind, seeds, copies, columns, **more) -> Rows:
    found = []
    for m in range(len(seeds) * len(copies)):
        rate, p = copies[m % len(copies)]
        keys = {"norm": kind.norm, "place": kind.place, "p": p, "rate": rate}
        values = {name: float(column[m]) for name, column in columns.items()}
        found.append(more | keys | {"seed": seeds[m // len(copies)]} | values)
    return found


@experiment(
    "dropout_shift",
    seeds=range(5),
    keys=("norm", "place", "p", "rate", "seed"),
    # One network of one seed. Errors move by some rows where sums are rounded otherwise.
    small={
        "seeds": (0,),
        "kinds": (Kind("after", "every"),),
        "rates": (0.06,),
        "chances": (0.3,),
    },
    tolerance=0.1,
)
def dropout_shift(
    seeds: Sequence[int],
    kinds: Sequence[Kind] = SHIFTED,
    rates: Sequence[float] = RATES,
    chances: Sequence[float] = CHANCES,
    steps: int = STEPS,
) -> Rows:
    """Variances and test errors of an MLP on MNIST-1D with dropout in front of batch norm.

    Three hidden layers of 64 ReLU units, 4,000 training rows, 1,500 steps.

    valid, error: per cent, with the running statistics. recomputed: test error with statistics
    measured on the training rows without dropout. averaged: test error with dropout left on,
    mean of 10 passes. shift1..3: test over training variance in front of each batch norm;
    local1..3: what the formula gives for the dropout in front of that layer.
    """
    data, x_valid, y_valid = split(4000)
    found = []
    for kind in kinds:
        model, copies = _trained(kind, data, seeds, rates, chances, steps)
        measured, local = shifts(model, data.x_train)
        columns = {
            "valid": error(model, x_valid, y_valid),
            "error": error(model, data.x_test, data.y_test),
            "averaged": averaged_error(model, data.x_test, data.y_test),
        }
        columns |= {f"shift{i + 1}": column for i, column in enumerate(measured.T)}
        columns |= {f"local{i + 1}": column for i, column in enumerate(local.T)}
        recompute(model.whole(), data.x_train, model.norms)
        columns["recomputed"] = error(model, data.x_test, data.y_test)
        found += _rows(kind, seeds, copies, columns)
    return found


@experiment(
    "dropout_or_norm",
    seeds=range(5),
    keys=("rows", "norm", "place", "p", "rate", "seed"),
    small={
        "seeds": (0,),
        "rows": (1000,),
        "kinds": (Kind("before", "last"),),
        "rates": (0.06,),
        "chances": (0.3,),
    },
    tolerance=0.1,
)
def dropout_or_norm(
    seeds: Sequence[int],
    rows: Sequence[int] = (1000, 4000),
    kinds: Sequence[Kind] = COMPARED,
    rates: Sequence[float] = RATES,
    chances: Sequence[float] = CHANCES,
    steps: int = STEPS,
) -> Rows:
    """Test error with neither, with dropout, with batch norm, and with dropout behind the last.

    Three hidden layers of 64 ReLU units on MNIST-1D, 1,500 steps; errors in per cent.
    """
    found = []
    for count in rows:
        data, x_valid, y_valid = split(count)
        for kind in kinds:
            model, copies = _trained(kind, data, seeds, rates, chances, steps)
            columns = {
                "valid": error(model, x_valid, y_valid),
                "error": error(model, data.x_test, data.y_test),
                "fitted": error(model, data.x_train, data.y_train),
            }
            found += _rows(kind, seeds, copies, columns, rows=count)
    return found
