"""Notebook 02: what is free costs nothing, what is not is held to, whatever signs one chose."""

from functools import partial

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.callee import LocalCallee
from bnlib.checks.registry import lookup
from bnlib.checks.student import Student, same_record
from bnlib.exercises.whitening.clouds import eps_cloud, flat_cloud, offset_cloud, wide_cloud

SEEDS = range(12)
WHITENINGS = ("pca_whiten", "zca_whiten", "cholesky_whiten", "newton_whiten")
LINALG = [
    f"numpy.linalg.{name}"
    for name in ("eigh", "eig", "svd", "inv", "pinv", "solve", "cholesky", "qr", "lstsq")
]


def answered(name, x, eps):
    return (x, 8, eps) if name == "newton_whiten" else (x, eps)


@pytest.mark.parametrize("draw", [eps_cloud, wide_cloud, offset_cloud, flat_cloud])
@pytest.mark.parametrize("name", WHITENINGS)
def test_the_references_are_those_of_the_core(name, draw):
    rng = np.random.default_rng(3)
    cloud = draw(rng) if draw is flat_cloud else draw(rng, (9, 4))
    arguments = answered(name, cloud.x, max(cloud.eps, 1e-8))
    for ours, core in zip(
        lookup(name).reference(*arguments), getattr(bnlib, name)(*arguments), strict=True
    ):
        if name == "pca_whiten" and draw is not flat_cloud:
            ours, core = np.abs(ours), np.abs(core)
        if name != "pca_whiten" or draw is not flat_cloud:
            assert np.allclose(ours, core, rtol=1e-6, atol=1e-9 * np.abs(core).max())


def pca(x, eps, signs=1.0, order=slice(None), w_of=lambda rows, v: rows.T / np.sqrt(v)):
    """By singular values, with signs and an order of one's own."""
    mean = x.mean(axis=0)
    _, s, rows = np.linalg.svd(x - mean)
    variances = np.zeros(x.shape[1])
    variances[: len(s)] = s**2 / len(x)
    w = (w_of(rows, variances + eps) * signs)[:, order]
    return (x - mean) @ w, mean, w


def random_signs(x):
    return np.random.default_rng(int(abs(x[0, 0]) * 1e6)).choice([-1.0, 1.0], x.shape[1])


@pytest.mark.parametrize("seed", SEEDS)
def test_any_signs_are_right_and_another_order_costs_one_check(seed):
    assert run("pca_whiten", lambda x, eps: pca(x, eps, random_signs(x)), seed).passed
    report = run(
        "pca_whiten", lambda x, eps: pca(x, eps, random_signs(x), slice(None, None, -1)), seed
    )
    assert report.mistakes == ("smallest-first",)
    assert report.points == report.possible - 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mistake_is_named_whatever_the_signs(seed):
    def named(**how):
        return run("pca_whiten", lambda x, eps: pca(x, eps, random_signs(x), **how), seed).mistakes

    assert named(w_of=lambda rows, v: rows.T) == ("rotation-only",)
    assert named(w_of=lambda rows, v: rows.T / v) == ("eigenvalues-not-rooted",)
    assert named(w_of=lambda rows, v: rows.T / np.sqrt(v[::-1])) == ("out-of-step",)

    def not_centred(x, eps):
        _, mean, w = pca(x, eps, random_signs(x))
        return x @ w, mean, w

    def eps_twice(x, eps):
        return pca(x, 2 * eps, random_signs(x))

    assert run("pca_whiten", not_centred, seed).mistakes == ("z-not-centred",)
    assert run("pca_whiten", eps_twice, seed).mistakes == ("eps-twice",)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["zca_whiten", "cholesky_whiten"])
def test_pca_in_the_place_of_another_is_named_whatever_signs_and_order(name, seed):
    for order in (slice(None), slice(None, None, -1)):
        report = run(name, lambda x, eps, o=order: pca(x, eps, random_signs(x), o), seed)
        assert report.mistakes in (("not-rotated-back",), ("pca-instead",))
        assert report.points == report.possible - 2


def test_negative_diagonals_of_a_qr_decomposition_are_named():
    def by_qr(x, eps):
        mean = x.mean(axis=0)
        rows = np.vstack([(x - mean) / np.sqrt(len(x)), np.sqrt(eps) * np.eye(x.shape[1])])
        w = np.linalg.inv(np.linalg.qr(rows)[1])
        return (x - mean) @ w, mean, w

    for seed in SEEDS:
        report = run("cholesky_whiten", by_qr, seed)
        assert report.passed or report.mistakes == ("negative-diagonal",)


def newton(step, dtype=float):
    def answer(x, steps, eps):
        x = x.astype(dtype)
        mean = x.mean(axis=0)
        i = np.eye(x.shape[1], dtype=dtype)
        cov = (x - mean).T @ (x - mean) / dtype(len(x)) + dtype(eps) * i
        trace = np.trace(cov)
        p = i
        for _ in range(steps):
            p = step(p, cov / trace, i)
        w = p / np.sqrt(trace)
        return (x - mean) @ w, mean, w

    return answer


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "step",
    [
        lambda p, s, i: (3 * p - p @ p @ p @ s) / 2,
        lambda p, s, i: p @ (3 * i - p @ p @ s) / 2,
        lambda p, s, i: (3 * p - p @ (s @ p) @ p) / 2,
        lambda p, s, i: (3 * p - np.linalg.matrix_power(p, 3) @ s) / 2,
    ],
)
def test_the_formula_as_it_stands_costs_one_check(step, dtype):
    for seed in SEEDS:
        report = run("newton_whiten", newton(step, dtype), seed)
        assert report.mistakes == ("rounding-builds-up",), report
        assert report.points == report.possible - 1


@pytest.mark.parametrize("name", LINALG)
@pytest.mark.parametrize(
    "how", ["import numpy as np", "from numpy import linalg", "from {0} import {1}"]
)
def test_newton_whiten_does_without_decompositions_and_solvers(name, how):
    package, _, last = name.rpartition(".")
    called = {"i": f"np.linalg.{last}", "f": f"linalg.{last}"}[how[0]]
    if "{0}" in how:
        how, called = how.format(package, last), last
    space = {"__name__": "a_notebook"}
    exec(
        f"{how}\ndef helper(a):\n    return {called}(a)\n"
        "def newton_whiten(x, steps, eps):\n    return helper(x)",
        space,
    )
    report = run("newton_whiten", space["newton_whiten"])
    assert report.status == "borrowed"
    assert name in str(report)


def test_newton_whiten_may_take_powers_norms_and_ones_own_covariance():
    space = {"__name__": "a_notebook", "np": np}
    exec(
        "def covariance(x):\n    return np.linalg.inv(np.linalg.inv(np.cov(x.T, bias=True)))\n"
        "def newton_whiten(x, steps, eps):\n"
        "    np.linalg.norm(x), np.linalg.matrix_power(x.T @ x, 2)\n"
        "    return covariance(x)",
        space,
    )
    assert run("newton_whiten", space["newton_whiten"]).status != "borrowed"


def idle(x, *rest):
    return x - x.mean(axis=0), x.mean(axis=0), np.eye(x.shape[1])


def exact(x, *rest):
    cov = np.cov(x.T, bias=True) + rest[-1] * np.eye(x.shape[1])
    values, u = np.linalg.eigh(cov)
    w = u / np.sqrt(values) @ u.T
    return x @ w, x.mean(axis=0), w


@pytest.mark.parametrize("name", WHITENINGS)
def test_what_is_no_whitening_gets_next_to_nothing(name):
    for seed in SEEDS:
        assert run(name, idle, seed).points <= 1
        assert run(name, lambda x, *rest: (0 * x, x[0], np.zeros((4, 4))), seed).points == 0
    standardized = run(
        name, lambda x, *rest: lookup("zca_whiten").mistakes[4].function(x, rest[-1])
    )
    assert standardized.points <= 1


ODD = (
    None,
    "z",
    3.0,
    [],
    [[1.0], [2.0, 3.0]],
    np.zeros(0),
    np.zeros((2, 2)),
    np.full((4, 4), np.nan),
    np.zeros((4, 4), dtype=np.float16),
    np.ones((3, 3), dtype=int),
    np.zeros((2, 3, 4)),
    object(),
    {"w": 1},
    np.array(["a", "b"]),
    np.eye(4, dtype=complex),
)


def spoilt(right, odd, place, *arguments):
    values = list(right(*arguments))
    values[place] = odd
    return values


@pytest.mark.parametrize("name", ["covariance", *WHITENINGS])
def test_whatever_is_returned_ends_in_a_verdict(name):
    for odd in ODD:
        answers = [lambda *a, o=odd: o]
        if name != "covariance":
            answers += [partial(spoilt, lookup(name).reference, odd, place) for place in range(3)]
        for answer in answers:
            report = run(name, answer)
            assert report.points < report.possible
            assert all(r.message for r in report.results if not r.passed)


@pytest.mark.parametrize("draw", [wide_cloud, eps_cloud, offset_cloud])
def test_a_cloud_that_is_drawn_again_is_the_same_and_leaves_the_same_generator(draw):
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(2):
        assert np.array_equal(draw(one, (7, 3)).x, draw(two, (7, 3)).x)
        assert one.bit_generator.state == two.bit_generator.state
    assert not np.array_equal(draw(one, (7, 3)).x, draw(one, (7, 3)).x)


def test_a_check_may_record_what_is_not_free_in_place_of_what_came():
    exercise = lookup("pca_whiten")
    cloud = eps_cloud(np.random.default_rng(0), (6, 3))
    one, two = (
        Student(exercise, LocalCallee(lambda x, eps, s=sign: pca(x, eps, s)))
        for sign in (1.0, -1.0)
    )
    for student in (one, two):
        _, _, w = student(cloud.x, cloud.eps)
        assert np.array_equal(student.record[-1][1]["w"], w)
        student.record_as(w=np.abs(w), z="no array")
        assert student.record[-1][1]["z"] == "wrong-type"
    assert same_record(one.record, two.record)
    assert np.allclose(one.record[-1][1]["mean"], cloud.mean)
