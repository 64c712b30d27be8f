"""Residual networks at initialization: what theory says of their growth, and what each kind is."""

import pytest
import torch

from bnlib.lab import residual
from bnlib.lab.residual import KINDS, Draws, ResidualNet, draws, mean_squares, standardize

SEEDS = range(6)


def test_a_plain_stream_doubles_and_a_normalized_one_grows_by_one():
    # 5 %: with the variance 1 / fan_in in front of the ReLU, a branch would add 1/2, not 1.
    plain, normed = mean_squares(SEEDS, "plain", 12), mean_squares(SEEDS, "batch norm", 12)
    factor = (plain[:, 1:] / plain[:, :-1]).mean()
    torch.testing.assert_close(factor, torch.tensor(2.0), rtol=0.05, atol=0)
    added = (normed[:, -1] - normed[:, 0]).mean() / 12
    torch.testing.assert_close(added, torch.tensor(1.0), rtol=0.05, atol=0)


def test_a_factor_on_the_branch_adds_its_square():
    scaled = mean_squares(SEEDS, "scaled", 12)
    grown = (scaled[:, -1] / scaled[:, 0]).mean()
    torch.testing.assert_close(grown, torch.tensor((1 + 1 / 12) ** 12), rtol=0.05, atol=0)


def test_standardized_branches_add_a_constant():
    squares = mean_squares(SEEDS, "standardized", 12)
    torch.testing.assert_close((squares[:, -1] - squares[:, 0]).mean(), torch.tensor(1.0),
                               rtol=0.1, atol=0)  # fmt: skip
    # As much in the last half as in the first: not a factor.
    halves = squares[:, 6] - squares[:, 0], squares[:, 12] - squares[:, 6]
    torch.testing.assert_close(halves[0].mean(), halves[1].mean(), rtol=0.1, atol=0)


@pytest.mark.parametrize("kind", ["SkipInit", "Fixup"])
def test_what_begins_at_0_adds_nothing_and_still_learns(kind):
    squares = mean_squares(SEEDS, kind, 4)
    assert torch.equal(squares[:, :1].expand_as(squares), squares)
    net = ResidualNet(draws([0], 8, 16, 4), kind)
    x = torch.randn(1, 32, 8, generator=torch.Generator().manual_seed(0))
    before = net.stream(x, True)[-1].detach()
    for _ in range(3):
        gradients = torch.autograd.grad(net(x, True).square().sum() + net(x, True).sum(),
                                        net.parameters(), allow_unused=True)  # fmt: skip
        for p, g in zip(net.parameters(), gradients, strict=True):
            p.data -= 0.01 * g
    assert not torch.equal(net.stream(x, True)[-1], before)


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_one_batch_are_those_of_smaller_ones(kind):
    x = torch.randn(1, 32, 8, generator=torch.Generator().manual_seed(1))
    both = ResidualNet(draws([3, 4], 8, 16, 3), kind)
    one = ResidualNet(draws([4], 8, 16, 3), kind)
    torch.testing.assert_close(both(x, True)[1], one(x, True)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_parameter_is_trained_and_the_last_layer_comes_last(kind):
    net = ResidualNet(draws([0, 1], 8, 16, 3), kind)
    own = net.parameters()
    assert own[-2] is net.last
    assert own[-1] is net.out
    assert len({id(p) for p in own}) == len(own)
    for p in own:
        p.data += 0.1  # away from the zeros that stop gradients
    x = torch.randn(1, 32, 8, generator=torch.Generator().manual_seed(2))
    gradients = torch.autograd.grad(net(x, True).square().sum(), own)
    assert all(len(p) == 2 and g.abs().max() > 0 for p, g in zip(own, gradients, strict=True))


def test_fixup_has_the_sizes_of_its_paper():
    drawn = draws([0], 8, 64, 16)
    plain, fixup = ResidualNet(drawn, "plain"), ResidualNet(drawn, "Fixup")
    torch.testing.assert_close(fixup.up[3], plain.up[3] / 4)  # 16 blocks to the power of -1/2
    assert all(w.abs().max() == 0 for w in (*fixup.down, fixup.last))
    assert all(s.item() == 1 for s in fixup.scales)
    assert all(t.numel() == 1 for t in (*fixup.shifts, *fixup.heads))


def test_standardized_weights_are_the_librarys():
    np = pytest.importorskip("numpy")
    import bnlib

    w = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    theirs, _ = bnlib.weight_standardize(w.T.contiguous().numpy(), 1e-12)
    np.testing.assert_allclose(standardize(w).T * 5**0.5, theirs, rtol=1e-6)


def test_the_gain_gives_relu_variance_1():
    z = torch.randn(200_000, generator=torch.Generator().manual_seed(4))
    assert abs((residual.RELU_GAIN * torch.relu(z)).var().item() - 1) < 0.02


def test_draws_do_not_depend_on_who_else_is_drawn():
    both, one = draws([5, 6], 4, 8, 2), draws([6], 4, 8, 2)
    assert all(torch.equal(a[1:], b) for a, b in zip(both, one, strict=True))
    assert isinstance(one, Draws)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind must be one of"):
        ResidualNet(draws([0], 4, 8, 2), "nonsense")
