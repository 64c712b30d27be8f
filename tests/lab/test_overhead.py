"""The two networks whose times are compared differ in their batch norms alone."""

import pytest
import torch
from torch import nn

from bnlib.lab import overhead as lab


@pytest.mark.parametrize("build", lab.BUILD.values(), ids=lab.BUILD)
def test_the_networks_differ_in_batch_norm_alone(build):
    (plain, x), (normed, other) = (build(8, 6, norm) for norm in (False, True))
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    rest = [m for m in normed if not isinstance(m, norms)]
    assert [type(m) for m in plain] == [type(m) for m in rest]
    assert len(normed) == len(plain) + lab.LAYERS
    for one, two in zip(plain, rest, strict=True):
        for name, shape in ((n, p.shape) for n, p in two.named_parameters()):
            assert dict(one.named_parameters())[name].shape == shape
    assert x.shape == other.shape
    assert plain(x).shape == normed(x).shape == (6, 10)
    # A bias in front of batch norm would be paid for and do nothing.
    before = [normed[i - 1] for i, m in enumerate(normed) if isinstance(m, norms)]
    assert all(m.bias is None for m in before)


def test_a_block_has_a_time_for_each():
    torch.set_num_threads(1)
    without, with_norm = lab.block_times("dense", 8, 6, seed=0, budget=0.02)
    assert 0 < without < 1
    assert 0 < with_norm < 1


def test_a_step_trains():
    model, x = lab.dense(8, 6, norm=True)
    before = [p.detach().clone() for p in model.parameters()]
    lab._step(model, x)()
    assert all(not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
