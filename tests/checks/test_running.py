"""Notebook 6 beyond its catalogue: what students combine, and what must not pass by a detail."""

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.registry import lookup

SEEDS = range(10)
LIBRARY = {
    "update_running": lambda mean, var, x, m, unbiased: bnlib.update_running(
        mean, var, x, momentum=m, unbiased=unbiased
    ),
    "batchnorm_inference": bnlib.batch_norm_inference,
    "merge_stats": bnlib.merge_stats,
    "precise_stats": bnlib.precise_stats,
    "fold_linear": bnlib.fold_linear,
    "fold_conv": bnlib.fold_conv,
}


@pytest.mark.parametrize("name", LIBRARY)
def test_a_name_means_what_it_means_in_the_library(name):
    exercise = lookup(name)
    for seed in SEEDS:
        arguments = exercise.example(np.random.default_rng(seed))
        right, theirs = exercise.reference(*arguments), LIBRARY[name](*arguments)
        if len(exercise.returns) == 1:
            right, theirs = (right,), (theirs,)
        for one, other in zip(right, theirs, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9)


def lost(report):
    return {r.name for r in report.results if not r.passed}


# ------------------------------------------------------------------ faults that come together


def test_the_update_of_another_course_is_named_at_once():
    def other_course(running_mean, running_var, x, momentum, unbiased):
        return (
            momentum * running_mean + (1 - momentum) * x.mean(axis=0),
            momentum * running_var + (1 - momentum) * x.var(axis=0),
        )

    for seed in SEEDS:
        report = run("update_running", other_course, seed)
        assert report.mistakes == ("momentum-of-old-and-biased",)


def test_a_variance_with_two_faults_leaves_the_points_for_the_mean():
    def eps_and_biased(running_mean, running_var, x, momentum, unbiased):
        var = x.var(axis=0) + 1e-5
        return (
            (1 - momentum) * running_mean + momentum * x.mean(axis=0),
            (1 - momentum) * running_var + momentum * var,
        )

    for seed in SEEDS:
        report = run("update_running", eps_and_biased, seed)
        assert set(report.mistakes) == {"always-biased", "eps-stored"}
        assert report.points == 5


def test_two_faults_of_a_folding_are_both_named_and_b_keeps_its_points():
    def last_axis_and_no_none(w, b, gamma, beta, mean, var, eps):
        scale = gamma / np.sqrt(var + eps)
        return w * scale, scale * (b - mean) + beta

    for name, axis in (("fold_linear", "scale-by-input"), ("fold_conv", "scale-by-column")):
        for seed in SEEDS:
            report = run(name, last_axis_and_no_none, seed)
            assert report.mistakes == (axis, "none-not-handled")
            passed = {r.name for r in report.results if r.passed}
            assert "b takes in the mean, the scale and beta" in passed


# ------------------------------------------------------------------ digits


def through(dtype):
    def update(running_mean, running_var, x, momentum, unbiased):
        mean, var, x = (a.astype(dtype) for a in (running_mean, running_var, x))
        share = dtype(momentum)
        new = x.var(axis=0, ddof=int(unbiased))
        return (1 - share) * mean + share * x.mean(axis=0), (1 - share) * var + share * new

    return update


def test_work_in_single_precision_passes_and_lost_digits_do_not_hide_behind_it():
    def one_pass_then_cast(running_mean, running_var, x, momentum, unbiased):
        n = len(x)
        var = ((x**2).mean(axis=0) - x.mean(axis=0) ** 2) * (n / (n - 1) if unbiased else 1)
        mean = (1 - momentum) * running_mean + momentum * x.mean(axis=0)
        return mean.astype(np.float32), ((1 - momentum) * running_var + momentum * var).astype(
            np.float32
        )

    for seed in SEEDS:
        assert run("update_running", through(np.float32), seed).passed
        assert lost(run("update_running", one_pass_then_cast, seed)) == {
            "large means cost no digits"
        }


def test_half_precision_is_said_to_be_a_wrong_dtype():
    report = run("update_running", through(np.float16))
    assert report.points == 0
    assert "float16" in str(report)


@pytest.mark.parametrize("seed", SEEDS)
def test_statistics_merged_in_single_precision_pass(seed):
    def merging(batches):
        n, mean, var = 0, np.float32(0), np.float32(0)
        for x in batches:
            x = x.astype(np.float32)
            k = len(x)
            delta, share = x.mean(axis=0) - mean, np.float32(k / (n + k))
            var = (1 - share) * var + share * x.var(axis=0) + delta**2 * share * (1 - share)
            mean, n = mean + delta * share, n + k
        return mean, var

    assert run("precise_stats", merging, seed).passed


# ------------------------------------------------------------------ answers that must not pass


def test_a_function_that_keeps_the_statistics_to_itself_does_not_pass():
    kept = {}

    def stateful(running_mean, running_var, x, momentum, unbiased):
        mean, var = kept.get(len(running_mean), (running_mean, running_var))
        kept[len(running_mean)] = (
            (1 - momentum) * mean + momentum * x.mean(axis=0),
            (1 - momentum) * var + momentum * x.var(axis=0, ddof=int(unbiased)),
        )
        return kept[len(running_mean)]

    # The first calls with four features and with three are right: those of the first check.
    assert run("update_running", stateful).points == 2


def test_batch_statistics_where_there_is_a_batch_do_not_pass():
    def sometimes(x, gamma, beta, mean, var, eps):
        if len(x) > 1:
            mean, var = x.mean(axis=0), x.var(axis=0)
        return gamma * (x - mean) / np.sqrt(var + eps) + beta

    report = run("batchnorm_inference", sometimes)
    assert report.mistakes == ("batch-statistics",)
    assert {r.name for r in report.results if r.passed} == {"one row is enough"}


def test_a_right_result_that_is_written_over_the_argument_loses_that_check():
    def over_b(w, b, gamma, beta, mean, var, eps):
        scale = gamma / np.sqrt(var + eps)
        b = np.zeros(len(w)) if b is None else b
        b -= mean
        b *= scale
        b += beta
        return scale[:, None] * w, b

    report = run("fold_linear", over_b)
    assert report.mistakes == ("changes-b",)
    assert lost(report) == {"the arguments are left as they were"}


def test_own_merge_stats_may_be_called():
    def merge_stats(a, b):
        (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
        share = n_b / (n_a + n_b)
        delta = mean_b - mean_a
        var = (1 - share) * var_a + share * var_b + share * (1 - share) * delta**2
        return n_a + n_b, mean_a + share * delta, var

    def precise(batches):
        total = 0, 0.0, 0.0
        for x in batches:
            total = merge_stats(total, (len(x), x.mean(axis=0), x.var(axis=0)))
        return total[1:]

    assert run("merge_stats", merge_stats).passed
    assert run("precise_stats", precise, others={"merge_stats": merge_stats}).passed


JUNK = [
    lambda *a: None,
    lambda *a: "statistics",
    lambda *a: (0, 0),
    lambda *a: (0.0, 0.0, 0.0),
    lambda *a: a,
    lambda *a: a[0],
    lambda *a: a[:2],
    lambda *a: (None, None),
    lambda *a: (None, None, None),
    lambda *a: [[1], [2, 3]],
    lambda *a: {"mean": 1},
    lambda *a: (np.full(4, np.nan),) * 2,
    lambda *a: (np.full(4, np.inf),) * 3,
    lambda *a: (np.zeros(4, int),) * 2,
    lambda *a: (["a"], ["b"]),
    lambda *a: iter([1, 2]),
    lambda *a: 1 / 0,
]


@pytest.mark.parametrize("name", LIBRARY)
def test_what_is_no_answer_gets_no_points_and_a_report(name):
    for answer in JUNK:
        report = run(name, answer)
        assert report.points == 0
        assert str(report)


# ------------------------------------------------------------------ the catalogue and the study

SEEN = {
    "update_running": {
        "momentum-of-old",
        "var-from-running-mean",
        "mean-into-var",
        "std-accumulated",
        "eps-stored",
        "last-batch-overwrites",
        "never-updated",
        "momentum-hard-coded",
        "mean-over-all",
    },
    "batchnorm_inference": {
        "eps-outside-root",
        "eps-missing",
        "eps-hard-coded",
        "variance-not-root",
        "variance-squared",
        "affine-missing",
        "precedence",
    },
}


@pytest.mark.parametrize("name", SEEN)
def test_what_students_were_seen_to_do_is_there_and_says_so(name):
    sources = {m.id: m.source for m in lookup(name).mistakes}
    assert {id for id in SEEN[name] if sources.get(id) != "students' repositories"} == set()
