"""A scale of the first weights is a learning rate: exactly, where epsilon follows the scale."""

import numpy as np
import pytest
import torch

from bnlib.lab.initialization import DECADE, Corrected, corrected, decades
from bnlib.lab.rates import USABLE
from bnlib.lab.tables import Table

SCALES = (1e-4, 1e-2, 1.0, 7.0, 1e4)


def test_a_scale_with_the_rate_times_its_square_changes_nothing():
    found = corrected(SCALES, seeds=range(2), steps=30, follow=True)
    losses = found.losses
    np.testing.assert_allclose(losses, losses[:, :, [2]].repeat(len(SCALES), 2), rtol=1e-10)
    for one in (found.growth, found.cosine):
        np.testing.assert_allclose(one, one[:, [2]].repeat(len(SCALES), 1), rtol=1e-10)
    # Training has happened, and seeds differ.
    assert losses[-1].max() < 0.5 * losses[0].min()
    assert not np.allclose(losses[:, 0], losses[:, 1])


def test_without_the_correction_it_changes_all():
    found = corrected(SCALES, seeds=range(2), steps=30, follow=True, correct=False)
    losses = found.losses
    np.testing.assert_allclose(losses[0], losses[0][:, [2]].repeat(len(SCALES), 1), rtol=1e-10)
    apart = np.abs(losses[-1] / losses[-1][:, [2]] - 1)
    assert (np.delete(apart, 2, axis=1) > 0.2).all()
    # Too high a rate makes weights long and turns them; too low a rate leaves them as they are.
    assert (found.growth[:, 0] > 100).all()
    assert (found.cosine[:, 0] < 0.1).all()
    np.testing.assert_allclose(found.growth[:, -1], 1, atol=1e-6)
    np.testing.assert_allclose(found.cosine[:, -1], 1, atol=1e-6)


def test_a_kept_epsilon_is_seen_at_small_scales_only():
    losses = corrected((1e-3, 1.0, 1e3), seeds=range(2), steps=1).losses
    apart = np.abs(losses / losses[:, :, [1]] - 1).max((0, 1))
    assert apart[0] > 1e-2
    assert apart[2] < 1e-3


def test_only_the_hidden_weights_have_a_rate_of_their_own():
    parameters = [torch.zeros(2, 1, 1), torch.zeros(2, 1, 1)]
    gradients = [torch.ones(2, 1, 1), torch.ones(2, 1, 1)]
    Corrected(0.5, torch.tensor([1.0, 3.0]), hidden=1).step(parameters, gradients)
    assert parameters[0].flatten().tolist() == [-0.5, -4.5]
    assert parameters[1].flatten().tolist() == [-0.5, -0.5]


def test_decades_are_counted_by_seed():
    rows = [
        {"norm": "none", "scale": scale, "seed": seed, "loss": loss}
        for seed, losses in {0: [1, 0.1, 0.1, 0.1], 1: [1, 1, USABLE, np.inf]}.items()
        for scale, loss in zip((0.1, 0.2, 0.5, 1.0), losses, strict=True)
    ]
    assert decades(Table(rows), "none", "loss") == pytest.approx([3 / DECADE, 1 / DECADE])
