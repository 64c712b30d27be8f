"""Merged statistics: those of all the data at once, however they were cut."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable, seeds

from bnlib.merging import Stats, batch_stats, merge_stats, precise_stats, streaming_stats


@st.composite
def cuts(draw, low=2, high=5):
    """Parts of 1 to 6 rows, of scales and means that differ from part to part, and all of them."""
    rng = np.random.default_rng(draw(seeds))
    rows = draw(st.lists(st.integers(1, 6), min_size=low, max_size=high))
    d = draw(st.integers(1, 4))
    parts = [rng.normal(3 * rng.standard_normal(d), rng.random(d) + 0.1, (n, d)) for n in rows]
    return parts, np.concatenate(parts)


def exact(column):
    """Mean and variance of one column in rational arithmetic: no rounding at all."""
    values = [Fraction(float(v)) for v in column]
    mean = sum(values) / len(values)
    return float(mean), float(sum((v - mean) ** 2 for v in values) / len(values))


def agree(stats, x, rtol=1e-12):
    assert stats.n == len(x)
    np.testing.assert_allclose(stats.mean, x.mean(0), rtol=rtol, atol=1e-12)
    np.testing.assert_allclose(stats.var, x.var(0), rtol=rtol, atol=1e-13)


@repeatable
@given(cuts=cuts(2, 2))
def test_two_parts_merge_to_the_whole(cuts):
    (a, b), x = cuts
    agree(merge_stats(batch_stats(a), batch_stats(b)), x)


@repeatable
@given(cuts=cuts(3, 3))
def test_merging_is_associative_and_commutative(cuts):
    parts, _ = cuts
    a, b, c = map(batch_stats, parts)
    left = merge_stats(merge_stats(a, b), c)
    for other in (merge_stats(a, merge_stats(b, c)), merge_stats(c, merge_stats(b, a))):
        assert left.n == other.n
        np.testing.assert_allclose(left.mean, other.mean, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(left.var, other.var, rtol=1e-12, atol=1e-13)


@repeatable
@given(cuts=cuts(1, 6))
def test_streams_give_the_statistics_of_the_whole(cuts):
    parts, x = cuts
    agree(streaming_stats(iter(parts)), x)
    agree(streaming_stats(row[None] for row in x), x)  # Welford
    mean, var = precise_stats(parts)
    agree(Stats(len(x), mean, var), x)


@pytest.mark.parametrize("mean", [0.0, 1e6, 1e8])
def test_large_means_against_rational_arithmetic(mean):
    rng = np.random.default_rng(0)
    x = rng.normal(mean, [1e-3, 1, 30], (600, 3))
    results = {
        "whole": batch_stats(x),
        "merged": merge_stats(batch_stats(x[:17]), batch_stats(x[17:])),
        "stream": streaming_stats(np.array_split(x, 13)),
        "welford": streaming_stats(row[None] for row in x),
    }
    for name, stats in results.items():
        for j in range(3):
            exact_mean, exact_var = exact(x[:, j])
            assert math.isclose(stats.mean[j], exact_mean, rel_tol=1e-15, abs_tol=1e-14), name
            # One rounding of the mean, relative to the deviation, is what may be lost.
            lost = (np.spacing(mean) / x[:, j].std()) * 20 + 1e-13
            assert math.isclose(stats.var[j], exact_var, rel_tol=lost), name


def test_longdouble_agrees_for_images():
    x = np.random.default_rng(1).normal(1e6, 1, (6, 3, 5, 4))
    wide = x.astype(np.longdouble)
    stats = streaming_stats(np.split(x, 3))
    assert stats.n == 6 * 5 * 4
    np.testing.assert_allclose(stats.mean, wide.mean((0, 2, 3)).astype(float), rtol=1e-15)
    np.testing.assert_allclose(stats.var, wide.var((0, 2, 3)).astype(float), rtol=1e-9)


def test_precise_statistics_for_equal_and_unequal_batches():
    x = np.random.default_rng(2).normal(5, 2, (24, 3))
    parts = np.split(x, 6)
    means, variances = np.array([p.mean(0) for p in parts]), np.array([p.var(0) for p in parts])
    mean, var = precise_stats(parts)
    np.testing.assert_allclose(var, (means**2 + variances).mean(0) - means.mean(0) ** 2, rtol=1e-12)
    assert (var > variances.mean(0)).all()  # the variance between batches
    unequal = [x[:3], x[3:]]
    mean, _ = precise_stats(unequal)
    assert not np.allclose(mean, np.mean([p.mean(0) for p in unequal], 0))


def test_constant_features_and_single_rows():
    a, b = np.full((1, 2), 4.0), np.full((3, 2), 4.0)
    stats = merge_stats(batch_stats(a), batch_stats(b))
    np.testing.assert_array_equal(stats.mean, 4)
    np.testing.assert_array_equal(stats.var, 0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_no_argument_is_changed(dtype):
    x = np.random.default_rng(3).normal(1e3, 1, (10, 4)).astype(dtype)
    parts = [x[:3], x[3:]]
    before = x.copy()
    a, b = map(batch_stats, parts)
    kept = [v.copy() for v in (a.mean, a.var, b.mean, b.var)]
    results = [batch_stats(x), merge_stats(a, b), streaming_stats(parts)]
    mean, var = precise_stats(parts)
    assert mean.dtype == var.dtype == dtype
    for stats in results:
        assert stats.mean.dtype == stats.var.dtype == dtype
        np.testing.assert_allclose(stats.var, x.astype(float).var(0), rtol=1e-3)
    np.testing.assert_array_equal(x, before)
    for array, old in zip((a.mean, a.var, b.mean, b.var), kept, strict=True):
        np.testing.assert_array_equal(array, old)


def test_float32_streams_are_added_in_float64():
    x = np.random.default_rng(4).normal(1e3, 1e-2, (500, 2)).astype(np.float32)
    stats = streaming_stats(row[None] for row in x)
    np.testing.assert_allclose(stats.var, x.astype(float).var(0), rtol=1e-6)


BAD_X = {
    "rank": (np.ones(3), r"got 1|must have shape"),
    "three axes": (np.ones((2, 3, 4)), r"must have shape \(N, D\) or \(N, C, H, W\)"),
    "empty": (np.ones((0, 3)), "is empty"),
    "integers": (np.ones((4, 3), int), "has dtype int"),
    "nan": (np.full((2, 2), np.nan), "holds NaN"),
}


@pytest.mark.parametrize(("x", "message"), BAD_X.values(), ids=BAD_X)
def test_bad_data_are_named(x, message):
    with pytest.raises(ValueError, match=f"^x .*({message})"):
        batch_stats(x)
    good = np.ones((2, 2))
    for function in (streaming_stats, precise_stats):
        with pytest.raises(ValueError, match=rf"^chunks\[1\] .*({message})"):
            function([good, x])


@pytest.mark.parametrize(
    "bad", [np.ones((2, 4)), np.ones((2, 3), np.float32), np.ones((2, 3, 1, 1))]
)
def test_parts_must_fit_the_first(bad):
    with pytest.raises(ValueError, match=r"^chunks\[2\] has dtype .*expected float64, 2 and 3"):
        streaming_stats([np.ones((2, 3)), np.ones((1, 3)), bad])


def test_no_part_at_all():
    with pytest.raises(ValueError, match=r"^chunks is empty"):
        streaming_stats([])


v = np.ones(2)
BAD_STATS = [
    ((2, v), "three entries"),
    (3, "three entries"),
    ((0, v, v), "at least 1"),
    ((1.5, v, v), "an integer"),
    ((2, np.ones(3), v), "must have shape"),
    ((2, v, -v), ">= 0"),
    ((2, v * np.nan, v), "NaN"),
    ((2, v, v * np.inf), "infinity"),
    ((2, v.astype(int), v), "dtype int"),
    ((2, np.ones((2, 1)), v), "axes"),
]


@pytest.mark.parametrize(("bad", "message"), BAD_STATS)
def test_bad_statistics_are_named(bad, message):
    good = (2, v, v)
    with pytest.raises(ValueError, match=rf"\ba\b.*{message}"):
        merge_stats(bad, good)
    with pytest.raises(ValueError, match=rf"\bb\b.*{message}"):
        merge_stats(good, bad)


def test_statistics_of_other_features_do_not_merge():
    with pytest.raises(ValueError, match=r"^b describes 3 features; expected 2"):
        merge_stats((2, v, v), (2, np.ones(3), np.ones(3)))
