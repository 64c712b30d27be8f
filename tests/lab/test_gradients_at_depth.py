"""The growth of gradients through deep ReLU nets, against theory, and the nets that are trained."""

import numpy as np
import pytest
import torch

from bnlib.lab import gradients_at_depth as lab
from bnlib.lab.deep_training import NETS, DeepNet, final_accuracy
from bnlib.lab.nets import first_weights

SEEDS = range(3)


def factor(kind, normalized):
    norms = [lab.gradient_norms(seed, kind, normalized, examples=128) for seed in SEEDS]
    return np.mean([lab.growth(n) for n in norms])


def test_the_constant_is_that_of_a_rectified_normal():
    z = np.random.default_rng(0).standard_normal(2_000_000)
    measured = np.sqrt(np.mean(z > 0) / np.var(np.maximum(z, 0)))
    assert pytest.approx(measured, rel=1e-3) == lab.EXPLOSION


def test_a_plain_relu_net_with_batch_norm_grows_as_theory_says():
    assert factor("plain", True) == pytest.approx(lab.EXPLOSION, rel=0.006)


def test_he_weights_without_batch_norm_keep_the_gradient():
    assert factor("plain", False) == pytest.approx(1.0, abs=0.015)


def test_a_residual_stream_grows_by_the_root_of_two_without_batch_norm_only():
    assert factor("residual", False) == pytest.approx(np.sqrt(2), rel=0.015)
    assert factor("residual", True) == pytest.approx(1.033, abs=0.01)


def test_a_norm_that_does_not_centre_would_be_seen(monkeypatch):
    monkeypatch.setattr(
        lab, "batch_norm", lambda z: z * (z.square().mean(-2, keepdim=True) + 1e-5).rsqrt()
    )
    assert factor("plain", True) < 0.98 * lab.EXPLOSION


def test_batch_norm_agrees_with_torch():
    z = torch.randn(50, 7, dtype=torch.float64) * 3 + 1
    expected = torch.nn.functional.batch_norm(z, None, None, training=True)
    torch.testing.assert_close(lab.batch_norm(z), expected)


def test_growth_is_the_factor_of_a_geometric_row():
    assert lab.growth(1.3 ** -np.arange(40.0)) == pytest.approx(1.3)


@pytest.mark.parametrize("net", NETS)
def test_a_deep_net_computes_its_layers(net):
    weights = first_weights((0, 1), (5, 8, 8, 8, 3))
    model = DeepNet(weights, net)
    x = torch.randn(1, 20, 5)
    kind, normalized = net.split(",")[0], "norm" in net
    h = x @ weights[0]
    for w in weights[1:-1]:
        h = lab.layer(h, w, kind, normalized)
    torch.testing.assert_close(
        model(x, True).detach(), h.relu() @ weights[-1], rtol=1e-4, atol=1e-4
    )
    assert len(model.parameters()) == 2 * 4 + 2 * 2 * normalized


def test_a_shallow_one_learns():
    loss, right = final_accuracy((0,), "residual, batch norm", (0.03,), depth=2, steps=60)
    assert loss.shape == right.shape == (1, 1)
    assert right > 0.85
