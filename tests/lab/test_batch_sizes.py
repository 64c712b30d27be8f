"""Batch sizes: budgets are what their names say, and the stored best rates are inside the grid."""

import numpy as np

from bnlib.lab import batch_sizes as lab
from bnlib.lab import tables
from bnlib.lab.at_best_rate import best_rate

TABLE = tables.read("batch_sizes")


def test_one_budget_holds_the_rows_equal_and_the_other_the_steps():
    for size in lab.SIZES:
        seen = lab.BUDGETS["rows"](size) * size
        assert 0.99 * lab.SEEN < seen <= lab.SEEN
        assert lab.BUDGETS["steps"](size) == lab.STEPS


def test_every_size_has_its_best_rate_inside_the_grid():
    for budget in lab.BUDGETS:
        for batch, group in (*((s, s) for s in lab.SIZES), lab.GHOST):
            rate = best_rate(TABLE, budget=budget, batch=batch, group=group)
            assert lab.RATES[0] < rate < lab.RATES[-1]


def test_smaller_groups_change_the_result_and_not_the_budget():
    (whole,) = lab.batch_sizes.run((0,), ("rows",), ((1024, 1024),), (0.3,))
    (parts,) = lab.batch_sizes.run((0,), ("rows",), (lab.GHOST,), (0.3,))
    assert whole["test"] != parts["test"]
    assert (whole["batch"], whole["budget"]) == (parts["batch"], parts["budget"])


def test_a_curve_has_a_point_a_size_and_its_errors_are_per_cent():
    for budget in lab.BUDGETS:
        means = np.array([e.mean for e in lab.curve(TABLE, budget)])
        assert means.shape == (len(lab.SIZES),)
        assert ((means > 20) & (means < 90)).all()
