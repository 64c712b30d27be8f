"""Scale invariance and weight decay: the statements of chapter 8, to rounding."""

import numpy as np
import pytest
import torch

from bnlib.lab.nets import MLP
from bnlib.lab.scale_invariance import Decayed, apart, exact_network, scale_hidden, train_scaled
from bnlib.lab.tables import Table
from bnlib.lab.weight_decay import WIDTHS, share_lost, trained


@pytest.mark.parametrize("a", [100.0, 0.01])
def test_a_factor_on_the_weights_leaves_the_loss_and_divides_the_gradient(a):
    scaled = scale_hidden((0, 1, 2), a)
    np.testing.assert_allclose(scaled.loss, 0, atol=1e-13)
    np.testing.assert_allclose(scaled.gradient, 1, rtol=1e-12)
    np.testing.assert_allclose(scaled.cosine, 0, atol=1e-15)


def test_with_epsilon_none_of_it_is_exact():
    scaled = scale_hidden((0, 1, 2), 0.01, eps=1e-5)
    assert (np.abs(scaled.loss) > 1e-3).all()
    assert (np.abs(scaled.gradient - 1) > 1e-2).all()
    assert (scaled.cosine > 1e-8).all()


def test_weight_decay_is_a_growing_rate():
    decay, growing = (train_scaled((0, 1), 0.02, instead, steps=150) for instead in (False, True))
    assert apart(decay, growing) < 1e-12
    np.testing.assert_allclose(decay.losses, growing.losses, atol=1e-12)
    np.testing.assert_allclose(decay.turns, growing.turns, rtol=1e-7)
    # The lengths differ by alpha^t, exactly.
    alpha = (1 - 0.3 * 0.02) ** np.arange(151)
    np.testing.assert_allclose(decay.lengths, growing.lengths * alpha[:, None], rtol=1e-12)


class OneLess(Decayed):
    """The rates of a step before: an error of one in the exponent."""

    def hidden_rates(self):
        return super().hidden_rates() * self.shrink


def test_an_exponent_that_is_one_off_would_be_seen(monkeypatch):
    decay = train_scaled((0,), 0.02, steps=50)
    monkeypatch.setattr("bnlib.lab.scale_invariance.Decayed", OneLess)
    assert apart(decay, train_scaled((0,), 0.02, True, steps=50)) > 1e-5


def test_decay_matters_without_its_stand_in():
    assert apart(train_scaled((0,), 0.02, steps=50), train_scaled((0,), 0.0, steps=50)) > 1e-3


def test_without_decay_no_step_shortens_the_weights():
    lengths = train_scaled((0, 1), 0.0, steps=50).lengths
    assert (np.diff(lengths, axis=0) > 0).all()


def test_with_momentum_the_base_is_a_root_of_a_quadratic():
    """Heavy ball with decay against heavy ball with growing rates, on L(w) = a'w / |w|."""
    rng = np.random.default_rng(0)
    a, w = rng.standard_normal((2, 6))
    rate, decay, momentum, steps = 0.05, 0.01, 0.9, 100

    def gradient(w):
        u = w / np.linalg.norm(w)
        return (a - u * (u @ a)) / np.linalg.norm(w)

    b = 1 + momentum - rate * decay
    alpha = (b + np.sqrt(b * b - 4 * momentum)) / 2
    decayed, velocity = w.copy(), np.zeros(6)
    other, moved = w.copy(), (1 - alpha) * w
    for t in range(steps):
        velocity = momentum * velocity + gradient(decayed) + decay * decayed
        decayed = decayed - rate * velocity
        moved = momentum / alpha**2 * moved - rate * alpha ** -(2 * t + 1) * gradient(other)
        other = other + moved
        np.testing.assert_allclose(
            decayed / np.linalg.norm(decayed), other / np.linalg.norm(other), atol=1e-12
        )
    np.testing.assert_allclose(decayed, alpha**steps * other, rtol=1e-9)


def test_only_hidden_weights_decay():
    model = exact_network((0,))
    before = [p.detach().clone() for p in model.parameters()]
    one = torch.ones(1, dtype=torch.float64)
    zeros = [torch.zeros_like(p) for p in before]
    with torch.no_grad():
        Decayed(0.5 * one, 0.1 * one, 2, one.bool() & False).step(model.parameters(), zeros)
    for at, (p, old) in enumerate(zip(model.parameters(), before, strict=True)):
        torch.testing.assert_close(p.detach(), old * (0.95 if at < 2 else 1.0))


def test_the_default_type_is_put_back():
    exact_network((0,))
    assert torch.get_default_dtype() == torch.float32
    assert exact_network((0,)).biases[0].dtype == torch.float64


def test_trained_networks_stand_seed_by_seed():
    model, loss = trained((0, 1), [(0.1, 0.0, False), (0.1, 0.01, False)], 500, 110)
    assert isinstance(model, MLP)
    assert loss.shape == (4,)
    lengths = model.weights[0].detach().norm(dim=(1, 2)).view(2, 2)
    assert model.weights[0].shape == (4, *WIDTHS[:2])
    assert (lengths[:, 1] < 0.95 * lengths[:, 0]).all()


def test_the_share_that_is_lost():
    accuracies = {"none": 0.5, "decay": 0.6, "growing rates": 0.58}
    rows = [{"rows": 1, "condition": c, "accuracy": a} for c, a in accuracies.items()]
    assert share_lost(Table(rows), 1) == pytest.approx([0.2])
