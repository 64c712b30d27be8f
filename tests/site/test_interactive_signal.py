"""The signal through fifty layers, in a browser: against NumPy, and moved by keys and by hand."""

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from bnlib.figures.interactive.signal import Signal
from bnlib.lab.forward import through_layers

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


FIGURES = {"signal": Signal()}


def cells(hands):
    """The table: name of a row -> its two values as they are shown."""
    rows = hands.driver.find_elements("css selector", ".bn-live tbody tr")
    return {row.text.rsplit(maxsplit=2)[0]: row.text.rsplit(maxsplit=2)[1:] for row in rows}


def shown_as(value):
    """A number as the table shows it: two digits, with a power of ten where far from 1."""
    if 0.001 <= value < 1000:
        return f"{float(f'{value:.2g}'):g}"
    digits, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{digits}·10{raised}"


STATES = [("linear", 0.9, 1), ("linear", 1.41, 2), ("tanh", 1.58, 3), ("ReLU", 1.0, 1)]


@pytest.mark.parametrize(("activation", "gain", "seed"), STATES)
def test_every_layer_agrees_with_numpy(hands, activation, gain, seed):
    state = {"activation": activation, "gain": gain, "seed": seed}
    found = hands.compute("signal", state)
    for name, normalized in {"without": False, "withNorm": True}.items():
        expected = through_layers(normalized=normalized, **state)
        # Fifty layers enlarge what two processors round differently.
        np.testing.assert_allclose(found[name]["std"], expected.std, rtol=1e-6)
        np.testing.assert_allclose(found[name]["stuck"], expected.stuck, atol=1e-9)


def test_arrow_keys_on_the_slider_change_the_weights_and_the_table(hands):
    slider = hands.control("Weights' deviation")
    hands.press(slider, *[Keys.RIGHT] * 6)
    assert hands.text("output") == "1.41 / √n"
    expected = [through_layers("ReLU", 1.41, 1, bn).std[-1] for bn in (False, True)]
    assert cells(hands)["std"] == [shown_as(v) for v in expected]
    assert "standard deviation" in hands.said()
    hands.press(slider, Keys.HOME)
    assert hands.text("output") == "0.71 / √n"


def test_arrow_keys_on_the_activations_choose_one(hands):
    relu = hands.control("ReLU")
    assert relu.is_selected()
    hands.press(relu, Keys.LEFT)
    assert hands.control("tanh").is_selected()
    expected = [through_layers("tanh", 1.0, 1, bn) for bn in (False, True)]
    table = cells(hands)
    assert table["std"] == [shown_as(run.std[-1]) for run in expected]
    assert table["saturated (%)"] == [f"{100 * run.stuck[-1]:.0f}" for run in expected]


def test_other_random_numbers_and_back(hands):
    first = cells(hands)
    other, reset = hands.driver.find_elements("css selector", ".bn-live button")
    other.click()
    expected = [through_layers("ReLU", 1.0, 2, bn).std[-1] for bn in (False, True)]
    assert cells(hands)["std"] == [shown_as(v) for v in expected]
    assert cells(hands) != first
    reset.click()
    assert cells(hands) == first


def test_a_finger_on_a_telephone(opened):
    hands = opened("signal", width=360, touch=True)
    hands.tap(hands.control("linear"))
    assert hands.control("linear").is_selected()
    assert cells(hands)["stuck (%)"] == ["0", "0"]
