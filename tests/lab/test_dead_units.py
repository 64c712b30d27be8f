"""Chapter 3's experiment on dead units: who is dead, who comes back, and what was stored."""

from itertools import pairwise

import numpy as np
import torch

from bnlib.lab import dead_units as lab
from bnlib.lab import tables
from bnlib.lab.nets import MLP, first_weights


def test_dead_is_zero_for_all_rows_and_alive_is_one_row():
    model = MLP(first_weights([0], (2, 3, 4)))
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -2.0]])
    with torch.no_grad():
        model.weights[0].copy_(torch.tensor([[[-1.0, -1.0, 1.0], [-1.0, -1.0, 0.5]]]))
        model.biases[0].copy_(torch.tensor([[[-5.0, -2.9, 0.0]]]))
    # The third row gives the units -2, 0.1 and -2.
    assert lab.dead(model, x).tolist() == [[True, False, False]]


def test_behind_batch_norm_no_unit_is_dead_at_first_but_beta_can_kill_it():
    model = MLP(first_weights([0, 1], (64, 20, 10)), lab.NORMS["batch norm"])
    x = lab.digits().x_train
    assert not lab.dead(model, x).any()
    with torch.no_grad():
        model.norms[0].beta[1, 0, 7] = -((len(x) - 1) ** 0.5)
    assert lab.dead(model, x).nonzero().tolist() == [[1, 7]]


def test_a_dead_first_layer_unit_stays_dead_without_decay():
    states, losses = lab.follow([0], "SGD", "none", (0.4,))
    first = states[:, 0, 0, :100]
    assert states.shape == (len(lab.CHECKS), 1, 1, 300)
    assert torch.isfinite(losses).all()
    for before, after in pairwise(first):
        assert (after | ~before).all()


def test_the_penalty_pulls_on_the_gradient():
    plain, pulled = (torch.ones(1, 2), torch.ones(1, 2))
    gradient = [torch.tensor([[-0.5, 0.5]])]
    lab.Adam(torch.tensor([0.1])).step([plain], gradient)
    lab.DecayedAdam(torch.tensor([0.1]), decay=1.0).step([pulled], gradient)
    # With the penalty both gradients are positive, so both values fall.
    np.testing.assert_allclose(plain, [[1.1, 0.9]], atol=1e-4)
    np.testing.assert_allclose(pulled, [[0.9, 0.9]], atol=1e-4)


def test_the_best_rates_are_not_at_an_edge_and_no_more_units_revive_than_died():
    stored = tables.read("dead_units")
    for optimizer in stored.values("optimizer"):
        for norm in stored.values("norm"):
            loss = stored.column("loss", optimizer=optimizer, norm=norm).reshape(5, -1).mean(0)
            assert 0 < np.nanargmin(loss) < loss.size - 1, (optimizer, norm)
    for row in stored.rows:
        if np.isfinite(row["loss"]):
            assert 0 <= row["revived"] <= row["died"] <= 1
            assert row["died"] - row["revived"] <= row["dead_1000"] + 1e-6


def test_the_comparisons_use_rates_that_both_can_use():
    runs = lab.Runs(tables.read("dead_units"))
    for optimizer in runs.optimizers:
        common = runs.common(optimizer)
        for norm in lab.NORMS:
            assert (runs.column("loss", optimizer, norm)[common] < 0.1).all()
            assert runs.usable(optimizer, norm)[runs.best(optimizer, norm)]
        for without, with_bn in runs.compared(optimizer).values():
            assert without.shape == with_bn.shape == (5,)
            assert (
                0 <= min(without.min(), with_bn.min()) <= max(without.max(), with_bn.max()) <= 100
            )


def test_rows_of_the_table_find_their_rate_and_seed():
    runs = lab.Runs(tables.read("dead_units"))
    for row in runs.stored.rows[::17]:
        at = list(runs.rates[row["optimizer"]]).index(row["rate"])
        found = runs.column("died", row["optimizer"], row["norm"])[at, row["seed"]]
        np.testing.assert_equal(found, row["died"])
