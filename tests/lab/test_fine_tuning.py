"""Fine-tuning: which statistics move, and what is taken over from the first network."""

import torch

from bnlib.lab import fine_tuning
from bnlib.lab.fine_tuning import Frozen, _tuned, copied, target
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights
from bnlib.lab.training import Data, recompute

WIDTHS = (40, 64, 64, 64, 10)


def source():
    model = MLP(first_weights([0, 1], WIDTHS), BatchNorm)
    recompute(model, torch.randn(500, 40, generator=torch.Generator().manual_seed(0)), model.norms)
    return model


def data():
    x = torch.randn(32, 40, generator=torch.Generator().manual_seed(1))
    y = torch.arange(32) % 10
    return Data(target(x, "changed"), y, x, y)


def test_a_copy_takes_over_all_but_the_last_layer():
    first = source()
    fresh = [w.repeat_interleave(3, 0) for w in first_weights([7, 8], WIDTHS)]
    model = copied(first, fresh)
    for layer in range(3):
        torch.testing.assert_close(model.weights[layer][5], first.weights[layer][1])
        torch.testing.assert_close(
            model.norms[layer].running_var[2], first.norms[layer].running_var[0]
        )
    torch.testing.assert_close(model.weights[-1], fresh[-1])
    assert not model.biases[-1].any()


def test_modes_differ_in_what_happens_to_the_statistics(monkeypatch):
    monkeypatch.setattr(fine_tuning, "TUNED", 10)
    first, second = source(), data()
    seeds, rates = [0, 1], [0.01]
    kept = [norm.running_mean for norm in first.norms]
    tuned = {
        mode: _tuned(first, second, seeds, rates, mode, 8)
        for mode in ("updated", "frozen", "recomputed")
    }
    for layer, mean in enumerate(kept):
        torch.testing.assert_close(tuned["frozen"].norms[layer].running_mean, mean)
        assert not torch.allclose(tuned["updated"].norms[layer].running_mean, mean)
    # Of the first layer, whose inputs no training changes, recomputed statistics are exact.
    fresh = copied(first, [w for w in first_weights(seeds, WIDTHS)])
    z = torch.baddbmm(fresh.biases[0], second.x_train.expand(2, -1, -1), fresh.weights[0])
    torch.testing.assert_close(
        tuned["recomputed"].norms[0].running_mean, z.mean(1, keepdim=True), rtol=1e-4, atol=1e-4
    )
    for model in tuned.values():
        assert not torch.allclose(model.weights[1], first.weights[1])
        assert not torch.allclose(model.norms[0].gamma, first.norms[0].gamma)


def test_a_frozen_network_answers_in_training_as_at_inference():
    model = source()
    x = data().x_train
    torch.testing.assert_close(Frozen(model)(x[None], True), model(x[None], False))


def test_the_second_task():
    x = torch.zeros(1000, 40)
    assert torch.equal(target(x, "same"), x)
    changed = target(x, "changed")
    assert abs(changed.mean() - 1) < 0.01
    assert abs(changed.std() - 0.3) < 0.01
