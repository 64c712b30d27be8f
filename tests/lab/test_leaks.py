"""Leaks through the statistics of a batch, against what can be computed."""

import numpy as np
import pytest
import torch

from bnlib.lab import leaks
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights


@pytest.mark.parametrize("delta", [0.3, 1.0])
def test_balanced_groups_are_told_as_often_as_the_formula_says(delta):
    sizes = [2, 4, 16]
    drawn = leaks.measured_pairs(delta, sizes, seeds=range(8))
    formula = [leaks.pair_accuracy(delta, m) for m in sizes]
    # 131,072 rows: the share is known to 0.0014; without the factor 1 - 1/m it is off by more.
    np.testing.assert_allclose(drawn.mean(axis=0), formula, atol=4e-3)


def test_a_pair_tells_more_than_a_row_and_many_rows_tell_no_more():
    assert leaks.pair_accuracy(1.0, 2) == pytest.approx(0.92135, abs=1e-4)
    assert leaks.pair_accuracy(1.0) == pytest.approx(0.84134, abs=1e-4)
    assert leaks.pair_accuracy(1.0, 10**6) == pytest.approx(leaks.pair_accuracy(1.0), abs=1e-5)
    assert leaks.pair_accuracy(0.0, 2) == 0.5


def test_sorting_moves_rows_between_groups_and_changes_nothing_else():
    # With one group a step, the order of the rows within it has no effect.
    one = leaks.train_digits([0], sort=False, group=64, steps=5).model
    other = leaks.train_digits([0], sort=True, group=64, steps=5).model
    torch.testing.assert_close(one.weights[0], other.weights[0], rtol=1e-3, atol=1e-5)
    cut = [leaks.train_digits([0], sort=s, group=8, steps=5).model for s in (False, True)]
    assert not torch.allclose(cut[0].weights[0], cut[1].weights[0], rtol=1e-3, atol=1e-5)


def test_a_network_is_tested_without_being_changed():
    networks = leaks.train_digits([0, 1], steps=40)
    before = [norm.running_var.clone() for norm in networks.model.norms]
    found = leaks.tested(networks)
    assert found.running.shape == found.sorted.shape == (2,)
    assert (found.running > 60).all()
    assert (found.sorted < found.shuffled).all()
    for norm, var in zip(networks.model.norms, before, strict=True):
        torch.testing.assert_close(norm.running_var, var)
        assert norm.momentum == 0.1


def test_answers_change_with_the_company_and_less_so_in_large_batches():
    model = leaks.train_digits([0], group=64, steps=60).model
    share = leaks.flips(model, (2, 16, 64), draws=4)
    assert share.shape == (1, 3)
    assert (np.diff(share[0]) < 0).all()


def test_without_noise_from_neighbours_nothing_changes():
    # Every row of a batch is normalized by the same fixed numbers: momentum 0, no batch.
    class Fixed(BatchNorm):
        def __call__(self, z, training):
            return super().__call__(z, False)

    model = MLP(first_weights([0], (64, 8, 10)), Fixed)
    assert leaks.flips(model, (2, 8), draws=3).max() == 0
