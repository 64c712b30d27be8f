"""Statistics over seeds, against SciPy's own tests and against numbers worked by hand."""

import numpy as np
import pytest
from scipy import stats

from bnlib.lab.paired import difference, estimate, ratio


def test_the_interval_is_that_of_a_t_test():
    values = np.random.default_rng(0).normal(3, 2, 7)
    found = estimate(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert found[:3] == pytest.approx((values.mean(), expected.low, expected.high))
    assert found.seeds == 7


def test_an_interval_covers_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(1)
    inside = [
        low <= 1.5 <= high for _, low, high, *_ in map(estimate, rng.normal(1.5, 1, (2000, 5)))
    ]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.015)


def test_a_difference_is_taken_seed_by_seed():
    before = np.array([10.0, 20.0, 30.0])
    after = before + np.array([1.0, 2.0, 3.0])
    found = difference(after, before)
    assert found.mean == pytest.approx(2)
    assert found.effect == pytest.approx(2)  # mean 2, deviation 1
    assert found.share == 1
    # Not paired, the spread between seeds would hide it.
    assert found.low > -1


def test_a_ratio_is_the_geometric_mean():
    found = ratio([2.0, 8.0], [1.0, 1.0])
    assert found.mean == pytest.approx(4)
    assert found.low * found.high == pytest.approx(16)
    assert ratio([1.0, 1.0], [2.0, 8.0]).mean == pytest.approx(1 / 4)


def test_the_share_counts_the_seeds_on_the_side_of_the_mean():
    assert estimate([1.0, 1.0, 2.0, -1.0]).share == 0.75
    assert ratio([2.0, 3.0, 0.5], [1.0, 1.0, 1.0]).share == pytest.approx(2 / 3)


def test_values_that_agree_have_an_effect_without_bound():
    assert estimate([1.0, 1.0, 1.0]).effect == np.inf
    assert estimate([-1.0, -1.0]).effect == -np.inf


@pytest.mark.parametrize("of", [difference, ratio])
def test_a_switch_that_did_nothing_is_an_error(of):
    with pytest.raises(ValueError, match="nothing was switched"):
        of([1.0, 2.0], [1.0, 2.0])


def test_what_cannot_be_averaged_is_said():
    with pytest.raises(ValueError, match="two at least"):
        estimate([1.0])
    with pytest.raises(ValueError, match="finite"):
        estimate([1.0, np.nan])
    with pytest.raises(ValueError, match="by seed"):
        difference([1.0, 2.0, 3.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="positive"):
        ratio([1.0, 0.0], [1.0, 2.0])


def test_an_estimate_is_printed_with_its_interval():
    assert f"{estimate([1.0, 2.0, 3.0]):.1f}" == "2.0 [-0.5, 4.5]"
