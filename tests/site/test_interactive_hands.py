"""Four figures under the hand: mouse, finger and keys, and the numbers of bnlib behind them."""

import numpy as np
import pytest

import bnlib
from bnlib.figures.interactive.batch import Batch
from bnlib.figures.interactive.running import Running
from bnlib.figures.interactive.sets import NORMS, Sets
from bnlib.figures.interactive.whitening import Whitening
from tests.site.interactive import ARROWS

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

FIGURES = {kind.name: kind() for kind in (Batch, Sets, Whitening, Running)}
CLOSE = 1e-6


def number(text):
    return float(text.replace("\u2212", "-"))


def cells(hands, row):
    """The numbers of a row of the table, by its head."""
    return hands.driver.execute_script(
        "const row = [...document.querySelectorAll('.bn-live tr')].find("
        "r => r.querySelector('th')?.textContent === arguments[0]);"
        "return [...row.querySelectorAll('td')].map(c => c.textContent)",
        row,
    )


# ---------------------------------------------------------------- a batch


@pytest.mark.parametrize("eps", [1e-5, 0.5, 1e4])
def test_the_batch_is_normalized_as_by_bnlib(opened, eps):
    rng = np.random.default_rng(4)
    hands = opened("batch")
    for size in (2, 4, 7):
        x = rng.uniform(0, 200, size)
        state = {"x": x.tolist(), "gamma": -1.7, "beta": 0.6, "eps": eps}
        found = hands.compute("batch", state)
        y, cache = bnlib.batch_norm(x[:, None], np.array([-1.7]), np.array([0.6]), eps)
        assert np.allclose(found["y"], y[:, 0], rtol=0, atol=CLOSE)
        assert np.allclose(found["xhat"], cache.xhat[:, 0], rtol=0, atol=CLOSE)
        assert found["mean"] == pytest.approx(x.mean(), rel=1e-12)
        assert found["variance"] == pytest.approx(x.var(), rel=1e-12)


def test_an_input_is_dragged_by_the_mouse(opened):
    hands = opened("batch")
    hands.drag("x2", 0, 60)
    value = number(cells(hands, "C")[0])
    assert 110 < value < 140  # 60 pixels of 246 that stand for 200
    assert number(cells(hands, "mean")[0]) == pytest.approx((90 + 30 + value + 110) / 4, abs=0.01)
    assert [cells(hands, row)[1] for row in ("mean", "std")] == ["0.00", "1.00"]
    assert f"C: input {value:.0f}," in hands.said()


def test_an_input_is_dragged_by_a_finger(opened):
    hands = opened("batch", width=360, touch=True)
    hands.swipe("x1", 0, -60)
    assert 50 < number(cells(hands, "B")[0]) < 90
    assert hands.driver.execute_script("return scrollY") == 0
    # The page might have scrolled on a slower day: the figure keeps the touch to itself.
    kept = (
        "const e = new Event('touchstart', {bubbles: true, cancelable: true});"
        "arguments[0].dispatchEvent(e); return e.defaultPrevented"
    )
    assert hands.driver.execute_script(
        kept, hands.handle("x1").find_element("css selector", ".hit")
    )


def test_an_input_is_moved_by_arrow_keys_and_stays_on_its_scale(opened):
    hands = opened("batch")
    hands.press(hands.handle("x0"), ARROWS["up"], ARROWS["right"], ARROWS["down"], ARROWS["up"])
    assert cells(hands, "A")[0] == "94"
    hands.press(hands.handle("x1"), *[ARROWS["down"]] * 20)
    assert cells(hands, "B")[0] == "0"
    assert hands.handle("x1").get_attribute("aria-valuenow") == "0"


def test_gamma_and_beta_set_spread_and_mean_of_the_output(opened):
    hands = opened("batch")
    hands.slide("γ", "-1.5")
    hands.slide("β", "2.5")
    assert [cells(hands, row)[2] for row in ("mean", "std")] == ["2.50", "1.50"]
    hands.slide("ε", "4")
    assert number(cells(hands, "std")[1]) == pytest.approx((2500 / 12500) ** 0.5, abs=0.005)


# ---------------------------------------------------------------- which values share a mean


@pytest.mark.parametrize("norm", NORMS)
def test_a_block_is_normalized_as_by_bnlib(opened, norm):
    x = np.random.default_rng(7).normal(1, 2, (2, 6, 3, 2))
    ones, zeros, eps = np.ones(6), np.zeros(6), 1e-3
    state = {"x": x.tolist(), "norm": norm, "cell": [1, 4, 2, 0], "groups": 3, "eps": eps}
    found = opened("sets").compute("sets", state)
    if norm == "group":
        expected = bnlib.group_norm(x, ones, zeros, 3, eps)[0]
    elif norm == "rms":
        expected = bnlib.rms_norm(x.reshape(2, -1), np.ones(36), eps)[0].reshape(x.shape)
    else:
        axes = {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}[norm]
        expected = bnlib.normalize(x, axes, eps)[0]
    assert np.abs(np.array(found["xhat"]) - expected).max() < CLOSE
    assert found["after"] == pytest.approx(expected[1, 4, 2, 0], abs=CLOSE)
    members = np.array(found["members"])
    assert members[1, 4]
    assert found["count"] == members.sum() * 6
    assert found["sets"] * found["count"] == x.size
    kept = Sets(**state).members()
    assert (kept == members).all()


def test_a_cell_is_chosen_by_pointing_at_it_and_its_set_is_dark(opened):
    hands = opened("sets")
    dark = "return document.querySelectorAll('.cell.in').length"
    assert hands.driver.execute_script(dark) == 12
    from selenium.webdriver.common.action_chains import ActionChains

    last = hands.driver.find_elements("css selector", ".bn-plot .cell")[-1]
    ActionChains(hands.driver, duration=20).move_to_element(last).perform()
    assert cells(hands, "shared by") == ["channel 3 of all examples"]
    for choice, count in {"layer": 16, "instance": 4, "group": 8, "rms": 16}.items():
        hands.driver.execute_script(
            "document.querySelector(`.bn-live input[value=${arguments[0]}]`).click()", choice
        )
        assert hands.driver.execute_script(dark) == count
    assert cells(hands, "mean μ") == ["none is taken"]


def test_a_cell_is_chosen_by_a_touch(opened):
    hands = opened("sets", width=360, touch=True)
    box = hands.driver.execute_script(
        "const b = document.querySelector('.bn-plot .cell').getBoundingClientRect();"
        "return [b.x + b.width / 2, b.y + b.height / 2]"
    )
    point = [{"x": box[0], "y": box[1]}]
    for kind, points in (("touchStart", point), ("touchEnd", [])):
        hands.driver.execute_cdp_cmd(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )
    hands.wait(".bn-live [aria-valuetext^='example 0, channel 0, position 0, 0']")


def test_a_cell_is_chosen_by_arrow_keys(opened):
    hands = opened("sets")
    hands.press(hands.handle("cell"), ARROWS["right"], ARROWS["up"])
    said = hands.handle("cell").get_attribute("aria-valuetext")
    assert said.startswith("example 0, channel 2, position 1, 0.")
    assert "channel 2 of all examples: 12 values, mean" in hands.said()


# ---------------------------------------------------------------- whitening


def test_clouds_are_whitened_as_by_bnlib(opened):
    hands = opened("whitening")
    rng = np.random.default_rng(5)
    methods = {
        "standardized": bnlib.standardize,
        "pca": lambda x, eps: bnlib.pca_whiten(x, eps)[0],
        "zca": lambda x, eps: bnlib.zca_whiten(x, eps)[0],
        "cholesky": lambda x, eps: bnlib.cholesky_whiten(x, eps)[0],
    }
    for mix in ([[1, 0], [0.3, 2]], [[4, 1], [1, 3]], [[2, -3], [1, 0.5]], [[1, 0], [0, 0.1]]):
        x = rng.standard_normal((50, 2)) @ np.array(mix, float) + [170, 70]
        for eps in (1e-5, 0.3):
            found = hands.compute("whitening", {"x": x.tolist(), "eps": eps})
            assert set(found) == set(methods)
            for name, method in methods.items():
                assert np.abs(np.array(found[name]) - method(x, eps)).max() < CLOSE, (name, mix)


def test_the_cloud_of_the_browser_is_the_pictures(opened):
    state = {**Whitening().state, "axis": [6.0, -8.0], "across": 3.0, "centre": [160.0, 60.0]}
    found = opened("whitening").compute("whitening", state, "cloud")
    assert np.abs(np.array(found) - Whitening(**state).cloud()).max() < CLOSE


def test_the_axes_of_the_cloud_are_dragged(opened):
    for how in ({"width": 1280}, {"width": 360, "touch": True}):
        hands = opened("whitening", **how)
        pull = hands.swipe if how.get("touch") else hands.drag
        before = cells(hands, "given")
        pull("axis", -110, 10)  # to the other side: the cloud now leans to the left
        after = cells(hands, "given")
        assert number(before[2]) > 0 > number(after[2]), how
        assert number(cells(hands, "standardized")[2]) < 0
        for name in ("PCA", "ZCA", "Cholesky"):
            assert [number(v) for v in cells(hands, name)] == [1, 1, 0]


def test_the_cloud_is_moved_and_stretched_by_keys(opened):
    hands = opened("whitening")
    before = [cells(hands, row) for row in ("given", "standardized")]
    hands.press(hands.handle("centre"), ARROWS["right"], ARROWS["up"])
    assert hands.handle("centre").get_attribute("aria-valuetext") == "171 centimetres, 71 kilograms"
    assert [cells(hands, row) for row in ("given", "standardized")] == before
    hands.press(hands.handle("across"), *[ARROWS["left"]] * 4)
    assert number(cells(hands, "standardized")[2]) < number(before[1][2])


# ---------------------------------------------------------------- running statistics


@pytest.mark.parametrize(("momentum", "drift"), [(0.1, 0.08), (0.37, 0.2), (1.0, 0.0)])
def test_running_statistics_are_those_of_bnlib(opened, momentum, drift):
    state = {**Running().state, "momentum": momentum, "drift": drift}
    found = opened("running").compute("running", state)
    assert np.shape(found["rows"]) == (120, 8)
    running = np.zeros(1), np.ones(1)
    for t, rows in enumerate(found["rows"]):
        x = np.array(rows)[:, None]
        running = bnlib.update_running(*running, x, momentum)
        assert found["runningMean"][t] == pytest.approx(running[0][0], abs=CLOSE)
        assert found["runningVariance"][t] == pytest.approx(running[1][0], abs=CLOSE)
        assert found["batchMean"][t] == pytest.approx(x.mean(), abs=CLOSE)
        assert found["batchVariance"][t] == pytest.approx(x.var(ddof=1), abs=CLOSE)


def test_the_rows_have_the_mean_and_the_variance_that_are_called_true(opened):
    state = {**Running().state, "size": 20_000, "batches": 100, "drift": 0.1}
    found = opened("running").compute("running", {**state, "momentum": 1.0})
    std = np.sqrt(found["truth"]["variance"])
    off = (np.array(found["batchMean"]) - found["truth"]["mean"]) / std * np.sqrt(20_000)
    assert np.abs(off).max() < 5
    assert off.std() == pytest.approx(1, abs=0.3)
    assert np.allclose(np.array(found["batchVariance"]) / std**2, 1, atol=0.06)
    assert found["truth"]["mean"][29] == 0
    assert found["truth"]["mean"][99] == pytest.approx(5)


def test_the_batch_that_is_read_is_dragged(opened):
    for how in ({"width": 1280}, {"width": 360, "touch": True}):
        hands = opened("running", **how)
        pull = hands.swipe if how.get("touch") else hands.drag
        pull("at", 40, 0)
        at = int(hands.handle("at").get_attribute("aria-valuenow"))
        assert 63 < at < 95, how
        true = hands.compute("running", {**Running().state, "at": at})["truth"]["mean"][at - 1]
        assert number(cells(hands, "mean")[0]) == pytest.approx(true, abs=0.005)
        assert f"Batch {at}: " in hands.said()


def test_a_larger_momentum_is_behind_by_less(opened):
    hands = opened("running")
    hands.press(hands.handle("at"), *[ARROWS["right"]] * 15)
    behind = []
    for momentum in ("0.05", "0.1", "0.5"):
        hands.slide("momentum", momentum)
        behind.append(number(cells(hands, "mean")[3]))
    assert behind[0] > behind[1] > behind[2]
    assert hands.control("momentum").get_attribute("aria-valuetext") == "PyTorch 0.50, Keras 0.50"
