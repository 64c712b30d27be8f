"""Training a part of the parameters: which, how many, and that the others stay."""

import pytest
import torch

from bnlib.lab import affine_only as lab
from bnlib.lab.datasets import digits
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights

SEEDS = (0, 1)
SIZES = lab.widths(digits())


def model(copies=2):
    weights = [w.repeat_interleave(copies, 0) for w in first_weights(SEEDS, SIZES)]
    return MLP(weights, BatchNorm)


@pytest.mark.parametrize("trained", lab.TRAINED)
def test_as_many_are_trained_as_are_counted(trained):
    net = model()
    masks = lab.masks(net, SEEDS, 2, trained)
    pairs = zip(net.parameters(), masks, strict=True)
    on = sum(float(m[0].sum()) for p, m in pairs if m is not None)
    assert on == lab.counts(SIZES)[trained]


def test_the_counts_of_a_small_network():
    counts = lab.counts((3, 4, 2))
    assert counts == {
        "nothing": 0,
        "gamma, beta": 8,
        "random weights": 8,
        "head": 10,
        "everything": 3 * 4 + 4 * 2 + 4 + 2 + 8,
    }


def test_random_weights_are_a_seeds_own_and_lie_in_all_hidden_layers():
    masks = lab.masks(model(), SEEDS, 2, "random weights")
    torch.testing.assert_close(masks[0][0], masks[0][1])
    assert not torch.equal(masks[0][0], masks[0][2])
    assert all(m.sum() > 0 for m in masks[:3])
    assert masks[3:] == [None] * (len(masks) - 3)


@pytest.mark.parametrize("trained", ["gamma, beta", "random weights", "head"])
def test_what_is_not_trained_stays(trained, monkeypatch):
    kept = {}
    original = lab.MLP

    def remember(*arguments):
        kept["net"] = original(*arguments)
        kept["before"] = [p.detach().clone() for p in kept["net"].parameters()]
        return kept["net"]

    monkeypatch.setattr(lab, "MLP", remember)
    lab.trained_networks(digits(), SEEDS, trained, (0.1,), 20)
    masks = lab.masks(kept["net"], SEEDS, 1, trained)
    pairs = zip(kept["net"].parameters(), kept["before"], masks, strict=True)
    for now, before, mask in pairs:
        frozen = torch.ones_like(before) if mask is None else 1 - mask
        torch.testing.assert_close(now.detach() * frozen, before * frozen, rtol=0, atol=0)
        if mask is not None:
            assert not torch.equal(now.detach(), before)


def test_nothing_trained_is_chance_and_gamma_and_beta_are_more():
    _, none = lab.trained_networks(digits(), SEEDS, "nothing", (1.0,), 100)
    _, some = lab.trained_networks(digits(), SEEDS, "gamma, beta", (1.0,), 100)
    assert (none < 0.3).all()
    assert (some > 0.6).all()
