"""The norms of one example: what the catalogue of mistakes does not cover."""

import numpy as np
import pytest

import bnlib
from bnlib.cache import Cache
from bnlib.checks import run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import lookup
from bnlib.exercises.backward.judging import ANOTHER_CACHE, OWN_FORWARD

FORWARDS = ("layer_norm", "rms_norm", "instance_norm", "group_norm")
AXES = {"layer_norm": (-1,), "instance_norm": (2, 3)}


@pytest.mark.parametrize("name", ["normalize", *FORWARDS])
def test_what_is_right_here_is_right_in_bnlib(name):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        arguments = lookup(name).example(rng)
        y, cache = lookup(name).reference(*arguments)
        want, kept = getattr(bnlib, name)(*arguments)
        assert np.allclose(y, want, rtol=1e-12, atol=1e-12)
        if name == "normalize":
            continue
        dy = rng.standard_normal(y.shape)
        gradients = lookup(f"{name}_backward").reference(dy, cache)
        for got, right in zip(gradients, getattr(bnlib, f"{name}_backward")(dy, kept), strict=True):
            assert got.shape == right.shape
            assert np.allclose(got, right, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_cache_of_another_form_costs_nothing(name):
    own = {name: OwnCallee(getattr(bnlib, name))}
    assert run(name, own[name]).passed
    backward = OwnCallee(getattr(bnlib, f"{name}_backward"))
    assert run(f"{name}_backward", backward, others=own).passed
    assert run(f"{name}_backward", backward).points == 0
    given = OwnCallee(lookup(f"{name}_backward").reference)
    report = run(f"{name}_backward", given, others=own)
    assert report.passed
    assert ANOTHER_CACHE in {r.message for r in report.results}


def norm_over(axes, centred=1.0, outside=False):
    """A forward and a backward pass over these axes of x, each the other's exact counterpart."""

    def shaped(v, x):
        return v.reshape(-1, 1, 1) if x.ndim == 4 else v

    def forward(x, gamma, *rest):
        beta, eps = (rest[0] if len(rest) > 1 else np.zeros_like(gamma)), rest[-1]
        mean = centred * x.mean(axis=axes, keepdims=True)
        var = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
        inv = 1 / (np.sqrt(var) + eps) if outside else 1 / np.sqrt(var + eps)
        xhat = (x - mean) * inv
        y = shaped(gamma, x) * xhat + shaped(beta, x)
        return y, (xhat, inv, gamma, np.sqrt(var))

    def backward(dy, cache):
        xhat, inv, gamma, std = cache
        g = shaped(gamma, dy) * dy
        along = (g * xhat).mean(axis=axes, keepdims=True)
        if outside:  # the derivative of 1 / (std + eps) is another
            along = along / (std * inv)
        dx = inv * (g - centred * g.mean(axis=axes, keepdims=True) - xhat * along)
        shared = (0, 2, 3) if dy.ndim == 4 else tuple(range(dy.ndim - 1))
        return dx, (dy * xhat).sum(axis=shared), dy.sum(axis=shared)

    return forward, backward


@pytest.mark.parametrize(
    ("name", "axes", "outside"),
    [
        ("layer_norm", (0,), False),
        ("layer_norm", (-1,), True),
        ("instance_norm", (0, 2, 3), False),
        ("instance_norm", (1, 2, 3), False),
        ("instance_norm", (2, 3), True),
        ("group_norm", (2, 3), False),
        ("group_norm", (0, 2, 3), False),
        ("group_norm", (1, 2, 3), True),
    ],
)
def test_the_exact_gradient_of_ones_own_wrong_forward_pass_loses_nothing(name, axes, outside):
    forward, backward = norm_over(axes, outside=outside)
    assert not run(name, forward).passed
    for seed in range(3):
        report = run(f"{name}_backward", backward, seed, {name: forward})
        assert report.passed, report
        assert OWN_FORWARD in {r.message for r in report.results}
    zeros = OwnCallee(lookup_mistake(name, "zeros"))
    assert not run(f"{name}_backward", zeros, others={name: forward}).passed


def lookup_mistake(name, id):
    return next(m.function for m in lookup(f"{name}_backward").mistakes if m.id == id)


@pytest.mark.parametrize(("axes", "centred"), [((-1,), 1.0), ((0,), 0.0)])
def test_so_does_that_of_a_wrong_rms_norm(axes, centred):
    forward, backward = norm_over(axes, centred)
    assert not run("rms_norm", forward).passed
    report = run("rms_norm_backward", lambda *a: backward(*a)[:2], others={"rms_norm": forward})
    assert report.passed, report


@pytest.mark.parametrize("name", FORWARDS)
def test_a_forward_pass_that_is_no_norm_buys_no_points(name):
    def nothing(x, gamma, *rest):
        return x * 1, gamma

    def gradient(dy, cache):
        zero = np.zeros(dy.shape[1 if dy.ndim == 4 else -1])
        return (dy, zero, zero)[: len(lookup(f"{name}_backward").returns)]

    assert run(f"{name}_backward", gradient, others={name: nothing}).points == 0


@pytest.mark.parametrize("name", FORWARDS)
def test_a_spoilt_cache_is_seen_beside_ones_own_forward_pass(name):
    right = lookup(f"{name}_backward").reference

    def spoils(dy, cache):
        out = right(dy, cache)
        cache.xhat[...] *= 2
        return out

    for others in ({}, {name: lookup(name).reference}):
        report = run(f"{name}_backward", OwnCallee(spoils), others=others)
        assert [r.passed for r in report.results].count(False) == 1
        assert report.mistakes[0].startswith("change")


def test_a_bare_xhat_is_told_what_is_missing():
    right = lookup("normalize").reference
    report = run("normalize", OwnCallee(lambda *arguments: right(*arguments)[0]))
    assert report.points == 0
    assert report.mistakes == ("xhat-only",)


def test_a_layer_norm_for_matrices_alone_costs_the_check_of_sequences():
    def answer(x, gamma, beta, eps):
        mean, var = x.mean(axis=1)[:, None], x.var(axis=1)[:, None]
        return gamma * (x - mean) / np.sqrt(var + eps) + beta, None

    report = run("layer_norm", answer)
    assert [r.passed for r in report.results].count(False) == 1


def test_batch_norms_closed_form_is_named_in_layer_norm():
    def answer(dy, cache):
        xhat, m = cache.xhat, dy.shape[-1]
        mean, along = dy.mean(-1, keepdims=True), (dy * xhat).mean(-1, keepdims=True)
        dx = cache.gamma * cache.inv_std / m * (m * dy - m * mean - xhat * m * along)
        others = tuple(range(dy.ndim - 1))
        return dx, (dy * xhat).sum(axis=others), dy.sum(axis=others)

    assert run("layer_norm_backward", answer).mistakes == ("gamma-outside",)


def test_two_faults_in_two_outputs_are_both_named():
    def answer(dy, cache):
        dx, dgamma, dbeta = lookup("group_norm_backward").reference(dy, cache)
        dx = (
            cache.gamma[:, None, None]
            * dy
            * np.repeat(cache.inv_std[:, :, 0], dy.shape[1] // cache.inv_std.shape[1], axis=1)
        )
        return dx, dgamma[None, :, None, None], dbeta

    mistakes = run("group_norm_backward", OwnCallee(answer)).mistakes
    assert {"jacobian-diagonal", "dgamma-keepdims"} <= set(mistakes)


@pytest.mark.parametrize("name", ["normalize", *FORWARDS, *(f"{n}_backward" for n in FORWARDS)])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: None,
        lambda value: "y",
        lambda value: (),
        lambda value: value[0],
        lambda value: tuple(np.float16(v) if isinstance(v, np.ndarray) else v for v in value),
        lambda value: tuple(None for _ in value),
        lambda value: tuple(np.array(object()) for _ in value),
        lambda value: ({"y": value[0]}, *value[1:]),
        lambda value: tuple(np.zeros(np.shape(value[0])) for _ in value),
        lambda value: (np.full(np.shape(value[0]), np.nan), *value[1:]),
    ],
)
def test_nothing_that_comes_back_breaks_the_run(name, spoil):
    right = lookup(name).reference
    report = run(name, OwnCallee(lambda *arguments: spoil(right(*arguments))))
    assert report.points < report.possible
    assert str(report)


@pytest.mark.parametrize("name", FORWARDS)
def test_a_constant_or_a_copy_of_the_input_gets_nothing(name):
    for answer in (lambda x, *rest: (x.copy(), None), lambda x, *rest: (np.zeros(x.shape), None)):
        assert run(name, answer).points == 0


def test_the_documented_cache_says_over_which_axes_the_layer_averages():
    rng = np.random.default_rng(0)
    shapes = {}
    for name in FORWARDS:
        arguments = lookup(name).example(rng)
        cache = lookup(name).reference(*arguments)[1]
        assert isinstance(cache, Cache)
        x = arguments[0]
        shapes[name] = cache.inv_std.shape
        block = x.reshape(4, 3, 2, 5, 2) if name == "group_norm" else x
        centred = (block - cache.mean) * cache.inv_std
        assert np.allclose(centred.reshape(x.shape), cache.xhat)
    assert shapes == {
        "layer_norm": (4, 3, 1),
        "rms_norm": (4, 3, 1),
        "instance_norm": (3, 4, 1, 1),
        "group_norm": (4, 3, 1, 1, 1),
    }
