"""Chapter 6, folding: the folded network is the same function, and has no batch norm in it."""

import pytest
import torch
from torch import nn

from bnlib.lab import folding_speed as lab

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


@pytest.mark.parametrize("kind", lab.NETS)
def test_the_folded_network_is_the_same_function(kind):
    for dtype in (torch.float32, torch.float64):
        found = lab.largest_difference(kind, dtype, range(2))
        assert (found < 100 * torch.finfo(dtype).eps).all()


@pytest.mark.parametrize("kind", lab.NETS)
def test_batch_norm_does_something_and_is_gone_after_folding(kind):
    net, plain = lab.network(kind, 0), lab.network(kind, 0, norm=False)
    norms = [layer for layer in net if isinstance(layer, NORMS)]
    assert len(norms) == (3 if kind == "MLP" else 4)
    for norm in norms:
        assert norm.weight.std() > 0.1
    # PyTorch draws first weights of variance 1 / (3 fan_in): these are the statistics of a batch.
    assert norms[0].running_var.mean().item() == pytest.approx(1 / 3, abs=0.1)
    folded = lab.folded(net)
    assert not net.training
    assert not folded.training
    assert [type(layer) for layer in folded] == [type(layer) for layer in plain]
    x = torch.randn(3, *lab.INPUTS[kind])
    without = nn.Sequential(*(layer for layer in net if not isinstance(layer, NORMS)))
    assert (net(x) - without(x)).abs().max() > 0.05


def test_folding_is_that_of_pytorch():
    fusion = pytest.importorskip("torch.nn.utils.fusion")
    mlp, cnn = (lab.network(kind, 1) for kind in ("MLP", "CNN"))
    for ours, theirs in (
        (lab.folded(mlp)[0], fusion.fuse_linear_bn_eval(mlp[0], mlp[1])),
        (lab.folded(cnn)[0], fusion.fuse_conv_bn_eval(cnn[0], cnn[1])),
    ):
        torch.testing.assert_close(ours.weight, theirs.weight)
        torch.testing.assert_close(ours.bias, theirs.bias)


def test_the_seed_alone_decides_and_the_global_generator_is_left_alone():
    state = torch.random.get_rng_state()
    one, two = lab.network("MLP", 3), lab.network("MLP", 3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
