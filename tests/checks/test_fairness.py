"""Earlier answers cost nothing later, and buy nothing; no answer breaks or outwits a run."""

import functools
import time

import numpy as np
import pytest

from bnlib.cache import Cache
from bnlib.checks import callee, engine, run
from tests.checks.answers import backward, forward, standardize

BACKWARDS = ("batchnorm_backward_staged", "batchnorm_backward")


@pytest.mark.parametrize("name", BACKWARDS)
@pytest.mark.parametrize("others", [{}, {"batchnorm_forward": forward}])
def test_a_changed_cache_or_gradient_is_seen_beside_ones_own_forward_pass(name, others):
    def spoils_cache(dy, cache):
        out = backward(dy, cache)
        cache.xhat[...] *= 2
        return out

    def spoils_dy(dy, cache):
        out = backward(dy, cache)
        dy *= 2
        return out

    for answer in (spoils_cache, spoils_dy):
        report = run(name, answer, others=others)
        assert [r.passed for r in report.results].count(False) == 1, report
        assert report.mistakes[0].startswith("change")


def test_a_spoilt_cache_of_ones_own_form_is_seen_by_the_second_call():
    class Kept:
        def __init__(self, cache):
            self.cache = cache

    def own(x, gamma, beta, eps):
        y, cache = forward(x, gamma, beta, eps)
        return y, Kept(cache)

    def spoils(dy, kept):
        out = backward(dy, kept.cache)
        kept.cache.xhat[...] *= 2
        return out

    others = {"batchnorm_forward": own}
    assert run("batchnorm_backward", lambda dy, k: backward(dy, k.cache), others=others).passed
    report = run("batchnorm_backward", spoils, others=others)
    assert "changed-argument" in report.mistakes


@pytest.mark.parametrize("name", BACKWARDS)
def test_a_forward_pass_that_is_no_norm_buys_no_points(name):
    def nothing(dy, cache):
        return dy, 0 * dy.sum(axis=0), 0 * dy.sum(axis=0)

    report = run(name, nothing, others={"batchnorm_forward": lambda x, g, b, e: (x, None)})
    assert report.points == 0


def test_a_trivial_function_of_torch_buys_no_points_for_gradients():
    torch = pytest.importorskip("torch")

    class BatchNormFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            return x * 1

        @staticmethod
        def backward(ctx, dy):
            zero = torch.zeros(dy.shape[1], dtype=dy.dtype)
            return dy, zero, zero, None

    assert run("BatchNormFunction", BatchNormFunction).points == 0


def test_state_on_the_class_and_gradients_changed_in_place_are_seen():
    torch = pytest.importorskip("torch")

    def answer(keep_on_class=False, in_place=False):
        class BatchNormFunction(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, gamma, beta, eps):
                inv_std = 1 / torch.sqrt(x.var(0, unbiased=False) + eps)
                xhat = (x - x.mean(0)) * inv_std
                kept = BatchNormFunction if keep_on_class else ctx
                kept.items = (xhat, inv_std, gamma)
                return gamma * xhat + beta

            @staticmethod
            def backward(ctx, dy):
                xhat, inv_std, gamma = (BatchNormFunction if keep_on_class else ctx).items
                dgamma, dbeta = (dy * xhat).sum(0), dy.sum(0)
                dx = gamma * inv_std * (dy - dbeta / len(dy) - xhat * dgamma / len(dy))
                if in_place:
                    dy *= 2
                return dx, dgamma, dbeta, None

        return BatchNormFunction

    assert run("BatchNormFunction", answer()).passed
    assert not run("BatchNormFunction", answer(keep_on_class=True)).passed
    assert not run("BatchNormFunction", answer(in_place=True)).passed


def test_a_half_written_function_keeps_the_points_of_its_forward_pass():
    torch = pytest.importorskip("torch")

    class BatchNormFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            return gamma * (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + eps) + beta

        @staticmethod
        def backward(ctx, dy):
            raise NotImplementedError

    assert run("BatchNormFunction", BatchNormFunction).points == 3


def test_a_natural_slip_in_torch_is_named():
    torch = pytest.importorskip("torch")

    class BatchNormFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, gamma, beta, eps):
            inv_std = 1 / torch.sqrt(x.var(0) + eps)  # torch divides by N - 1 unless told
            xhat = (x - x.mean(0)) * inv_std
            ctx.save_for_backward(xhat, inv_std, gamma)
            return gamma * xhat + beta

        @staticmethod
        def backward(ctx, dy):
            xhat, inv_std, gamma = ctx.saved_tensors
            dgamma, dbeta = (dy * xhat).sum(0), dy.sum(0)
            dx = gamma * inv_std * (dy - dbeta / len(dy) - xhat * dgamma / len(dy))
            return dx, dgamma, dbeta, None

    assert "forward-bessel" in run("BatchNormFunction", BatchNormFunction).mistakes


def test_another_cache_than_the_documented_one_costs_nothing_and_is_said():
    own = {"batchnorm_forward": lambda *a: (forward(*a)[0], None)}
    report = run("batchnorm_backward", backward, others=own)
    assert report.passed
    assert "cache" in report.results[0].message


def test_a_float32_forward_pass_is_enough():
    def single(x, gamma, beta, eps):
        return forward(*(a.astype(np.float32) for a in (x, gamma, beta)), np.float32(eps))

    for seed in range(30):
        report = run("batchnorm_backward", backward, seed, {"batchnorm_forward": single})
        assert report.passed, report


def test_a_wrong_affine_step_costs_its_own_points_alone():
    def affine_backward(dy, xhat, gamma):
        return dy * gamma, (dy * xhat).mean(axis=0), dy.mean(axis=0)

    def through(dy, cache):
        dxhat, dgamma, dbeta = affine_backward(dy, cache.xhat, cache.gamma)
        along = (dxhat * cache.xhat).mean(axis=0)
        dx = cache.inv_std * (dxhat - dxhat.mean(axis=0) - cache.xhat * along)
        return dx, dgamma, dbeta

    assert run("affine_backward", affine_backward).points == 1
    others = {"affine_backward": affine_backward}
    assert run("batchnorm_backward_staged", through, others=others).passed
    assert not run("batchnorm_backward_staged", through).passed


def spatial_backward_through(flat):
    def spatial(dy, cache):
        n, c, h, w = dy.shape
        rows = [a.transpose(0, 2, 3, 1).reshape(-1, c) for a in (cache.x, cache.xhat, dy)]
        dx, dgamma, dbeta = flat(rows[2], Cache(*rows[:2], *cache[2:]))
        return dx.reshape(n, h, w, c).transpose(0, 3, 1, 2), dgamma, dbeta

    return spatial


def no_gamma(dy, cache):
    dx, dgamma, dbeta = backward(dy, cache)
    return dx / cache.gamma, dgamma, dbeta


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"batchnorm_forward": forward},
        {"batchnorm_forward": lambda *a: 1 / 0},
        {"batchnorm_forward": lambda *a: (forward(*a)[0], {"other": "form"})},
        {"batchnorm_forward_spatial": lambda *a: 1 / 0},
    ],
)
def test_images_inherit_the_fault_of_the_rows_whatever_else_is_missing(extra):
    others = {"batchnorm_backward": no_gamma, **extra}
    answer = spatial_backward_through(no_gamma)
    assert run("batchnorm_backward_spatial", answer, others=others).passed
    assert run("batchnorm_backward_spatial", answer, others=extra).mistakes == ("gamma-lost",)


def test_one_missing_output_costs_the_checks_that_judge_it():
    def placeholder(dy, cache):
        return None, (dy * cache.xhat).sum(axis=0), dy.sum(axis=0)

    report = run("batchnorm_backward", placeholder)
    passed = {r.name for r in report.results if r.passed}
    assert "dgamma sums dy * xhat over the batch" in passed
    assert "dbeta sums dy over the batch" in passed
    assert report.results[0].mistake == "returned-none"


def test_two_faults_in_two_outputs_are_both_named():
    def answer(dy, cache):
        dx = dy * cache.gamma * cache.inv_std
        return dx, (dy * cache.xhat).mean(axis=0), dy.sum(axis=0)

    mistakes = run("batchnorm_backward", answer).mistakes
    assert {"jacobian-diagonal", "dgamma-averaged"} <= set(mistakes)


def test_names_are_given_beside_right_earlier_answers_too():
    others = {"batchnorm_forward": forward, "batchnorm_backward": backward}
    report = run("batchnorm_backward_spatial", spatial_backward_through(no_gamma), others=others)
    assert report.mistakes == ("gamma-lost",)


# ------------------------------------------------------------------ answers that misbehave


def swallow_and_answer(x, eps):
    try:
        while True:
            x.sum()
    except:  # noqa: E722
        pass
    return standardize(x, eps)


def swallow_for_ever(x, eps):
    while True:
        try:
            time.sleep(0.01)
        except:  # noqa: E722
            continue


@pytest.mark.parametrize("answer", [swallow_and_answer, swallow_for_ever])
def test_a_swallowed_deadline_still_ends_the_call(answer, monkeypatch):
    monkeypatch.setattr(callee, "SECONDS_A_CALL", 0.2)
    start = time.monotonic()
    report = run("standardize_batch", answer)
    assert time.monotonic() - start < 10
    assert report.status == "took too long"
    assert report.points == 0


def test_a_hanging_earlier_answer_costs_nothing(monkeypatch):
    monkeypatch.setattr(engine, "SECONDS_A_HELPER", 0.2)

    def hang(x, gamma, beta, eps):
        while True:
            pass

    start = time.monotonic()
    assert run("batchnorm_backward", backward, others={"batchnorm_forward": hang}).passed
    assert time.monotonic() - start < 10


def test_what_was_earned_before_a_time_out_stays(monkeypatch):
    monkeypatch.setattr(callee, "SECONDS_A_CALL", 0.2)

    def late(x, eps):
        while len(x) == 5:
            pass
        return standardize(x, eps)

    report = run("standardize_batch", late)
    assert report.status == "took too long"
    assert report.points == 5
    assert "5 of 6 points" in str(report)


def test_code_that_is_not_written_yet_in_one_branch_costs_that_check():
    def answer(x, eps):
        if len(x) == 2:
            raise NotImplementedError("two rows")
        return standardize(x, eps)

    report = run("standardize_batch", answer)
    assert report.points == 5
    assert [r.passed for r in report.results] == [True, True, None, True, True]


class Weird(BaseException):
    def __str__(self):
        raise RuntimeError("no")


def raises_weird(x, eps):
    raise Weird


class Zero(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return np.zeros(np.shape(inputs[0]), bool if ufunc is np.less_equal else float)


@pytest.mark.parametrize(
    "answer",
    [
        raises_weird,
        lambda x, eps: exit(3),
        lambda x, eps: np.ma.masked_all(x.shape),
        lambda x, eps: np.zeros(x.shape).view(Zero),
        lambda x, eps: (i for i in x),
        lambda x, eps: {"xhat": x},
        lambda x, eps: standardize(x, eps)[..., None],
        lambda x, eps: np.array(object()),
    ],
)
def test_nothing_that_an_answer_does_breaks_the_run(answer):
    report = run("standardize_batch", answer)
    assert report.points == 0
    assert str(report)
    assert report._repr_html_()


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_a_callable_of_any_kind_is_judged():
    class Answer:
        def __call__(self, x, eps):
            return standardize(x, eps)

        def method(self, x, eps):
            return standardize(x, eps)

    assert run("standardize_batch", Answer()).passed
    assert run("standardize_batch", Answer().method).passed
    assert run("standardize_batch", functools.partial(standardize)).passed
    assert run("standardize_batch", lambda x, eps: np.asmatrix(standardize(x, eps))).passed
    assert run("batchnorm_backward", backward, others={"batchnorm_forward": 3}).passed


def test_a_long_message_of_an_exception_is_cut():
    def answer(x, eps):
        raise ValueError("x" * 100_000)

    assert len(str(run("standardize_batch", answer))) < 2_000
