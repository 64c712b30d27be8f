"""A rate is chosen by its mean over the seeds, and never at the edge of the grid unasked."""

import numpy as np
import pytest

from bnlib.lab.selection import best, ladder


def test_a_ladder_has_equal_steps():
    assert ladder(-1, 1, 1) == [0.1, 1, 10]
    np.testing.assert_allclose(np.diff(np.log10(ladder(-2, 0.5, 4))), 0.25, atol=1e-3)


def test_the_best_rate_is_that_of_the_mean_over_seeds():
    rates = (0.1, 0.2, 0.3, 0.4)
    assert best(rates, [[9, 1, 5, 9], [9, 8, 2, 9]]) == 0.3
    # One seed that never got there rules a rate out.
    assert best(rates, [[9, 1, 5, 9], [9, np.inf, 6, 9]]) == 0.3
    with pytest.raises(ValueError, match=r"0\.4, is at the edge"):
        best(rates, [[9, 3, 2, 1]])
    with pytest.raises(ValueError, match="no rate has a finite score"):
        best(rates, [[9, 3, 2, np.inf], [np.inf, np.inf, np.inf, 1]])


def test_a_rate_without_a_score_in_one_seed_is_out():
    assert best([0.1, 0.2, 0.3, 0.4], [[9, np.nan, 5, 9], [9, 1, 6, 9]]) == 0.3
    with pytest.raises(ValueError, match=r"of batch norm has a finite score"):
        best([0.1, 0.2], [[np.nan, np.inf]], where="batch norm")


def test_a_rate_at_the_edge_is_chosen_where_that_is_meant():
    assert best([0.1, 0.2, 0.3], [[1, 2, 3]], edges=True) == 0.1
