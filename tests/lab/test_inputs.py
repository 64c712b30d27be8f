"""Chapter 1's experiments: the count of steps, the data, and what the stored runs rest on."""

import numpy as np
import pytest

from bnlib.lab import inputs, inputs_network, tables


def descended(x, y, tol, rate):
    """Steps of gradient descent on the model with a bias, by taking them."""
    x = np.column_stack([np.ones(len(x)), x])
    best = np.linalg.lstsq(x, y)[0]
    w, count = np.zeros_like(best), 0
    while np.sum((x @ (w - best)) ** 2) > tol * np.sum((x @ best) ** 2):
        w, count = w - rate * x.T @ (x @ w - y) / len(x), count + 1
    return count


@pytest.mark.parametrize("share", [0.5, 1.0])
@pytest.mark.parametrize(("draw", "tol"), [(inputs.flats, 1e-3), (inputs.pixels, 1e-2)])
def test_the_count_is_that_of_gradient_descent(draw, tol, share):
    x, y = draw(seed=3)
    z = inputs.SCALINGS["standardized"](x)
    surface = inputs.bowl(z, y)
    rate = share * surface.rate
    assert inputs.steps_to(surface, tol, rate) == descended(z, y, tol, rate)


@pytest.mark.parametrize("kappa", [50.0, 400.0, 3000.0])
@pytest.mark.parametrize(("best", "part"), [(True, 4), (False, 2)])
def test_from_the_worst_start_the_steps_are_those_of_the_proposition(kappa, best, part):
    surface = inputs.Bowl(np.array([1 / kappa, 1.0]), np.array([1.0, 0.0]))
    found = inputs.steps_to(surface, 1e-3, None if best else 1.0)
    assert found == pytest.approx(kappa / part * np.log(1e3), rel=0.02)


@pytest.mark.parametrize("draw", [inputs.flats, inputs.pixels])
@pytest.mark.parametrize("scaling", ["raw", "centred", "standardized"])
def test_no_draw_needs_more_steps_than_the_proposition_says(draw, scaling):
    for seed in range(5):
        x, y = draw(seed)
        surface = inputs.bowl(inputs.SCALINGS[scaling](x), y)
        bound = surface.condition / 4 * np.log(1e3)
        assert 0.5 * bound < inputs.steps_to(surface, 1e-3) < 1.02 * bound


@pytest.mark.parametrize("draw", [inputs.flats, inputs.pixels])
def test_all_scalings_have_one_lowest_loss_and_begin_at_the_same(draw):
    x, y = draw(seed=0)
    heights = [inputs.bowl(scale(x), y).heights.sum() for scale in inputs.SCALINGS.values()]
    np.testing.assert_allclose(heights, heights[-1], rtol=1e-6)


def test_whitened_inputs_take_one_step():
    for draw in (inputs.flats, inputs.pixels):
        x, y = draw(seed=1)
        surface = inputs.bowl(inputs.SCALINGS["whitened"](x), y)
        assert surface.condition == pytest.approx(1, abs=1e-5)
        assert inputs.steps_to(surface, 1e-3) == 1


def test_the_best_of_many_rates_is_no_slower_and_for_the_worst_start_no_faster():
    x, y = inputs.flats(seed=2)
    surface = inputs.bowl(inputs.SCALINGS["standardized"](x), y)
    assert 1 <= inputs.fewest_steps(surface, 1e-3) <= inputs.steps_to(surface, 1e-3)
    worst = inputs.Bowl(np.array([0.01, 1.0]), np.array([1.0, 1.0]))
    assert inputs.fewest_steps(worst, 1e-3) >= 0.85 * inputs.steps_to(worst, 1e-3)


def test_a_rate_that_does_not_settle_is_refused():
    surface = inputs.Bowl(np.array([0.5, 2.0]), np.ones(2))
    with pytest.raises(ValueError, match="does not settle"):
        inputs.steps_to(surface, 0.1, rate=1.0)


def test_seeds_draw_other_rows_and_the_same_ones_again():
    for draw in (inputs.flats, inputs.pixels):
        np.testing.assert_array_equal(draw(1)[0], draw(1)[0])
        assert not np.array_equal(draw(1)[0], draw(2)[0])
    assert inputs.pixels(0)[0].std(axis=0).min() > 0.9


@pytest.mark.parametrize("data", ["digits", "flats"])
@pytest.mark.parametrize("scaling", list(inputs.SCALINGS))
def test_the_networks_inputs_have_mean_square_one(data, scaling):
    rows = inputs_network.task(data, 0, scaling)
    assert float(rows.x_train.square().mean()) == pytest.approx(1, rel=1e-5)
    draw = {"digits": inputs.pixels, "flats": inputs.flats}[data]
    z = inputs.SCALINGS[scaling](draw(0)[0])
    factor = rows.x_train.numpy() / np.where(z == 0, np.nan, z)
    assert np.nanmin(factor) == pytest.approx(np.nanmax(factor), rel=1e-4)  # one for all features
    assert len(rows.y_train.unique()) == {"digits": 10, "flats": 4}[data]


def test_the_best_rate_of_a_network_is_never_the_first_or_the_last():
    stored = tables.read("inputs_network")
    for data in stored.values("data"):
        for scaling in stored.values("scaling"):
            means = stored.column("steps", data=data, scaling=scaling).reshape(-1, 10).mean(axis=0)
            if (data, scaling) == ("flats", "raw"):
                assert np.isnan(means).all()  # the chapter says so
            else:
                assert 0 < np.nanargmin(means) < 9, (data, scaling)
