"""Chapter 6, statistics alone: what is measured is what theory gives."""

import numpy as np
import pytest

from bnlib.lab import running as lab
from bnlib.lab.paired import estimate


def test_the_variance_of_independent_values_is_short_by_one_part_in_m():
    found = lab.independent(range(6), sizes=(2, 4, 8), draws=100_000)
    assert found.theory.tolist() == [0.5, 0.75, 0.875]
    for k, theory in enumerate(found.theory):
        assert estimate(found.biased[:, k]).mean == pytest.approx(theory, rel=0.005)
        assert estimate(found.bessel[:, k]).mean == pytest.approx(1, rel=0.005)


@pytest.mark.parametrize("layer", [1, 3])
def test_the_variance_of_images_is_short_by_what_their_positions_share(layer):
    found = lab.images(range(3), layer, sizes=(1, 2, 4))
    np.testing.assert_allclose(found.biased, found.theory, rtol=0.03)
    # Bessel's factor counts all the positions of all the images.
    positions = lab.channels(0, layer).shape[2]
    count = np.array(found.sizes) * positions
    np.testing.assert_allclose(found.bessel / found.biased, [count / (count - 1)] * 3)
    assert positions == (8 - 2 * layer) ** 2


def test_bessel_is_not_enough_in_a_deep_layer_and_in_smooth_noise():
    deep, noise = lab.images(range(3), 3, sizes=(1, 2)), lab.smooth_noise(range(3), sizes=(1, 2))
    assert deep.bessel.max() < 0.98
    assert noise.bessel.max() < 0.97


def test_smooth_noise_has_the_variance_that_its_correlations_give():
    found = lab.smooth_noise(range(6), sizes=(1, 4), draws=3000)
    np.testing.assert_allclose(found.biased.mean(0), found.theory, rtol=0.01)
    # One row of pixels: the mean of the correlations 1, 2/3, 1/3 over all pairs of six.
    row = (6 + 2 * (5 * 2 / 3 + 4 * 1 / 3)) / 36
    assert found.theory[0] == pytest.approx(1 - row**2)


def test_what_images_share_at_its_limits():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((4000, 3, 10))
    np.testing.assert_allclose(lab.shared(noise), 0.1, atol=0.01)
    np.testing.assert_allclose(lab.shared(np.repeat(noise[:, :, :1], 10, axis=2)), 1)
    balanced = np.concatenate([noise, -noise], axis=2)  # every image has the mean 0
    np.testing.assert_allclose(lab.shared(balanced), 0, atol=1e-12)


def test_the_mean_deviation_of_two_and_of_many_values():
    # Of two values it is E|x1 - x2| / 2 = 1 / sqrt(pi).
    assert lab.expected_deviation(2) == pytest.approx(np.pi**-0.5)
    assert lab.expected_deviation(1000) == pytest.approx(1 - 3 / 4000, abs=1e-6)


def test_the_distance_of_the_two_modes_is_that_of_the_formula():
    measured, theory = lab.distance_of_modes((2, 8, 64))
    np.testing.assert_allclose(measured, theory, rtol=0.01)
    assert lab.distance_of_modes((256,))[1][0] == pytest.approx((1.5 / 256) ** 0.5, rel=0.01)


def test_devices_merge_exactly_and_averages_leave_out_what_is_between():
    rng = np.random.default_rng(1)
    parts = [rng.normal(mean, 2.0, n) for mean, n in ((0, 5), (3, 7), (-40, 2))]
    found = lab.on_devices(parts)
    assert found.true == pytest.approx(np.concatenate(parts).var())
    assert found.merged == pytest.approx(found.true, rel=1e-13)
    assert found.averaged < 0.1 * found.true
