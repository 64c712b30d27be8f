"""Chapter 5: every identity that the text states, and the chapter's own cells, run as they are."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import repeatable

import bnlib
from bnlib.lab import backward as lab
from tests.book.page import Page

PAGE = Page("05_backward")
TEXT = PAGE.text

seeds = st.integers(0, 2**32 - 1)
epsilons = st.sampled_from([1e-8, 1e-5, 1e-3, 0.5])


class Batch:
    """One batch, what the forward pass makes of it, and dx."""

    def __init__(self, seed, eps, n=7, d=4):
        rng = np.random.default_rng(seed)
        self.n, self.eps = n, eps
        self.x = rng.normal(rng.normal(0, 5, d), rng.uniform(0.1, 3, d), (n, d))
        self.gamma, self.beta = rng.normal(0, 2, (2, d))
        self.dy = rng.standard_normal((n, d))
        _, cache = bnlib.batch_norm(self.x, self.gamma, self.beta, eps)
        self.dx, self.dgamma, self.dbeta = bnlib.batch_norm_backward(self.dy, cache)
        self.var = self.x.var(axis=0)
        self.inv_std = 1 / np.sqrt(self.var + eps)
        self.xhat = (self.x - self.x.mean(axis=0)) * self.inv_std
        # Rounding is relative to what was added up, not to what is left of it.
        self.size = np.abs(self.gamma) * self.inv_std * np.abs(self.dy).sum(axis=0)


def equal(a, b, size, tolerance=1e-11):
    assert np.all(np.abs(a - b) <= tolerance * size), (a, b)


@pytest.fixture(scope="module")
def run():
    with PAGE.ran() as run:
        yield run


@pytest.fixture
def page(run):
    """The names that the chapter's cells define."""
    return run.names


# ------------------------------------------------------------------- the mathematics


@repeatable
@given(seeds, epsilons)
def test_the_closed_form_is_the_backward_pass(seed, eps):
    b = Batch(seed, eps)
    dx = b.gamma * b.inv_std / b.n * (b.n * b.dy - b.dy.sum(0) - b.xhat * (b.dy * b.xhat).sum(0))
    equal(b.dx, dx, b.size)


@repeatable
@given(seeds, epsilons)
def test_what_is_left_along_one_and_along_xhat(seed, eps):
    b = Batch(seed, eps)
    equal(b.dx.sum(axis=0), 0, b.size)
    left = b.gamma * b.inv_std * eps / (b.var + eps) * b.dgamma
    equal((b.xhat * b.dx).sum(axis=0), left, b.size)


@repeatable
@given(seeds, epsilons)
def test_the_eigenvalues_of_the_matrix(seed, eps):
    b = Batch(seed, eps)
    for xhat, var in zip(b.xhat.T, b.var, strict=True):
        matrix = np.eye(b.n) - 1 / b.n - np.outer(xhat, xhat) / b.n
        expected = np.sort([0, eps / (var + eps), *[1] * (b.n - 2)])
        np.testing.assert_allclose(np.linalg.eigvalsh(matrix), expected, atol=1e-12)


@repeatable
@given(seeds, epsilons)
def test_two_examples_pass_on_a_share_of_eps_only(seed, eps):
    b = Batch(seed, eps, n=2)
    along = b.xhat * (b.xhat * b.dy).sum(axis=0) / (b.xhat**2).sum(axis=0)
    equal(b.dx, b.gamma * b.inv_std * eps / (b.var + eps) * along, b.size)


@repeatable
@given(seeds, epsilons, st.floats(0.01, 100))
def test_a_factor_on_the_input_divides_eps_by_its_square(seed, eps, a):
    b = Batch(seed, eps)
    scaled, _ = bnlib.batch_norm(a * b.x, b.gamma, b.beta, eps)
    plain, _ = bnlib.batch_norm(b.x, b.gamma, b.beta, eps / a**2)
    np.testing.assert_allclose(scaled, plain, rtol=1e-9, atol=1e-9)


@repeatable
@given(seeds, epsilons, st.floats(0.01, 100))
def test_the_gradient_of_the_weights(seed, eps, a):
    rng = np.random.default_rng(seed)
    u, w, dy = (rng.standard_normal(s) for s in ((9, 4), (4, 3), (9, 3)))
    gamma = rng.normal(0, 2, 3)

    def gradient(factor, constant):
        _, cache = bnlib.batch_norm(u @ (factor * w), gamma, np.zeros(3), constant)
        dx, dgamma, _ = bnlib.batch_norm_backward(dy, cache)
        return u.T @ dx, dgamma

    dw, dgamma = gradient(1, eps)
    var = (u @ w).var(axis=0)
    size = np.abs(gamma) * np.abs(dy).sum(axis=0) * 10
    equal((w * dw).sum(axis=0), gamma * eps / (var + eps) * dgamma, size)
    # eps = 0 is refused, but an a-fold weight with an a^2-fold eps is the same thing.
    bigger, _ = gradient(a, eps * a**2)
    equal(a * bigger, dw, np.abs(dw).max(axis=0) + 1e-3 * size)


def test_the_path_from_the_mean_to_the_variance_carries_nothing():
    b = Batch(1, 1e-5)
    centred = b.x - b.x.mean(axis=0)
    equal(centred.sum(axis=0), 0, np.abs(centred).sum(axis=0))


def test_each_missing_path_is_what_its_name_says():
    b = Batch(2, 1e-5)
    paths = lab.missing_paths(b.dy, b.xhat, b.gamma * b.inv_std)
    equal(paths["right"], b.dx, b.size)
    equal(paths["variance missing"].sum(axis=0), 0, b.size)
    left = b.gamma * b.inv_std * b.eps / (b.var + b.eps) * b.dgamma
    equal((paths["mean missing"] * b.xhat).sum(axis=0), left, b.size)
    assert np.all(np.abs(paths["mean missing"].sum(axis=0)) > 1e-3 * b.size)
    assert np.all(np.abs((paths["variance missing"] * b.xhat).sum(axis=0)) > 1e-3 * b.size)
    equal(paths["both missing"], b.gamma * b.inv_std * b.dy, b.size)


# ------------------------------------------------------------------- the experiments


def test_the_shares_follow_the_formula():
    kept = lab.kept_shares(10.0 ** np.arange(-8, 3), eps=1e-5)
    np.testing.assert_allclose(kept.along_xhat, 1e-5 / (kept.variances + 1e-5), rtol=1e-5)
    assert kept.along_one.max() < 1e-13


def test_the_slopes_of_the_gradient_against_the_spread():
    deviations = np.logspace(-1, 1, 9)
    for n, slope in ((2, -3), (3, -1)):
        norms = lab.gradient_sizes(deviations, n)
        assert lab.slope(deviations, norms, 0.1, 10) == pytest.approx(slope, abs=0.01)
    level = lab.gradient_sizes(np.array([1e-6, 1e-5]), 2)
    assert level[1] == pytest.approx(level[0], rel=1e-3)


def test_the_gradient_falls_as_one_over_the_scale_of_the_weights():
    scales = np.logspace(-1, 3, 17)
    scaling = lab.weight_scales(scales)
    assert lab.slope(scales, scaling.norms, 0.1, 1e3) == pytest.approx(-1, abs=1e-3)
    assert lab.slope(scales, scaling.cosines, 0.1, 100) == pytest.approx(-2, abs=1e-2)
    small = lab.weight_scales(np.array([1e-5, 1e-4]))
    assert small.norms[1] == pytest.approx(small.norms[0], rel=0.01)


def test_the_best_steps_follow_the_rule():
    steps = np.logspace(-10, 0, 41)
    for dtype, unit in ((np.float64, 2.0**-53), (np.float32, 2.0**-24)):
        best = steps[lab.step_errors(steps, dtype).argmin()]
        assert 0.1 < best / unit ** (1 / 3) < 10
    errors = lab.step_errors(steps)
    assert lab.slope(steps, errors, 1e-4, 1e-1) == pytest.approx(2, abs=0.1)
    sided = lab.step_errors(steps, central=False)
    assert lab.slope(steps, sided, 1e-5, 1e-2) == pytest.approx(1, abs=0.1)
    assert sided.min() > 100 * errors.min()


def test_random_gradients_hide_the_missing_paths_and_a_loss_does_not():
    missing = lab.missing_path_cosines([8, 64], draws=50)
    assert missing.random == pytest.approx(np.sqrt(1 - 2 / missing.sizes), abs=0.04)
    assert missing.loss.max() < 0.3


def test_the_bias_drifts_only_without_the_path_through_the_mean():
    last = {
        name: lab.bias_drift(name, steps=200) for name in lab.missing_paths(*np.ones((3, 2, 1)))
    }
    assert abs(last["right"].bias[-1]) < 1e-12
    assert abs(last["variance missing"].bias[-1]) < 1e-12
    assert last["mean missing"].bias[-1] > 5
    assert last["both missing"].bias[-1] > 5
    # The right gradient is orthogonal to the weights, so they only grow.
    assert np.all(np.diff(last["right"].weights) > -1e-6)


def test_power_of_ten():
    assert lab.power_of_ten(np.array([3e-16, -2e-15])) == pytest.approx(1e-14)
    assert lab.power_of_ten(np.zeros(2), np.array([5e-9])) == pytest.approx(1e-8)
    assert lab.power_of_ten(np.zeros(3)) == pytest.approx(1e-17)


# ------------------------------------------------------------------- the page


def test_the_stages_are_the_closed_form_autograd_and_the_library(page):
    _, cache = bnlib.batch_norm(page.x, page.gamma, page.beta, page.eps)
    dx, dgamma, dbeta = bnlib.batch_norm_backward(page.dy, cache)
    for ours in (page.ours["x"], page.short, page.leaves["x"].grad.numpy()):
        np.testing.assert_allclose(ours, dx, atol=1e-13)
    np.testing.assert_allclose(page.dgamma, dgamma, atol=1e-13)
    np.testing.assert_allclose(page.dbeta, dbeta, atol=1e-13)
    assert set(page.ours) == {
        *("beta", "gamma", "xhat", "inv_std", "var", "centred", "mean", "x"),
    }


def test_the_numbers_of_the_prose(run):
    glued = run.numbers
    assert all(np.isfinite(value) for value in glued.values())
    for name in ("s_diff", "s_through", "c_all", "o_one", "f_diff", "p_diff", "e_bias_right"):
        assert glued[name] < 1e-12, name
    assert glued["g_moved"] == glued["g_rows"]
    assert glued["g_others"] == 0
    assert glued["o_xhat_eps"] == pytest.approx(0.5)
    assert glued["i_angle"] == pytest.approx(100, rel=0.01)
    assert glued["k_wrong"] > 0.1
    assert glued["k_blind"] < 1e-5
    assert glued["k_sided_error"] > 100 * glued["k_double_error"]
    assert glued["e_random_large"] > 0.99 > 0.5 > glued["e_loss_large"]
    assert glued["e_loss_wrong"] > glued["e_loss_right"] + 0.05
    # What the descriptions of the figures say in words.
    assert glued["e_random_small"] == pytest.approx(0.65, abs=0.03)
    assert glued["e_loss_small"] == pytest.approx(0.2, abs=0.06)
    assert glued["e_loss_large"] == pytest.approx(0.2, abs=0.06)
    assert glued["i_cosine_small"] == pytest.approx(0.2, abs=0.02)
    assert 3e-6 < glued["k_double_step"] < 3e-5
    assert 1e-8 <= glued["k_sided_step"] < 2e-7
    assert 3e-3 < glued["k_single_step"] < 3e-2
    assert glued["e_bias_wrong"] > 100
    assert glued["e_smallest"] < 0.1
    assert glued["e_d_for_n"] < 0.9
    assert glued["e_n_for_nhw"] < 0.9


def test_the_function_passes_gradcheck_and_refuses_a_second_derivative(page):
    import torch

    x = torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    parameters = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(page.BatchNorm.apply, (x, *parameters, 0.5))
    y = page.BatchNorm.apply(x, *parameters, 0.5)
    (dx,) = torch.autograd.grad((y**3).sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        dx.sum().backward()
    with pytest.raises(RuntimeError, match="incorrect number of gradients"):
        page.TooFew.apply(x, *parameters, 0.5).sum().backward()


def test_the_ones_hide_the_missing_path(page):
    ones = np.ones_like(page.x)
    bnlib.assert_gradient(page.layer, page.no_variance, page.arguments, ones)
    with pytest.raises(AssertionError):
        bnlib.assert_gradient(page.layer, page.no_variance, page.arguments, page.dy)
    bnlib.assert_gradient(page.layer, bnlib.batch_norm_backward, page.arguments, page.dy)


def test_the_spatial_case_is_the_dense_one_on_rows(page):
    np.testing.assert_allclose(page.dx_images, page.expected, atol=1e-13)
    assert len(page.dx_rows) == page.B * page.H * page.W


def test_each_target_stands_before_a_heading():
    targets = re.findall(r"^\((sec-[\w-]+)\)=\n## ", TEXT, re.M)
    assert targets == [
        "sec-graph",
        "sec-staged",
        "sec-closed",
        "sec-geometry",
        "sec-invariance",
        "sec-gradcheck",
        "sec-autograd-function",
        "sec-spatial-backward",
    ]
