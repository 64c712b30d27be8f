"""Small batches, in a browser: against bnlib and against theory, and chosen by keys and by hand."""

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from bnlib import batch_norm
from bnlib.figures.interactive.batch_noise import BATCHES, SIZES, BatchNoise
from bnlib.lab.draws import normals
from tests.site.browsing import until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


FIGURES = {"batch_noise": BatchNoise()}


def table(hands):
    """Measured and theory of the three rows."""
    rows = hands.driver.find_elements("css selector", ".bn-live tbody tr")
    return [[float(n) for n in row.text.split()[-2:]] for row in rows]


def theory(n):
    return [n**-0.5, np.sqrt(2 * (n - 1)) / n, (n - 1) / n]


def measured(n, seed):
    batches = normals(1000 * seed + n, BATCHES, n)
    return [batches.mean(1).std(), batches.var(1).std(), batches.var(1).mean()]


@pytest.mark.parametrize(("n", "eps"), [(2, 1e-5), (2, 1.0), (3, 0.1), (16, 1e-5)])
def test_the_batches_are_normalized_as_by_bnlib(hands, n, eps):
    found = hands.compute("batch_noise", {"n": n, "eps": eps, "seed": 4})
    batches = normals(4000 + n, BATCHES, n)
    np.testing.assert_allclose(found["means"], batches.mean(1), atol=1e-12)
    np.testing.assert_allclose(found["variances"], batches.var(1), atol=1e-12)
    y, _ = batch_norm(batches.T, np.ones(BATCHES), np.zeros(BATCHES), eps)
    shares, _ = np.histogram(y, np.linspace(-3, 3, 49))
    np.testing.assert_allclose(found["shares"], shares / y.size, atol=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_spread_is_that_of_theory_within_what_400_batches_allow(hands, seed):
    for n in (2, 8, 64):
        found = hands.compute("batch_noise", {"n": n, "eps": 1e-5, "seed": seed})
        mean, variance, average = theory(n)
        # Relative standard error of a deviation from its kurtosis k: sqrt((k - 1) / 4 B).
        kurtosis = 3 + 12 / (n - 1)
        for value, expected, k in (
            (found["spreadMean"], mean, 3),
            (found["spreadVariance"], variance, kurtosis),
        ):
            assert abs(value / expected - 1) < 4 * np.sqrt((k - 1) / (4 * BATCHES))
        assert abs(found["averageVariance"] - average) < 4 * variance / np.sqrt(BATCHES)


def test_keys_choose_the_size_and_the_table_says_what_was_measured(hands):
    slider = hands.control("Rows in a batch")
    for presses in (0, 1, 4):
        hands.press(slider, *[Keys.RIGHT] * presses)
        n = int(hands.text("output"))
        expected = np.transpose([measured(n, 1), theory(n)])
        np.testing.assert_allclose(table(hands), expected, atol=0.00051)
    assert n == SIZES[5]
    until(hands.driver, lambda d: f"Batches of {n}" in hands.said())


def test_two_rows_come_out_as_plus_and_minus_one_unless_epsilon_is_large(hands):
    def tall():
        """The bars that are taller than the axis, each with its arrowhead."""
        return len(hands.driver.find_elements("css selector", "svg path.mark.s0[transform]"))

    spikes = tall()
    hands.press(hands.control("10⁻⁵"), Keys.RIGHT, Keys.RIGHT)
    assert tall() == spikes - 2


def test_drawn_again_and_reset(hands):
    again, reset = hands.driver.find_elements("css selector", ".bn-live button")
    first = table(hands)
    again.click()
    np.testing.assert_allclose(np.array(table(hands))[:, 0], measured(2, 2), atol=0.00051)
    assert table(hands) != first
    reset.click()
    assert table(hands) == first


def test_a_finger_on_a_telephone(opened):
    hands = opened("batch_noise", width=360, touch=True)
    hands.tap(hands.control("Rows in a batch"), 1)
    assert hands.text("output") == "256"
