"""Small groups: batch renorm against the numeric core, and what is compared with what."""

import numpy as np
import pytest
import torch

import bnlib
from bnlib.lab.layers import BatchNorm
from bnlib.lab.small_batches import BATCH, TESTED, BatchRenorm, contenders


def numbers(rows=8):
    return torch.randn(1, rows, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("r_max", "d_max"), [(1.0, 0.0), (1.2, 0.3), (50.0, 50.0)])
@pytest.mark.parametrize("group", [2, 4, 8])
def test_batch_renorm_is_that_of_the_numeric_core(r_max, d_max, group):
    z = 2 + 3 * numbers()
    layer = BatchRenorm(1, 3, r_max, d_max, start=-2, end=-1, group=group)
    layer.running_mean += 0.5
    layer.running_var *= 2.0
    mean, var = (t.numpy().ravel().copy() for t in (layer.running_mean, layer.running_var))
    parts = z.numpy()[0].reshape(-1, group, 3)
    one, zero = np.ones(3), np.zeros(3)
    true = [bnlib.batch_renorm(p, one, zero, mean, var, r_max, d_max)[0] for p in parts]
    out = layer(z, True).detach().numpy()[0]
    np.testing.assert_allclose(out, np.concatenate(true), rtol=1e-4, atol=1e-5)


def test_its_averages_move_as_those_of_batch_norm_and_serve_at_test():
    plain, renorm = BatchNorm(1, 3, group=4), BatchRenorm(1, 3, start=0, end=1, group=4)
    for _ in range(3):
        plain(numbers(), True)
        renorm(numbers(), True)
    torch.testing.assert_close(plain.running_mean, renorm.running_mean)
    torch.testing.assert_close(plain.running_var, renorm.running_var)
    torch.testing.assert_close(plain(numbers(), False), renorm(numbers(), False))


def test_no_gradient_goes_through_the_corrections():
    layer = BatchRenorm(1, 3, 50.0, 50.0, start=-2, end=-1)
    z = numbers().requires_grad_()
    weight = torch.randn(1, 8, 3, generator=torch.Generator().manual_seed(2))
    (found,) = torch.autograd.grad((weight * layer(z, True)).sum(), z)
    (plain,) = torch.autograd.grad((weight * BatchNorm(1, 3)(z, True)).sum(), z)
    # The gradient of batch norm, times r: none along a constant input.
    torch.testing.assert_close(found.sum(1), torch.zeros(1, 3), atol=1e-4, rtol=0)
    ratio = found / plain
    torch.testing.assert_close(ratio, ratio[:, :1].expand_as(ratio), rtol=1e-3, atol=1e-3)
    assert not torch.allclose(ratio, torch.ones(()), atol=0.01)


def test_bounds_open_from_batch_norm_to_their_values():
    layer = BatchRenorm(1, 3, 3.0, 5.0, start=10, end=20)
    seen = []
    for step in (0, 10, 15, 20, 99):
        layer.steps = step
        seen.append(layer.bounds())
    assert seen == [(1.0, 0.0), (1.0, 0.0), (2.0, 2.5), (3.0, 5.0), (3.0, 5.0)]


def test_all_group_sizes_divide_what_they_cut():
    sizes = [group for norm, group in contenders() if norm.startswith("batch")]
    assert sorted(set(sizes)) == [2, 4, 8, 16, 32, 64]
    assert all(BATCH % size == 0 for size in sizes)
    assert TESTED % BATCH == 0
