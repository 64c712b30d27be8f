"""The transformers of many models are, one by one, what PyTorch's own parts compute."""

import pytest
import torch
from torch import nn

from bnlib.lab.transformer import NORMS, DynamicTanh, Nothing, Transformer

SMALL = {"tokens": 3, "patch": 2, "width": 8, "blocks": 2, "heads": 2, "classes": 4}


def rows(n=5, seed=0):
    return torch.randn(1, n, 6, generator=torch.Generator().manual_seed(seed))


def shaken(norm, seeds=(0, 1)):
    """Transformers whose biases and norms are not at their first values."""
    net = Transformer(seeds, norm, **SMALL)
    draw = torch.Generator().manual_seed(9)
    for p in net.parameters():
        p.data += 0.3 * torch.randn(p.shape, generator=draw)
    return net


def test_attention_is_torchs():
    net, width = shaken(Nothing), SMALL["width"]
    h = torch.randn(2, 5 * 3, width, generator=torch.Generator().manual_seed(1))
    for m, mine in enumerate(net.attention(1, h)):
        theirs = nn.MultiheadAttention(width, SMALL["heads"], batch_first=True)
        theirs.in_proj_weight.data = net.weights["mix 1"][m].detach().T
        theirs.in_proj_bias.data = net.biases["mix 1"][m, 0].detach()
        theirs.out_proj.weight.data = net.weights["join 1"][m].detach().T
        theirs.out_proj.bias.data = net.biases["join 1"][m, 0].detach()
        tokens = h[m].view(5, 3, width)
        told, _ = theirs(tokens, tokens, tokens)
        torch.testing.assert_close(mine.view(5, 3, width), told, rtol=1e-4, atol=1e-5)


def test_the_whole_is_the_sum_of_its_parts():
    net = shaken(NORMS["layer"])
    x = rows()
    h = x.expand(2, -1, -1).reshape(2, 15, 2) @ net.weights["embed"] + net.biases["embed"]
    h = (h.view(2, 5, 3, 8) + net.weights["position"][:, None]).view(2, 15, 8)
    norms = iter(net.norms)
    for block in range(2):
        h = h + net.attention(block, next(norms)(h, True))
        h = h + net.perceptron(block, next(norms)(h, True))
    h = next(norms)(h, True).view(2, 5, 3, 8).mean(2)
    torch.testing.assert_close(net(x, True), h @ net.weights["classes"] + net.biases["classes"])


@pytest.mark.parametrize("name", NORMS)
def test_rows_and_models_do_not_see_each_other(name):
    net = shaken(NORMS[name])
    x = rows()
    whole = net(x, True)
    torch.testing.assert_close(net(x[:, :2], True), whole[:, :2], rtol=1e-4, atol=1e-5)
    x2 = x.clone()
    x2[:, 0] += 1
    assert torch.allclose(net(x2, True)[:, 1:], whole[:, 1:], atol=1e-5)
    assert not torch.allclose(net(x2, True)[:, 0], whole[:, 0], atol=1e-3)
    own = torch.autograd.grad(whole[0].sum(), net.parameters())
    assert all(g[1].abs().max() == 0 for g in own)
    assert all(len(p) == 2 for p in net.parameters())


def test_the_order_of_the_tokens_matters():
    net, x = shaken(NORMS["RMS"]), rows()
    swapped = x.view(1, 5, 3, 2).flip(2).reshape(1, 5, 6)
    assert not torch.allclose(net(x, True), net(swapped, True), atol=1e-2)


def test_a_seed_has_its_weights_whoever_else_is_there():
    both, one = (Transformer(s, Nothing, **SMALL) for s in ([3, 7, 7], [7]))
    for name, w in one.weights.items():
        assert torch.equal(both.weights[name][1:2], w)
        assert torch.equal(both.weights[name][2:], w)


def test_dynamic_tanh_is_the_librarys():
    import bnlib

    layer = DynamicTanh(2, 4)
    draw = torch.Generator().manual_seed(5)
    for p in layer.parameters():
        p.data = torch.rand(p.shape, generator=draw) + 0.2
    z = 2 * torch.randn(2, 6, 4, generator=draw)
    for m, y in enumerate(layer(z, True)):
        alpha, gamma, beta = (p[m].detach().numpy().ravel() for p in layer.parameters())
        theirs, _ = bnlib.dyt(z[m].numpy(), float(alpha[0]), gamma, beta)
        torch.testing.assert_close(y, torch.from_numpy(theirs), rtol=1e-5, atol=1e-6)
