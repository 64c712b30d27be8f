"""Notebook 01: what its checks take for right and for wrong, beyond the catalogue."""

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import lookup
from bnlib.exercises.scaling.descent import distances
from bnlib.figures import inputs as figures
from bnlib.figures.controls import redraw
from tests.checks.answers import standardize

SEEDS = range(20)


def reference(name):
    return lookup(name).reference


@pytest.mark.parametrize("eps", [1e-5, 0.5])
def test_standardize_means_what_it_means_in_bnlib(eps):
    x = np.random.default_rng(0).normal(5.0, [0.1, 1.0, 30.0], (9, 3))
    z = reference("standardize")(x, eps)
    assert np.allclose(z, bnlib.standardize(x, eps), rtol=1e-12)
    mean, scale = bnlib.whitening.standardizer(x[:6], eps)
    z_train, z_test = reference("standardize_split")(x[:6], x[6:], eps)
    assert np.allclose(z_train, bnlib.standardize(x[:6], eps), rtol=1e-12)
    assert np.allclose(z_test, (x[6:] - mean) * scale, rtol=1e-12)


def test_the_largest_rate_is_where_gradient_descent_stops_to_settle():
    rng = np.random.default_rng(1)
    x, w = rng.normal(1.0, 2.0, (12, 3)), rng.standard_normal(3)
    lr = reference("max_stable_lr")(x)
    assert distances(x, x @ w, 0.99 * lr, 4000)[-1] < 1e-3
    assert distances(x, x @ w, 1.01 * lr, 4000)[-1] > 1e3


def test_a_split_through_ones_own_standardize_passes():
    def split(x_train, x_test, eps):
        scale = np.sqrt(x_train.var(axis=0) + eps)
        return standardize(x_train, eps), (x_test - x_train.mean(axis=0)) / scale

    for seed in SEEDS:
        assert run("standardize_split", split, seed).passed


def watches(x, y, lr, tol):
    """Says -1 where the numbers end, without a look at the eigenvalues."""
    best, w = np.linalg.lstsq(x, y, rcond=None)[0], np.zeros(x.shape[1])
    for steps in range(3000):
        far = np.linalg.norm(w - best)
        if far <= tol * np.linalg.norm(best):
            return steps
        if not np.isfinite(far):
            return -1
        w = w - lr * x.T @ (x @ w - y) / len(x)
    return -1


def by_squares(x, y, lr, tol):
    if lr >= 2 / np.linalg.eigvalsh(x.T @ x / len(x)).max():
        return -1
    best = np.linalg.solve(x.T @ x, x.T @ y)
    w, steps = 0 * best, 0
    while sum((w - best) ** 2) > tol**2 * sum(best**2):
        w, steps = w - lr * np.mean((x @ w - y)[:, None] * x, axis=0), steps + 1
    return np.float32(steps)


@pytest.mark.parametrize("answer", [watches, by_squares])
def test_honest_ways_to_count_steps_pass(answer):
    for seed in SEEDS:
        assert run("gd_steps_to", answer, seed).passed


def test_a_loop_that_runs_to_infinity_is_named_whatever_it_counts():
    def forever(x, y, lr, tol):
        best, w, steps = np.linalg.pinv(x) @ y, np.zeros(x.shape[1]), 0
        while steps < 500 and not np.linalg.norm(w - best) <= tol * np.linalg.norm(best):
            w = w - lr * x.T @ (x @ w - y) / len(x)
            steps += 1
        return steps

    for seed in SEEDS:
        report = run("gd_steps_to", forever, seed)
        assert report.mistakes == ("never-gives-up",)
        assert report.points == 6


@pytest.mark.parametrize("name", ["condition_number", "max_stable_lr", "gd_steps_to"])
@pytest.mark.parametrize("value", [0, 1, -1, 3, 0.1, np.nan, np.inf, None, "12", [1, 2], True])
def test_a_constant_buys_no_points(name, value):
    for seed in SEEDS[:3]:
        report = run(name, lambda *arguments: value, seed)
        assert report.points == 0, report


@pytest.mark.parametrize(
    "answer", [lambda x, eps: x, lambda x, eps: x - x, lambda x, eps: x.astype(np.float16)]
)
def test_an_input_handed_back_buys_no_points(answer):
    assert run("standardize", answer).points == 0
    assert run("standardize_split", lambda a, b, eps: (answer(a, eps), answer(b, eps))).points == 0


def test_a_count_must_be_whole():
    count = reference("gd_steps_to")
    as_float = OwnCallee(lambda *arguments: float(count(*arguments)))
    a_little_more = OwnCallee(lambda *arguments: count(*arguments) + 1e-3)
    assert run("gd_steps_to", as_float).passed
    assert run("gd_steps_to", a_little_more).points == 0


def test_two_faults_at_once_lose_points_and_break_nothing():
    def two(x, eps):
        return (x - np.median(x, axis=0)) / (x.std(axis=0, ddof=1) + eps)

    for seed in SEEDS:
        assert run("standardize", two, seed).points == 0


def test_the_control_draws_the_students_own_count():
    asked = []

    def own(x, y, lr, tol):
        asked.append(lr)
        return reference("gd_steps_to")(x, y, lr, tol)

    def draw(scale, rate):
        return figures.steps_and_path(own, reference("max_stable_lr"), scale, rate)

    drawing = redraw(draw, scale=(0.2, 6.0, 0.2), rate=(0.1, 1.1, 0.02))
    assert drawing.figure is not None
    before = len(asked)
    drawing.controls["rate"].value = 1.06
    assert len(asked) > before
    assert drawing.figure.axes[1].get_title("left") == "-1: too large"
