"""Questions that are put to every library in the same words, through ``observing.Layer``.

A function's docstring says how its answer was found; it goes into the table.
"""

from __future__ import annotations

import numpy as np

from bnlib.lab.frameworks.observing import (
    NEW,
    OLD,
    Make,
    column,
    digits,
    divisor,
    epsilon,
    moved,
    new_variance,
    raised,
    share,
    uses,
)


def momentum_weighs(make: Make) -> str:
    """momentum=0.7, one training batch of mean 1: the running mean, 0 before, is 0.7 or 0.3"""
    return {0.7: NEW, 0.3: OLD}[share(make, momentum=0.7)]


def new_share(make: Make) -> float:
    """one training batch of mean 1: the running mean, 0 before"""
    return share(make)


def momentum_default(make: Make) -> float:
    """the share of the new value, or 1 minus it, by what momentum weighs"""
    new = share(make)
    return new if momentum_weighs(make) == NEW else digits(1 - new)


def eps_default(make: Make) -> float:
    """solved from the output for a batch of -0.001 and 0.001"""
    return epsilon(make(1).train)


def first_values(make: Make) -> str:
    """read from a new layer"""
    return ", ".join(f"{float(v.flat[0]):g}" for v in make(1).numbers())


def normalizing_variance(make: Make) -> str:
    """squares of inputs and outputs of a training batch of four rows, compared"""
    x = column(1, 2, 3, 8)
    centred = x - x.mean()
    # y = (x - mean) / sqrt(variance), but for eps: the squares' ratio is the variance.
    variance = np.sum(centred**2) / np.sum(make(1).train(x) ** 2)
    return divisor(np.sum(centred**2), variance, len(x))


def running_variance(make: Make) -> str:
    """one training batch of four rows; the running variance, 1 before, solved for the new one"""
    return new_variance(make(1), share(make), column(1, 2, 3, 8), 4, "N")


def two_rows(make: Make) -> str:
    """output of a new layer in training"""
    return " and ".join(f"{v:.6f}" for v in make(1).train(column(0, 2)).ravel())


def one_row(make: Make) -> str:
    """output of a new layer in training for the row 5"""
    layer = make(1)
    error = raised(lambda: layer.train(column(5)))
    return error if error != "no error" else f"output {make(1).train(column(5)).item():g}"


def one_row_running(make: Make) -> float | str:
    """read after the batch"""
    layer = make(1)
    error = raised(lambda: layer.train(column(5)))
    return digits(layer.numbers()[3][0]) if error == "no error" else error


def constant_feature(make: Make) -> str:
    """output of a new layer in training for four rows of 0.1"""
    largest = np.abs(make(1).train(column(0.1, 0.1, 0.1, 0.1))).max()
    return "0, that is beta" if largest < 1e-3 else f"up to {largest:.1g}"


def large_mean(make: Make, **options) -> str:
    """standard deviation of the output for 1000 rows in training: within 1 % of 1 or not"""
    x = np.random.default_rng(0).normal(10_000.0, 1.0, (1000, 1)).astype(np.float32)
    found = float(np.std(make(1, **options).train(x), dtype=np.float64))
    # How far off it is, rounding decides; that it is far is the answer.
    if np.isnan(found) or abs(found - 1) > 0.3:
        return "no"
    return "yes" if abs(found - 1) < 0.01 else f"{found:.1g} of it"


def inference_uses(make: Make) -> str:
    """a new layer, running mean 0 and variance 1, and rows of mean 2"""
    x = column(1, 2, 3)
    return uses(make(1).infer(x), x, (0.0, 1.0))


def inference_moves(make: Make) -> str:
    """the running statistics before and after inference"""
    layer = make(1)
    return moved(layer, lambda: layer.infer(column(1, 2, 3)))


ALIKE = (
    momentum_weighs,
    momentum_default,
    new_share,
    eps_default,
    first_values,
    normalizing_variance,
    running_variance,
    two_rows,
    one_row,
    one_row_running,
    constant_feature,
    large_mean,
    inference_uses,
    inference_moves,
)
