"""Whitening: what each map promises, and that the four differ as they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import arrays, repeatable, seeds

from bnlib import whitening
from bnlib.whitening import (
    cholesky_whiten,
    newton_whiten,
    pca_whiten,
    standardize,
    standardizer,
    zca_whiten,
)

TINY = 1e-14  # an eps that changes nothing, where the covariance is well conditioned


def newton_to_the_end(x, eps):
    return newton_whiten(x, 60, eps)


EXACT = [pca_whiten, zca_whiten, cholesky_whiten, newton_to_the_end]
ALL = [*EXACT, lambda x, eps: newton_whiten(x, 5, eps)]


def correlated(seed, n=40, d=5, condition=30.0):
    """Rows of a covariance with this condition number exactly, a mean, and no order among axes."""
    rng = np.random.default_rng(seed)
    white = rng.standard_normal((n, d))
    white = np.linalg.qr(white - white.mean(0))[0] * np.sqrt(n)
    rotation, _ = np.linalg.qr(rng.standard_normal((d, d)))
    return white * np.geomspace(1, condition, d) ** 0.5 @ rotation + 3 * rng.standard_normal(d)


def covariance(x):
    centred = x - x.mean(0)
    return centred.T @ centred / len(x)


def inverse_root_by_svd(x):
    """cov^(-1/2) from the singular values of x: no covariance, no eigh."""
    _, s, vt = np.linalg.svd(x - x.mean(0), full_matrices=False)
    return vt.T / (s / np.sqrt(len(x))) @ vt


@pytest.mark.parametrize("whiten", EXACT)
@repeatable
@given(seed=seeds, d=st.integers(1, 8))
def test_whitened_covariance_is_the_identity(whiten, seed, d):
    x = correlated(seed, d=d)
    z, mean, w = whiten(x, TINY)
    np.testing.assert_allclose(covariance(z), np.eye(d), atol=1e-11)
    np.testing.assert_allclose(z.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(mean, x.mean(0), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(z, (x - mean) @ w, atol=1e-12)


@pytest.mark.parametrize("whiten", EXACT)
@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_eps_is_added_to_the_diagonal(whiten, eps):
    x = correlated(1)
    _, _, w = whiten(x, eps)
    np.testing.assert_allclose(w @ w.T, np.linalg.inv(covariance(x) + eps * np.eye(5)), rtol=1e-10)


@repeatable
@given(seed=seeds)
def test_pca_rotates_and_scales_by_falling_variance(seed):
    x = correlated(seed)
    _, _, w = pca_whiten(x, TINY)
    lengths = np.linalg.norm(w, axis=0)
    directions = w / lengths
    np.testing.assert_allclose(directions.T @ directions, np.eye(5), atol=1e-11)
    assert (np.diff(lengths) > 0).all()  # 1 / deviation
    variances = ((x - x.mean(0)) @ directions).var(0)
    np.testing.assert_allclose(variances, np.geomspace(30, 1, 5), rtol=1e-11)
    assert (directions[np.abs(directions).argmax(0), range(5)] > 0).all()


@repeatable
@given(seed=seeds)
def test_zca_is_symmetric_and_the_inverse_root(seed):
    x = correlated(seed)
    _, _, w = zca_whiten(x, TINY)
    np.testing.assert_allclose(w, w.T, rtol=1e-13, atol=1e-15)
    assert (np.linalg.eigvalsh(w) > 0).all()
    np.testing.assert_allclose(w, inverse_root_by_svd(x), rtol=1e-12, atol=1e-12)


@repeatable
@given(seed=seeds)
def test_zca_changes_x_least(seed):
    x = correlated(seed)

    def change(z):
        return np.mean((z - (x - x.mean(0))) ** 2)

    z = zca_whiten(x, TINY)[0]
    rng = np.random.default_rng(seed)
    rotated = [z @ np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(3)]
    others = [pca_whiten(x, TINY)[0], cholesky_whiten(x, TINY)[0], *rotated]
    assert all(change(z) < change(other) for other in others)


@repeatable
@given(seed=seeds)
def test_cholesky_is_triangular_and_takes_features_in_order(seed):
    x = correlated(seed)
    z, _, w = cholesky_whiten(x, TINY)
    assert (np.tril(w, -1) == 0).all()
    assert (np.diag(w) > 0).all()
    factor = np.linalg.cholesky(covariance(x))
    np.testing.assert_allclose(w, np.linalg.inv(factor).T, rtol=1e-11, atol=1e-12)
    # Gram-Schmidt: the first columns alone give the first columns of z.
    np.testing.assert_allclose(cholesky_whiten(x[:, :2], TINY)[0], z[:, :2], rtol=1e-10, atol=1e-12)


def papers_newton(x, steps, eps):
    cov = covariance(x) + eps * np.eye(x.shape[1])
    p = np.eye(len(cov))
    for _ in range(steps):
        p = (3 * p - p @ p @ p @ (cov / np.trace(cov))) / 2
    return p / np.sqrt(np.trace(cov))


@pytest.mark.parametrize("steps", [0, 1, 2, 5, 8])
@repeatable
@given(seed=seeds)
def test_newton_takes_the_papers_steps(steps, seed):
    x = correlated(seed)
    _, _, w = newton_whiten(x, steps, 1e-3)
    np.testing.assert_allclose(w, papers_newton(x, steps, 1e-3), rtol=1e-10, atol=1e-12)


def test_newton_comes_closer_to_zca_with_every_step():
    x = correlated(2, condition=10.0)
    goal = zca_whiten(x, TINY)[2]
    errors = [np.abs(newton_whiten(x, t, TINY)[2] - goal).max() for t in range(10)]
    assert (np.diff(errors) < 0).all()
    assert errors[-1] < 1e-6


def test_newton_stays_where_the_papers_form_blows_up():
    x = correlated(3, condition=100.0)
    goal = zca_whiten(x, TINY)[2]
    np.testing.assert_allclose(newton_whiten(x, 200, TINY)[2], goal, rtol=1e-10, atol=1e-11)
    assert not np.allclose(papers_newton(x, 22, TINY), goal)


@pytest.mark.parametrize("whiten", ALL)
def test_held_out_data_are_whitened_by_mean_and_w(whiten):
    x = correlated(4, n=4000)
    seen, held_out = x[:3000], x[3000:]
    z, mean, w = whiten(seen, 1e-5)
    np.testing.assert_allclose((seen - mean) @ w, z, atol=1e-12)
    if whiten in EXACT:
        # From one population, 1000 rows: the deviation of a covariance is about 0.04.
        new = (held_out - mean) @ w
        np.testing.assert_allclose(covariance(new), np.eye(5), atol=0.25)


@pytest.mark.parametrize("whiten", ALL)
@pytest.mark.parametrize("shape", [(4, 9), (2, 3), (2, 1)])
def test_fewer_examples_than_features(whiten, shape):
    x = np.random.default_rng(5).standard_normal(shape)
    z, mean, w = whiten(x, 1e-3)
    assert z.shape == shape
    assert mean.shape == shape[1:]
    assert w.shape == shape[1:] * 2
    assert np.isfinite(z).all()
    if whiten in EXACT:
        cov = covariance(x)
        np.testing.assert_allclose(
            w.T @ (cov + 1e-3 * np.eye(len(cov))) @ w, np.eye(len(cov)), atol=1e-9
        )


@pytest.mark.parametrize("whiten", ALL)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dependent_and_constant_features(whiten, dtype):
    x = correlated(6)
    x = np.c_[x, x[:, 0] - 2 * x[:, 1], np.full(len(x), 7.0)].astype(dtype)
    z, _, _ = whiten(x, 1e-5)
    assert np.isfinite(z).all()
    assert z.dtype == dtype
    if whiten in EXACT:
        # The two directions without variance stay without.
        values = np.linalg.eigvalsh(covariance(z.astype(float)))
        np.testing.assert_allclose(values, [0, 0, 1, 1, 1, 1, 1], atol=2e-3)


@pytest.mark.parametrize("whiten", EXACT[:3])
def test_a_singular_covariance_is_named(whiten):
    x = correlated(7)
    with pytest.raises(ValueError, match=r"covariance of x is singular: with eps = 1e-30"):
        whiten(np.c_[x, x[:, 0]], 1e-30)


def test_standardize_is_the_definition():
    x = correlated(8) * [1, 1e-3, 1e3, 1, 5]
    for eps in (1e-5, 0.5):
        z = standardize(x, eps)
        np.testing.assert_allclose(
            z, (x - x.mean(0)) / np.sqrt(x.var(0) + eps), rtol=1e-11, atol=1e-12
        )
        mean, scale = standardizer(x, eps)
        np.testing.assert_allclose((x - mean) * scale, z, rtol=1e-11, atol=1e-12)
    z = standardize(x)
    np.testing.assert_allclose(np.corrcoef(z.T), np.corrcoef(x.T), atol=1e-11)


def test_standardize_of_constants_and_of_two_rows():
    z = standardize(np.array([[4.0, 1.0, 1e6], [4.0, 3.0, 1e6 + 4]]), TINY)
    np.testing.assert_allclose(z, [[0, -1, -1], [0, 1, 1]], atol=1e-12)


@pytest.mark.parametrize("whiten", [*EXACT, standardize])
def test_a_large_mean_costs_few_digits(whiten):
    x = correlated(9)
    moved = whiten(x + 1e6, 1e-5)
    plain = whiten(x, 1e-5)
    # x + 1e6 itself is rounded to 1e-10.
    for a, b in zip(np.atleast_3d(moved[0]), np.atleast_3d(plain[0]), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)


@pytest.mark.parametrize("function", [*ALL, standardize, standardizer])
@repeatable
@given(x=arrays((12, 3)), dtype=st.sampled_from([np.float32, np.float64]))
def test_dtype_is_kept_and_x_is_not_changed(function, x, dtype):
    x = x.astype(dtype)
    before = x.copy()
    result = function(x, 1e-3)
    np.testing.assert_array_equal(x, before)
    for array in result if isinstance(result, tuple) else (result,):
        assert array.dtype == dtype
        assert not np.shares_memory(array, x)
    double = function(before.astype(np.float64), 1e-3)
    for a, b in zip(result, double, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-4)


BAD_X = {
    "rank": (np.ones(3), r"^x must have 2 axes, shape \(N, D\); got 1"),
    "images": (np.ones((2, 3, 4, 4)), r"^x must have 2 axes"),
    "one row": (np.ones((1, 3)), r"^x gives each statistic only 1 value"),
    "empty": (np.ones((0, 3)), r"^x is empty"),
    "integers": (np.ones((4, 3), int), r"^x has dtype int64"),
    "half": (np.ones((4, 3), np.float16), r"^x has dtype float16"),
    "nan": (np.array([[1.0, np.nan], [2.0, 1.0]]), r"^x holds NaN"),
    "infinity": (np.array([[1.0, np.inf], [2.0, 1.0]]), r"^x holds NaN or infinity"),
    "overflow": (np.array([[1.0, 1e200], [2.0, -1e200]]), r"^x is finite, but too large"),
}


@pytest.mark.parametrize("function", [*ALL, standardize, standardizer])
@pytest.mark.parametrize(("x", "message"), BAD_X.values(), ids=BAD_X)
def test_bad_x_is_named(function, x, message):
    with pytest.raises(ValueError, match=message):
        function(x, 1e-5)


@pytest.mark.parametrize("function", [*ALL, standardize, standardizer])
@pytest.mark.parametrize("eps", [0, -1e-5, np.nan, np.inf, "small", None])
def test_bad_eps_is_named(function, eps):
    with pytest.raises(ValueError, match=r"^eps must be"):
        function(correlated(10), eps)


@pytest.mark.parametrize("steps", [-1, 2.5, "5", None])
def test_bad_steps_are_named(steps):
    with pytest.raises(ValueError, match=r"^steps must be"):
        whitening.newton_whiten(correlated(11), steps)
