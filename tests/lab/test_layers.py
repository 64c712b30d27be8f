"""The layers of many models do for each model what PyTorch's own do for one."""

import pytest
import torch
from torch import nn

from bnlib.lab.layers import BatchNorm, GroupNorm, RMSNorm

M, N, D = 3, 12, 8


@pytest.fixture
def z():
    scale = torch.logspace(-1, 2, M).view(M, 1, 1)
    return scale * torch.randn(M, N, D, generator=torch.Generator().manual_seed(1)) + 5


def set_parameters(norm):
    draw = torch.Generator().manual_seed(2)
    for p in norm.parameters():
        p.data = torch.randn(p.shape, generator=draw)
    return norm


def torchs(norm, m, layer):
    layer.weight.data = norm.gamma[m, 0].detach().clone()
    if hasattr(norm, "beta"):
        layer.bias.data = norm.beta[m, 0].detach().clone()
    return layer


def test_batch_norm_is_torchs_in_training_and_in_evaluation(z):
    norm = set_parameters(BatchNorm(M, D, momentum=0.3))
    theirs = [torchs(norm, m, nn.BatchNorm1d(D, momentum=0.3)) for m in range(M)]
    for step in range(3):
        batch = z * (1 + step)
        for m, (layer, y) in enumerate(zip(theirs, norm(batch, True), strict=True)):
            torch.testing.assert_close(y, layer(batch[m]), rtol=1e-4, atol=1e-4)
    for m, layer in enumerate(theirs):
        torch.testing.assert_close(norm.running_mean[m, 0], layer.running_mean)
        torch.testing.assert_close(norm.running_var[m, 0], layer.running_var)
        torch.testing.assert_close(norm(z, False)[m], layer.eval()(z[m]), rtol=1e-4, atol=1e-4)


def test_the_gradient_goes_through_the_statistics(z):
    norm = set_parameters(BatchNorm(M, D))
    weight = torch.randn(M, N, D, generator=torch.Generator().manual_seed(3))
    mine = z.clone().requires_grad_()
    (norm(mine, True) * weight).sum().backward()
    for m in range(M):
        theirs = z[m].clone().requires_grad_()
        (torchs(norm, m, nn.BatchNorm1d(D))(theirs) * weight[m]).sum().backward()
        torch.testing.assert_close(mine.grad[m], theirs.grad, rtol=1e-3, atol=1e-4)


def test_ghost_groups_are_batches_of_their_own(z):
    norm = BatchNorm(M, D, group=4)
    whole = norm(z, True)
    for start in range(0, N, 4):
        part = slice(start, start + 4)
        torch.testing.assert_close(whole[:, part], BatchNorm(M, D)(z[:, part], True))
    # The average of the groups' variances is kept, by the rows of a group.
    parts = z.view(M, 3, 4, D)
    torch.testing.assert_close(
        norm.running_var[:, 0], 0.9 + 0.1 * parts.var(2, unbiased=True).mean(1)
    )


def test_rows_that_do_not_fill_groups_are_refused(z):
    with pytest.raises(ValueError, match="12 rows has no groups of 5"):
        BatchNorm(M, D, group=5)(z, True)
    with pytest.raises(ValueError, match="groups of 1"):
        BatchNorm(M, D, group=1)(z, True)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_group_norm_is_torchs(z, groups):
    norm = set_parameters(GroupNorm(M, D, groups))
    for m in range(M):
        layer = torchs(norm, m, nn.GroupNorm(groups, D))
        torch.testing.assert_close(norm(z, True)[m], layer(z[m]), rtol=1e-4, atol=1e-4)


def test_rms_norm_is_torchs(z):
    norm = set_parameters(RMSNorm(M, D))
    for m in range(M):
        layer = torchs(norm, m, nn.RMSNorm(D, eps=1e-5))
        torch.testing.assert_close(norm(z, True)[m], layer(z[m]), rtol=1e-4, atol=1e-4)


def test_features_that_make_no_groups_are_refused():
    with pytest.raises(ValueError, match="8 features cannot be split into 3"):
        GroupNorm(M, D, 3)
