"""Student's t without SciPy, against SciPy."""

import pytest
from scipy import stats

from bnlib.lab.student_t import t_cdf, t_quantile

FREEDOMS = [1, 2, 3, 4, 5, 8, 19, 100, 999]


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_quantiles_are_scipys(freedom):
    for p in (0.001, 0.2, 0.5, 0.6, 0.9, 0.975, 0.9999):
        expected = stats.t.ppf(p, freedom)
        assert t_quantile(p, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("freedom", FREEDOMS)
def test_the_probabilities_are_scipys(freedom):
    for t in (-30, -1.5, 0, 0.3, 2, 40):
        assert t_cdf(t, freedom) == pytest.approx(stats.t.cdf(t, freedom), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("freedom", [0, -1, 2.5])
def test_degrees_of_freedom_are_counted(freedom):
    with pytest.raises(ValueError, match="whole number"):
        t_cdf(1.0, freedom)


@pytest.mark.parametrize("p", [0, 1, 2, float("nan")])
def test_a_probability_is_between_0_and_1(p):
    with pytest.raises(ValueError, match="between 0 and 1"):
        t_quantile(p, 5)
