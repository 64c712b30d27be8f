"""Normalized weights, dynamic tanh: own forward passes, other forms, what must not pass."""

import numpy as np
import pytest

import bnlib
from bnlib.cache import DyTCache, WeightNormCache
from bnlib.checks import run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import lookup

SEEDS = range(12)


def axes(a):
    return tuple(range(1, a.ndim))


def leading(a):
    return tuple(range(a.ndim - 1))


def per_unit(g, v):
    return g.reshape((-1,) + (1,) * (v.ndim - 1))


def weight_norm(v, g):
    norm = np.sqrt((v**2).sum(axis=axes(v), keepdims=True))
    return per_unit(g, v) * v / norm, WeightNormCache(v / norm, norm, per_unit(g, v))


def weight_norm_backward(dw, cache):
    direction, norm, g = cache
    dg = (dw * direction).sum(axis=axes(dw), keepdims=True)
    return g / norm * (dw - direction * dg), dg.ravel()


def weight_standardize(w, eps):
    centred = w - w.mean(axis=axes(w), keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=axes(w), keepdims=True) + eps), None


def dyt(x, alpha, gamma, beta):
    tanh = np.tanh(alpha * x)
    return gamma * tanh + beta, DyTCache(x, tanh, alpha, gamma)


def dyt_backward(dy, cache):
    x, tanh, alpha, gamma = cache
    dz = dy * gamma * (1 - tanh**2)
    return alpha * dz, (dz * x).sum(), (dy * tanh).sum(axis=leading(dy)), dy.sum(axis=leading(dy))


RIGHT = {
    "weight_norm": weight_norm,
    "weight_norm_backward": weight_norm_backward,
    "weight_standardize": weight_standardize,
    "dyt": dyt,
    "dyt_backward": dyt_backward,
}
FORWARD = {"weight_norm_backward": weight_norm, "dyt_backward": dyt}


@pytest.mark.parametrize("name", RIGHT)
def test_the_exercise_and_the_library_mean_the_same(name):
    exercise = lookup(name)
    for seed in SEEDS:
        arguments = exercise.example(np.random.default_rng(seed))
        theirs = getattr(bnlib, name)(*arguments)
        for answer in (exercise.reference, RIGHT[name]):
            for output, a, b in zip(exercise.returns, answer(*arguments), theirs, strict=True):
                if output not in exercise.opaque:
                    assert np.shape(a) == np.shape(b)
                    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


# ------------------------------------------------------- beside the student's own forward pass


def two_norm_of_all(v, g):
    norm = np.sqrt((v**2).sum())
    return per_unit(g, v) * v / norm, (v, norm, g)


def two_norm_of_all_backward(dw, cache):
    v, norm, g = cache
    through = per_unit(g, v) * dw
    return through / norm - v * (through * v).sum() / norm**3, (dw * v / norm).sum(axis=axes(v))


def l1(v, g):
    norm = np.abs(v).sum(axis=axes(v), keepdims=True)
    return per_unit(g, v) * v / norm, (v, norm, g)


def l1_backward(dw, cache):
    v, norm, g = cache
    dg = (dw * v / norm).sum(axis=axes(v), keepdims=True)
    return per_unit(g, v) / norm * (dw - np.sign(v) * dg), dg.ravel()


def squared_g(v, g):
    return per_unit(g**2, v) * v / weight_norm(v, g)[1].norm, (v, g)


def squared_g_backward(dw, cache):
    v, g = cache
    dv, dg = weight_norm_backward(dw, weight_norm(v, g**2)[1])
    return dv, 2 * g * dg


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (two_norm_of_all, two_norm_of_all_backward),
        (l1, l1_backward),
        (squared_g, squared_g_backward),
    ],
)
def test_the_exact_gradient_of_another_length_loses_nothing(forward, backward):
    assert not run("weight_norm", forward).passed
    for seed in SEEDS:
        report = run("weight_norm_backward", backward, seed, {"weight_norm": forward})
        assert report.passed, report
        assert "your own forward pass" in report.results[0].message
        assert not run("weight_norm_backward", backward, seed).passed


def gamma_inside(x, alpha, gamma, beta):
    return np.tanh(gamma * alpha * x) + beta, (x, alpha, gamma)


def gamma_inside_backward(dy, cache):
    x, alpha, gamma = cache
    dz, rows = dy * (1 - np.tanh(gamma * alpha * x) ** 2), leading(dy)
    dgamma = (dz * alpha * x).sum(axis=rows)
    return dz * gamma * alpha, (dz * gamma * x).sum(), dgamma, dy.sum(axis=rows)


def alpha_outside(x, alpha, gamma, beta):
    return gamma * alpha * np.tanh(x) + beta, (np.tanh(x), alpha, gamma)


def alpha_outside_backward(dy, cache):
    tanh, alpha, gamma = cache
    rows = leading(dy)
    dx = dy * gamma * alpha * (1 - tanh**2)
    return dx, (dy * gamma * tanh).sum(), (dy * alpha * tanh).sum(axis=rows), dy.sum(axis=rows)


def arctan(x, alpha, gamma, beta):
    return gamma * np.arctan(alpha * x) + beta, (x, alpha, gamma)


def arctan_backward(dy, cache):
    x, alpha, gamma = cache
    dz, rows = dy * gamma / (1 + (alpha * x) ** 2), leading(dy)
    dgamma = (dy * np.arctan(alpha * x)).sum(axis=rows)
    return dz * alpha, (dz * x).sum(), dgamma, dy.sum(axis=rows)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (gamma_inside, gamma_inside_backward),
        (alpha_outside, alpha_outside_backward),
        (arctan, arctan_backward),
    ],
)
def test_the_exact_gradient_of_another_curve_loses_nothing(forward, backward):
    assert not run("dyt", forward).passed
    for seed in SEEDS:
        report = run("dyt_backward", backward, seed, {"dyt": forward})
        assert report.passed, report
        assert "your own forward pass" in report.results[0].message
        assert not run("dyt_backward", backward, seed).passed


def kept_otherwise(name):
    """A right backward pass on a dictionary, and a wrong forward pass that keeps one."""
    if name == "weight_norm_backward":
        return (
            lambda v, g: (v * per_unit(g, v), {"v": v, "g": g}),
            lambda dw, c: weight_norm_backward(dw, weight_norm(c["v"], c["g"])[1]),
        )
    return (
        lambda x, a, g, b: (g * np.tanh(a * x), {"all": (x, a, g, b)}),
        lambda dy, c: dyt_backward(dy, dyt(*c["all"])[1]),
    )


@pytest.mark.parametrize("name", FORWARD)
def test_a_right_backward_pass_with_a_cache_of_its_own_beside_a_wrong_forward_pass(name):
    forward, backward = kept_otherwise(name)
    use = lookup(name).uses[0]
    for seed in SEEDS:
        assert run(name, backward, seed, {use: forward}).passed


@pytest.mark.parametrize(
    "own",
    [
        lambda *arguments: 1 / 0,
        lambda *arguments: None,
        lambda *arguments: (None, None),
        lambda *arguments: ("w", 3),
        lambda *arguments: (np.zeros((2, 2)), None),
        lambda first, *rest: (first, None),
        lambda first, *rest: (first.astype(np.float16), None),
    ],
)
@pytest.mark.parametrize("name", FORWARD)
def test_a_forward_pass_that_is_none_costs_nothing(name, own):
    use = lookup(name).uses[0]
    for seed in SEEDS:
        assert run(name, RIGHT[name], seed, {use: own}).passed


@pytest.mark.parametrize("name", FORWARD)
def test_a_cache_that_does_not_fit_is_said(name):
    use = lookup(name).uses[0]
    report = run(name, RIGHT[name], 0, {use: lambda *a: (FORWARD[name](*a)[0], None)})
    assert report.passed
    assert "documented cache" in report.results[0].message


@pytest.mark.parametrize("name", FORWARD)
def test_a_float32_forward_pass_is_enough(name):
    def single(*arguments):
        return FORWARD[name](*(np.float32(a) for a in arguments))

    for seed in range(40):
        report = run(name, RIGHT[name], seed, {lookup(name).uses[0]: single})
        assert report.passed, report


@pytest.mark.parametrize("name", FORWARD)
def test_every_mistake_is_named_beside_a_right_forward_pass_too(name):
    others = {lookup(name).uses[0]: FORWARD[name]}
    for mistake in lookup(name).mistakes:
        report = run(name, OwnCallee(mistake.function), 3, others)
        assert report.mistakes == (mistake.id,), report


# ------------------------------------------------------------------ what must buy no points


@pytest.mark.parametrize(
    ("own", "answer"),
    [
        (lambda v, g: (v, None), lambda dw, c: (dw, np.zeros(len(dw)))),
        (
            lambda v, g: (per_unit(g, v) * v, {"v": v, "g": g}),
            lambda dw, c: (per_unit(c["g"], dw) * dw, (dw * c["v"]).sum(axis=axes(dw))),
        ),
        (lambda v, g: (0 * v, None), lambda dw, c: (0 * dw, np.zeros(len(dw)))),
    ],
)
def test_a_forward_pass_without_a_length_buys_nothing(own, answer):
    for seed in SEEDS:
        assert run("weight_norm_backward", answer, seed, {"weight_norm": own}).points == 0


def line_backward(dy, cache):
    x, alpha, gamma = cache
    rows = leading(dy)
    dgamma = (dy * alpha * x).sum(axis=rows)
    return dy * gamma * alpha, (dy * gamma * x).sum(), dgamma, dy.sum(axis=rows)


@pytest.mark.parametrize(
    ("own", "answer", "points"),
    [
        # dbeta is that of dynamic tanh too, and earns its point.
        (lambda x, a, g, b: (g * a * x + b, (x, a, g)), line_backward, 1),
        (
            lambda x, a, g, b: (x, None),
            lambda dy, c: (dy, 0.0, np.zeros(dy.shape[-1]), np.zeros(dy.shape[-1])),
            0,
        ),
    ],
)
def test_a_forward_pass_without_a_bend_buys_nothing(own, answer, points):
    for seed in SEEDS:
        assert run("dyt_backward", answer, seed, {"dyt": own}).points == points


NONSENSE = [
    lambda *a: None,
    lambda *a: "w",
    lambda *a: (),
    lambda *a: [],
    lambda *a: {},
    lambda *a: 0.0,
    lambda *a: (0.0,) * 2,
    lambda *a: (None,) * 4,
    lambda *a: ("a", "b"),
    lambda *a: (np.zeros(0),) * 4,
    lambda *a: ([[1], [2, 3]],) * 2,
    lambda *a: (np.ones(3, int),) * 4,
    lambda *a: (np.array(object()),) * 2,
    lambda first, *a: (first, None),
    lambda first, *a: (np.zeros_like(first), np.zeros(len(first))),
    lambda first, *a: (np.ones_like(first), None),
    lambda first, *a: (first * np.nan, None),
    lambda first, *a: (first.astype(np.float16), None),
    lambda first, *a: (first.tolist(), None, None, None),
    lambda first, *a: (first[..., None], None),
    lambda first, *a: (first.T, None),
    lambda first, *a: (first, 0.0, first[0], first[0]),
    lambda first, *a: exit(3),
    lambda first: (first, None),
]


@pytest.mark.parametrize("name", RIGHT)
def test_nonsense_gets_nothing_and_breaks_nothing(name):
    for answer in NONSENSE:
        for others in ({}, {use: RIGHT[use] for use in lookup(name).uses if use in RIGHT}):
            report = run(name, answer, 1, others)
            assert report.points == 0, report
            assert str(report)
            assert report._repr_html_()


def ignoring(name, position, value):
    """A right answer that uses a constant in the place of one of its arguments."""

    def answer(*arguments):
        given = list(arguments)
        given[position] = value if np.ndim(given[position]) == 0 else value + 0 * given[position]
        return RIGHT[name](*given)

    return answer


@pytest.mark.parametrize(
    ("name", "position", "value"),
    [
        ("weight_norm", 1, 1.0),
        ("weight_standardize", 1, 1e-5),
        ("weight_standardize", 1, 1e-3),
        ("dyt", 1, 0.5),
        ("dyt", 1, 1.0),
        ("dyt", 2, 1.0),
        ("dyt", 3, 0.0),
    ],
)
def test_no_argument_can_be_ignored(name, position, value):
    for seed in SEEDS:
        assert not run(name, ignoring(name, position, value), seed).passed


@pytest.mark.parametrize("name", RIGHT)
def test_half_precision_and_whole_numbers_are_named(name):
    def half(*arguments):
        out = RIGHT[name](*arguments)
        return np.asarray(out[0]).astype(np.float16), *out[1:]

    assert "wrong-dtype" in run(name, half).mistakes


@pytest.mark.parametrize("name", FORWARD)
def test_a_cache_of_ones_own_that_is_spoilt_is_seen_by_the_second_call(name):
    class Kept:
        def __init__(self, cache):
            self.cache = cache

    def own(*arguments):
        out, cache = FORWARD[name](*arguments)
        return out, Kept(cache)

    def spoils(dout, kept):
        out = RIGHT[name](dout, kept.cache)
        kept.cache[0][...] *= 2
        return out

    others = {lookup(name).uses[0]: own}
    assert run(name, lambda d, kept: RIGHT[name](d, kept.cache), others=others).passed
    assert "changed-argument" in run(name, spoils, others=others).mistakes


def test_two_faults_in_two_gradients_are_both_named():
    def answer(dy, cache):
        dx, dalpha, dgamma, dbeta = dyt_backward(dy, cache)
        return dx / cache.alpha, dalpha / dy.size, dgamma, dbeta

    assert {"dx-without-alpha", "dalpha-averaged"} <= set(run("dyt_backward", answer).mistakes)


def test_a_missing_gradient_costs_the_checks_that_judge_it():
    def answer(dy, cache):
        dx, _, dgamma, dbeta = dyt_backward(dy, cache)
        return dx, None, dgamma, dbeta

    report = run("dyt_backward", answer)
    assert [r.passed for r in report.results] == [True, False, True, True, False, False]
    assert report.mistakes == ("dalpha-none",)


def test_an_eps_of_any_usual_size_in_a_length_costs_one_check():
    for eps in (1e-8, 1e-7, 1e-6, 1e-5):
        for spoil in (lambda n, e: n + e, lambda n, e: np.sqrt(n**2 + e)):

            def answer(v, g, eps=eps, spoil=spoil):
                return per_unit(g, v) * v / spoil(weight_norm(v, g)[1].norm, eps), None

            for seed in SEEDS:
                failed = [r.name for r in run("weight_norm", answer, seed).results if not r.passed]
                assert len(failed) == 1
                assert "eps" in failed[0]


def test_a_message_is_at_most_four_lines_and_short():
    for name in RIGHT:
        for mistake in lookup(name).mistakes:
            for result in run(name, OwnCallee(mistake.function)).results:
                if result.mistake == mistake.id:
                    assert len(result.message) < 400, result.message
