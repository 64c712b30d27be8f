"""Dropout in front of batch norm, against the law of total variance."""

import pytest
import torch

from bnlib.lab.dropout import DropoutMLP, Kind, averaged_error, shifts
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import recompute

WIDTHS = (6, 32, 32, 32, 3)


def network(kind, p=(0.5,), seeds=(0,)):
    weights = [w.repeat_interleave(len(p), 0) for w in first_weights(seeds, WIDTHS)]
    return DropoutMLP(weights, kind, p, seeds)


def rows(n=4000):
    return torch.randn(n, 6, generator=torch.Generator().manual_seed(3))


def settle(model, x, rounds=3):
    """Running statistics of the network in training, with dropout on."""
    for count in range(1, rounds + 1):
        for norm in model.norms:
            norm.momentum = 1 / count
        model(x[None], True)


@pytest.mark.parametrize("norm", ["before", "after", "none"])
def test_without_dropout_it_is_the_plain_network(norm):
    x = rows(50)
    plain = MLP(
        first_weights([0], WIDTHS), None if norm == "none" else BatchNorm, after=norm == "after"
    )
    model = network(Kind(norm, "none"), (0.0,))
    torch.testing.assert_close(model(x[None], True), plain(x[None], True))
    dropped = network(Kind(norm, "every"))
    model = network(Kind(norm, "none"), (0.0,))
    torch.testing.assert_close(dropped(x[None], False), model(x[None], False))
    assert not torch.allclose(dropped(x[None], True), model(x[None], True))


@pytest.mark.parametrize(("norm", "layer"), [("after", 0), ("before", 1)])
@pytest.mark.parametrize("p", [0.2, 0.5])
def test_the_first_layer_that_meets_dropout_is_shifted_as_the_formula_says(norm, layer, p):
    model, x = network(Kind(norm, "every"), (p,)), rows()
    settle(model, x)
    found = shifts(model, x)
    measured, local = found.measured[0, layer], found.local[0, layer]
    torch.testing.assert_close(measured, local, rtol=0.04, atol=0)
    # The simple ratio 1 - p, for values of mean 0, is another number.
    assert abs(float(local) - (1 - p)) > 0.05


def test_measuring_shifts_leaves_the_statistics_as_they_were():
    model, x = network(Kind("after", "every"), (0.5,)), rows()
    settle(model, x)
    before = [norm.running_var.clone() for norm in model.norms]
    shifts(model, x[:1000])
    for norm, var in zip(model.norms, before, strict=True):
        assert torch.equal(norm.running_var, var)


def test_shifts_accumulate_with_depth():
    model, x = network(Kind("after", "every"), (0.5,)), rows()
    settle(model, x)
    found = shifts(model, x)
    assert (found.measured[0, 1:] < 0.85 * found.local[0, 1:]).all()
    assert (found.measured[0].diff() < 0).all()


def test_dropout_behind_the_last_batch_norm_shifts_nothing():
    model, x = network(Kind("before", "last"), (0.5,)), rows()
    settle(model, x)
    found = shifts(model, x)
    torch.testing.assert_close(found.local, torch.ones(1, 3))
    # Batches of 64 see a little less variance than all rows, the more so in deeper layers.
    torch.testing.assert_close(found.measured, torch.ones(1, 3), rtol=0.03, atol=0)


def test_recomputed_without_dropout_the_variances_are_those_of_test():
    model, x = network(Kind("after", "every"), (0.5,)), rows()
    settle(model, x)
    recompute(model.whole(), x, model.norms, size=len(x))
    for seen, norm in zip(model.layers(x[None], False), model.norms, strict=True):
        torch.testing.assert_close(
            seen.normed.var(1, keepdim=True), norm.running_var, rtol=1e-3, atol=1e-6
        )


def test_what_is_dropped_depends_on_the_seed_alone():
    ones = torch.ones(1, 1000, 6)
    model = network(Kind("before", "every"), (0.1, 0.5), seeds=(0, 1))
    h = model.drop(ones.expand(4, -1, -1))
    share = (h == 0).float().mean((1, 2))
    torch.testing.assert_close(share, torch.tensor([0.1, 0.5, 0.1, 0.5]), atol=0.03, rtol=0)
    torch.testing.assert_close(h.mean((1, 2)), torch.ones(4), atol=0.06, rtol=0)
    # What is dropped with 0.1 is dropped with 0.5 too; another seed drops other values.
    assert ((h[0] == 0) <= (h[1] == 0)).all()
    alone = network(Kind("before", "every"), (0.5,), seeds=(1,)).drop(ones)
    torch.testing.assert_close(alone[0], h[3])


def test_averaged_answers_of_a_network_without_dropout_are_its_answers():
    x = rows(300)
    model = network(Kind("before", "none"), (0.0,))
    y = model(x[None], False).argmax(2)[0]
    assert averaged_error(model, x, y, passes=2).item() == 0
