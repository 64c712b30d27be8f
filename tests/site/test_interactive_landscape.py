"""The loss along the gradient, in a browser: the numbers given, moved by hand and by keys."""

import re

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from bnlib.figures.interactive.landscape import Landscape
from tests.site.browsing import until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

PARTS = [round(0.01 * k, 2) for k in range(31)]
MOMENTS = [0, 5, 40]


def losses():
    """Another parabola for each network and moment, so that none is mistaken for another."""
    found = {}
    for a, activation in enumerate(("ReLU", "sigmoid")):
        nets = {}
        for b, name in enumerate(("without", "batch norm")):
            middles = [2.5 / (1 + t) + 40 / (1 + 3 * b + a) * (np.array(PARTS) - 0.04) ** 2
                       for t in range(len(MOMENTS))]  # fmt: skip
            nets[name] = [[(f * m).round(4).tolist() for f in (0.8, 1, 1.3)] for m in middles]
        found[activation] = nets
    return found


FIGURES = {"landscape": Landscape(parts=PARTS, moments=MOMENTS, losses=losses(), moment=1)}


def table(hands):
    """Name of a network -> loss now, after the step, lowest, range."""
    rows = hands.driver.find_elements("css selector", ".bn-live tbody tr")
    number = re.compile(r"\d+(?:\.\d+)?")
    return {
        row.find_element("css selector", "th").text: [
            float(number.search(cell.text)[0]) for cell in row.find_elements("css selector", "td")
        ]
        for row in rows
    }


def holds(hands, activation, moment, upto):
    """That the table has the given losses, to its two digits."""
    found = table(hands)
    for name, shown_as in {"without": "without", "batch norm": "batch norm"}.items():
        median = np.array(losses()[activation][name][moment][1])
        met = median[: upto + 1]
        expected = [median[0], median[upto], met.min(), met.max() - met.min()]
        np.testing.assert_allclose(found[shown_as], expected, rtol=0.051, atol=1e-9)


def test_what_a_walk_meets(hands):
    values = losses()["ReLU"]["without"][1][1]
    found = hands.compute("landscape", {"parts": PARTS, "losses": values, "upto": 12})
    met = np.array(values[:13])
    assert found["before"] == values[0]
    assert found["after"] == values[12]
    assert found["lowest"] == met.min()
    assert found["at"] == PARTS[int(met.argmin())] == 0.04
    assert found["range"] == pytest.approx(np.ptp(met))


def test_it_starts_with_the_state_given(hands):
    holds(hands, "ReLU", 1, 10)


def test_keys_choose_the_moment_the_step_and_the_network(hands):
    hands.press(hands.control("Trained for"), Keys.RIGHT)
    assert hands.text(".bn-slider output") == "40 steps"
    holds(hands, "ReLU", 2, 10)
    hands.press(hands.control("Step"), Keys.LEFT, Keys.LEFT, Keys.LEFT)
    holds(hands, "ReLU", 2, 7)
    hands.press(hands.control("ReLU"), Keys.RIGHT)
    holds(hands, "sigmoid", 2, 7)
    until(hands.driver, lambda d: "7 % of the weights" in hands.said())


def test_the_mark_of_the_step_goes_with_the_mouse_a_finger_and_keys(opened):
    def upto():
        return int(hands.control("Step").get_attribute("value"))

    hands = opened("landscape")
    hands.drag("step", 120, 0)
    by_mouse = upto()
    assert by_mouse > 12
    holds(hands, "ReLU", 1, by_mouse)
    hands.press(hands.handle("step"), Keys.LEFT, Keys.DOWN)
    assert upto() == by_mouse - 2
    hands = opened("landscape", width=360, touch=True)
    hands.driver.execute_script("document.querySelector('.bn-live').scrollIntoView()")
    hands.swipe("step", -40, 0)
    assert upto() < 9
    holds(hands, "ReLU", 1, upto())


def test_the_axis_stays_while_training_goes_on(hands):
    """So that curves are seen to fall."""

    def ticks():
        found = hands.driver.find_elements("css selector", ".bn-live svg text.tick")
        return [tick.text for tick in found]

    before = ticks()
    hands.press(hands.control("Trained for"), Keys.END)
    assert ticks() == before
