"""The figures of notebook 7's clinic: drawn from what a student's own network does."""

import numpy as np
import pytest

pytest.importorskip("matplotlib").use("Agg")

from bnlib.figures import clinic as figures  # noqa: E402
from tests.figures.readable import Readable  # noqa: E402

X = np.arange(12.0).reshape(6, 2)


def batch_mean(x):
    """An answer that depends on the company."""
    return x.mean(axis=0)


DRAWN = {
    "company": figures.company(batch_mean, X, 2),
    "followed": figures.followed([0.0, 0.5, 0.8], [1.0, 1.2], 1.0),
    "after_an_epoch": figures.after_an_epoch([63, 64, 65], [1.0, 1.1, np.nan], 64),
}


class TestReadable(Readable):
    modules = (figures,)
    drawn = DRAWN


def test_the_row_is_asked_alone_and_then_with_one_more_at_a_time():
    alone, company = DRAWN["company"].axes[0].lines
    assert set(alone.get_ydata()) == {X[2, 0]}
    others = np.delete(X, 2, axis=0)
    expected = [X[2, 0], *((X[2, 0] + others[:k, 0].sum()) / (k + 1) for k in range(1, 6))]
    np.testing.assert_allclose(company.get_ydata(), expected)


def test_the_running_mean_begins_before_the_first_batch():
    _, batches, running = DRAWN["followed"].axes[0].lines
    assert list(batches.get_xdata()) == [1, 2]
    assert list(running.get_xdata()) == [0, 1, 2]


def test_what_is_no_number_is_marked_at_its_rows():
    good, bad = DRAWN["after_an_epoch"].axes[0].lines
    assert list(good.get_xdata()) == [63, 64]
    assert list(bad.get_xdata()) == [65]
    (ax,) = figures.after_an_epoch([63, 64], [1.0, 1.1], 64).axes
    assert len(ax.lines) == 1
