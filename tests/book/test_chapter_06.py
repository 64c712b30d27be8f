"""Chapter 6: what its text computes by hand, states as a proposition, and says of frameworks.

Its experiments are tested in tests/lab; the build of the book runs its cells.
"""

import re

import numpy as np
import pytest

import bnlib
from tests.book.page import Page

TEXT = Page("06_running").text


# ---------------------------------------------------------------- the page


def test_the_labels_that_exercises_link_to_stand_before_sections():
    names = ["no-batch", "running-momentum", "running-variance", "module", "merging", "precise"]
    assert re.findall(r"^\(sec-([\w-]+)\)=\n## ", TEXT, re.M) == [*names, "folding"]


# ---------------------------------------------------------------- the propositions


@pytest.mark.parametrize("alpha", [0.5, 0.1])
def test_memory_lag_and_noise_of_a_running_average(alpha):
    rng = np.random.default_rng(1)
    means = rng.standard_normal(20)
    running = start = np.array([3.0])
    for mean in means:
        running = bnlib.exponential_average(running, mean[None], alpha)
    weights = alpha * (1 - alpha) ** np.arange(20)[::-1]
    assert running == pytest.approx(weights @ means + (1 - alpha) ** 20 * start)

    rising = np.zeros(1)
    for t in range(300):
        rising = bnlib.exponential_average(rising, np.array([float(t)]), alpha)
    assert 299 - rising[0] == pytest.approx((1 - alpha) / alpha)
    assert (weights**2).sum() == pytest.approx(alpha / (2 - alpha), rel=0.02)


def test_the_variance_of_correlated_values():
    """E[s^2] = sigma^2 (m - 1)/m (1 - mean correlation), from the covariance itself."""
    rng = np.random.default_rng(2)
    m = 5
    factor = rng.standard_normal((m, 8))
    factor /= np.linalg.norm(factor, axis=1, keepdims=True)
    covariance = 4.0 * factor @ factor.T  # variance 4 each, correlations of all sizes
    correlation = (covariance.sum() - np.trace(covariance)) / (4 * m * (m - 1))
    centring = np.eye(m) - 1 / m
    expected = np.trace(centring @ covariance) / m
    assert expected == pytest.approx(4 * (m - 1) / m * (1 - correlation))


def test_the_parts_worked_by_hand():
    a, b = np.array([[1.0], [2.0], [3.0]]), np.array([[6.0]])
    n, mean, var = bnlib.merge_stats(bnlib.batch_stats(a), bnlib.batch_stats(b))
    assert (n, mean[0], var[0]) == (4, 3, pytest.approx(3.5))
    assert "= 3.5$" in TEXT


def test_pytorch_averages_in_the_convention_that_the_text_names():
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm1d(2, momentum=None)
    default = torch.nn.BatchNorm1d(2)
    assert default.momentum == 0.1
    batches = torch.randn(3, 5, 2, generator=torch.Generator().manual_seed(0))
    for batch in batches:
        layer(batch)
        default(batch)
    torch.testing.assert_close(layer.running_mean, batches.mean(dim=(0, 1)))
    torch.testing.assert_close(layer.running_var, batches.var(dim=1, correction=1).mean(0))
    weights = torch.tensor([0.081, 0.09, 0.1])
    torch.testing.assert_close(default.running_mean, weights @ batches.mean(1))
