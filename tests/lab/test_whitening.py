"""Chapter 2's experiments: what is counted, and what is left in hidden layers."""

import numpy as np
import pytest

import bnlib
from bnlib.lab import whitening as lab
from bnlib.lab.datasets import digits
from bnlib.lab.layers import BatchNorm
from bnlib.lab.nets import MLP, first_weights


@pytest.fixture
def x():
    rng = np.random.default_rng(0)
    return rng.standard_normal((60, 7)) @ rng.standard_normal((7, 7)) + 3


def test_what_is_counted_is_what_the_library_computes(x):
    np.testing.assert_allclose(lab.standardize(x), bnlib.standardize(x), atol=1e-12)
    np.testing.assert_allclose(lab.newton(x, 5), bnlib.newton_whiten(x, 5)[0], atol=1e-12)
    np.testing.assert_allclose(lab.cholesky(x), bnlib.cholesky_whiten(x)[0], atol=1e-9)


def test_a_product_counts_all_its_multiplications(x):
    w = np.ones((7, 5))
    assert lab.multiplications(lambda a: a @ w, x) == 60 * 7 * 5
    assert lab.multiplications(lambda a, b: a @ b, x.T.copy(), x) == 7 * 60 * 7
    assert lab.multiplications(lambda a: a + a, x) == 0
    assert lab.multiplications(lambda a: 3 * a / 2, x) == 2 * 60 * 7


def test_counting_changes_no_number(x):
    seen = []
    lab.multiplications(lambda a: seen.append(np.array(lab.newton(a))), x)
    np.testing.assert_array_equal(seen[0], lab.newton(x))


def test_counts_grow_with_the_powers_that_the_table_gives():
    rows, d = 64, np.array([64, 128])
    found = lab.counts(d, rows)
    np.testing.assert_array_equal(found["the layer itself"], rows * d**2)
    np.testing.assert_allclose(found["standardizing"], 2 * rows * d, rtol=0.05)
    newton = 2 * rows * d**2 + 15 * d**3
    np.testing.assert_allclose(found["whitening, 5 Newton steps"], newton, rtol=0.05)
    # Half of a third of D^3 for the factor, as much for its inverse.
    cholesky = 2 * rows * d**2 + d**3 / 3
    np.testing.assert_allclose(found["whitening, Cholesky"], cholesky, rtol=0.05)


def test_a_layer_of_copies_has_one_direction_and_a_white_one_all():
    rng = np.random.default_rng(1)
    one = rng.standard_normal((500, 1))
    copies = one * np.arange(1, 6) + 1e-9 * rng.standard_normal((500, 5))
    white = bnlib.pca_whiten(rng.standard_normal((500, 5)), 1e-12)[0]
    found = lab.left([copies[None], white[None]])
    np.testing.assert_allclose(found.directions[0], [1, 5], atol=1e-6)
    np.testing.assert_allclose(found.correlation[0], [1, 0], atol=1e-6)
    np.testing.assert_allclose(found.largest[0], [1, 0.2], atol=1e-6)


def test_seeds_and_layers_are_not_mixed_up():
    rng = np.random.default_rng(2)
    mixed = rng.standard_normal((2, 400, 4))
    mixed[1, :, 1] += 5 * mixed[1, :, 0]
    found = lab.left([rng.standard_normal((2, 400, 4)), mixed])
    assert found.values.shape == (2, 2, 4)
    assert found.correlation.argmax() == 3  # seed 1, layer 1
    assert (np.diff(found.values, axis=-1) <= 0).all()


def test_the_sums_are_what_batch_norm_receives():
    data = digits()
    model = MLP(first_weights(range(2), (64, 8, 8, 10)), BatchNorm)
    seen = lab.sums(model, data.x_train[:50])
    hidden = model.hidden(data.x_train[None, :50], True)
    for z, h in zip(seen, hidden, strict=True):
        xhat = (z - z.mean(1, keepdims=True)) / np.sqrt(z.var(1, keepdims=True) + 1e-5)
        np.testing.assert_allclose(np.maximum(xhat, 0), h.detach().numpy(), atol=1e-4)


def test_hidden_layers_with_batch_norm_are_not_white():
    before, after = lab.in_training(digits(), range(2), steps=30)
    assert before.values.shape == after.values.shape == (2, 3, 100)
    assert after.directions.max() < 50
    assert not np.allclose(before.values, after.values)
