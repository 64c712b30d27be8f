"""The backward pass as a projection, in a browser: against bnlib, and turned by hand."""

import re

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from bnlib import batch_norm, batch_norm_backward
from bnlib.figures.interactive.projection import Projection
from tests.site.browsing import until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


FIGURES = {"projection": Projection()}


def backward(x, dy, eps):
    """dx of bnlib, with the gamma that makes gamma / sqrt(var + eps) one."""
    x, dy = np.array(x)[:, None], np.array(dy)[:, None]
    gamma = np.sqrt(x.var(0) + eps)
    _, cache = batch_norm(x, gamma, np.zeros(1), eps)
    return batch_norm_backward(dy, cache)[0][:, 0], cache.xhat[:, 0]


def table(hands):
    """Name of a row -> dy of the three examples and the products with 1 and with xhat."""
    rows = hands.driver.find_elements("css selector", ".bn-live tbody tr")
    number = re.compile(r"[−]?\d+\.\d+")
    found = {}
    for row in rows:
        name = row.find_element("css selector", "th").text
        found[name] = [float(n.replace("−", "-")) for n in number.findall(row.text)]
    return found


def place(hands):
    """Where the tip of dy is, in pixels."""
    moved = hands.handle("dy").get_attribute("transform")
    return np.array([float(n) for n in re.findall(r"[-\d.]+", moved)])


@pytest.mark.parametrize("eps", [1e-5, 0.3, 5])
def test_dx_is_that_of_bnlib(hands, eps):
    rng = np.random.default_rng(5)
    for n in (3, 3, 6):
        x, dy = rng.normal(4, 2, n).tolist(), rng.standard_normal(n).tolist()
        found = hands.compute("projection", {"x": x, "dy": dy, "eps": eps})
        dx, xhat = backward(x, dy, eps)
        np.testing.assert_allclose(found["dx"], dx, atol=1e-12)
        np.testing.assert_allclose(found["xhat"], xhat, atol=1e-12)
        parts = np.array([found[k] for k in ("alongOne", "alongXhat", "dx")])
        np.testing.assert_allclose(parts.sum(0), dy, atol=1e-12)


def test_the_directions_are_at_right_angles_and_of_length_one(hands):
    axes = np.array(hands.compute("projection", [1.0, 2.0, 6.0], "directions"))
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(axes[0], 3**-0.5)
    np.testing.assert_allclose(axes[1] @ np.array([1, 2, 6]), np.std([1, 2, 6]) * 3**0.5)


def held(hands, eps=1e-5):
    """That the table is bnlib's answer to the dy in it."""
    shown_now = table(hands)
    dy = shown_now["dy"][:3]
    dx, xhat = backward([1.0, 2.0, 6.0], dy, eps)
    np.testing.assert_allclose(shown_now["dx"][:3], dx, atol=0.0051)
    np.testing.assert_allclose(shown_now["dx"][3:], [dx.sum(), dx @ xhat], atol=0.0051)
    return np.array(dy)


def test_the_tip_follows_the_mouse_and_dx_keeps_no_part_in_the_plane(hands):
    before, dy = place(hands), held(hands)
    hands.drag("dy", -60, 25)
    np.testing.assert_allclose(place(hands) - before, [-60, 25], atol=5)
    assert np.abs(held(hands) - dy).max() > 0.2
    assert table(hands)["dx"][3:] == [0, 0]
    until(hands.driver, lambda d: "with 1, 0.00" in hands.said())


def test_the_tip_follows_a_finger(opened):
    hands = opened("projection", width=360, touch=True)
    hands.driver.execute_script("document.querySelector('.bn-live').scrollIntoView()")
    before = place(hands)
    hands.swipe("dy", -30, 20)
    # The last move of a finger arrives with the next picture.
    until(hands.driver, lambda d: np.allclose(place(hands) - before, [-30, 20], atol=5))
    held(hands)


def test_arrow_keys_move_the_tip_across_the_screen(hands):
    before = place(hands)
    hands.press(hands.handle("dy"), *[Keys.LEFT] * 4)
    moved = place(hands) - before
    assert moved[0] < -10
    assert abs(moved[1]) < 3
    held(hands)


def test_the_view_turns_and_the_numbers_stay(hands):
    before, numbers = place(hands), table(hands)
    hands.press(hands.control("Turn the view"), *[Keys.RIGHT] * 5)
    assert np.abs(place(hands) - before).max() > 10
    assert table(hands) == numbers


@pytest.mark.parametrize("name", ["1", "x̂"])
def test_nothing_is_left_of_what_lies_in_the_plane(hands, name):
    (button,) = [
        b
        for b in hands.driver.find_elements("css selector", ".bn-live button")
        if b.text == f"Put dy along {name}"
    ]
    button.click()
    found = table(hands)
    assert np.abs(found["dy"][:3]).max() > 0.5
    np.testing.assert_allclose(found["dx"], 0, atol=0.011)


def test_a_large_epsilon_leaves_a_part_along_xhat(hands):
    hands.press(hands.control("10⁻⁵"), Keys.RIGHT, Keys.RIGHT)
    assert hands.control("ε = 5").is_selected()
    held(hands, eps=5)
    assert table(hands)["dx"][3] == 0
    assert table(hands)["dx"][4] > 0.1
