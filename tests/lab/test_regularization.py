"""What fixed rows normalize does not depend on the batch; groups of the batch do."""

import numpy as np
import pytest
import torch

from bnlib.lab import regularization as lab
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.tables import Table

WIDTHS = (5, 7, 6, 3)


def rows(count, seed):
    return torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def test_fixed_rows_that_are_the_batch_make_batch_norm():
    weights = first_weights((0, 1), WIDTHS)
    x = rows(32, 0)
    fixed, batch = lab.WithFixedRows(weights, x), MLP(weights, BatchNorm)
    got, expected = fixed(x[None], True), batch(x[None], True)
    torch.testing.assert_close(got, expected)
    # The gradient goes through the statistics in both.
    for net in (got, expected):
        net.square().sum().backward()
    one, other = fixed.net.weights[0].grad, batch.weights[0].grad
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_with_fixed_rows_an_answer_is_a_rows_own():
    net = lab.WithFixedRows(first_weights((0,), WIDTHS), rows(32, 0))
    x = rows(10, 1)
    alone, together = net(x[None, :1], True), net(x[None], True)
    torch.testing.assert_close(alone[0, 0], together[0, 0])
    assert together.shape == (1, 10, 3)
    torch.testing.assert_close(net(x[None], False), together)


def test_the_rows_that_choose_the_rate_are_neither_trained_on_nor_tested():
    train, chosen = lab.rows_of(lab.MORE, "train")[0], lab.rows_of(lab.MORE, "validation")[0]
    test = lab.rows_of(lab.MORE, "test")[0]
    seen = [set(map(tuple, part.tolist())) for part in (train, chosen, test)]
    assert [len(part) for part in seen] == [lab.MORE, lab.VALIDATION, 10_000]
    assert not seen[0] & seen[1]
    assert not seen[1] & seen[2]
    assert not seen[0] & seen[2]
    assert torch.equal(lab.rows_of(lab.FEW, "train")[0], train[: lab.FEW])


def test_rate_and_group_are_chosen_by_the_validation_rows():
    def share(group, rate, part, seed):
        peak = {("validation", 64): 0.5, ("validation", 8): 0.7}.get((part, group), 0.9)
        return peak - abs(rate - 0.2) + 0.01 * seed

    table = Table(
        {
            "rows": 256, "method": f"groups of {g}", "rate": rate, "seed": seed,
            **{part: share(g, rate, part, seed) for part in ("train", "validation", "test")},
        }
        for g in (64, 8)
        for rate in (0.1, 0.2, 0.3)
        for seed in range(3)
    )  # fmt: skip
    assert lab.groups(table, 256) == [64, 8]
    assert lab.best_rate(table, 256, "groups of 8") == 0.2
    assert lab.best_group(table, 256) == 8
    assert lab.at_best(table, 256, "groups of 8") == pytest.approx(np.array([90, 91, 92]))
