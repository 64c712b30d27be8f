"""Notebook 8: outputs that are lists, and what the catalogue of mistakes does not hold."""

import math

import numpy as np
import pytest

import bnlib
from bnlib.checks import run
from bnlib.checks.compare import expect_list
from bnlib.checks.registry import exercises, lookup
from bnlib.checks.verdicts import Wrong

NAMES = [e.name for e in exercises() if e.notebook == "08_limits"]
SEEDS = range(5)


def arguments(name, seed):
    return lookup(name).example(np.random.default_rng(seed))


# ------------------------------------------------------------------ the references


@pytest.mark.parametrize("seed", SEEDS)
def test_the_references_are_what_bnlib_computes(seed):
    x, gamma, beta, groups, eps = arguments("ghost_batchnorm", seed)
    ours = lookup("ghost_batchnorm").reference(x, gamma, beta, groups, eps)
    np.testing.assert_allclose(ours, bnlib.ghost_batch_norm(x, gamma, beta, groups, eps)[0])

    given = arguments("batch_renorm", seed)
    ours = lookup("batch_renorm").reference(*given)
    np.testing.assert_allclose(ours, bnlib.batch_renorm(*given)[0])

    (batches,) = arguments("adapt_statistics", seed)
    for mine, theirs in zip(
        lookup("adapt_statistics").reference(batches), bnlib.precise_stats(batches), strict=True
    ):
        np.testing.assert_allclose(mine, theirs)

    shards, gamma, beta, eps = arguments("sync_batchnorm", seed)
    ours = lookup("sync_batchnorm").reference(shards, gamma, beta, eps)
    whole, _ = bnlib.batch_norm(np.concatenate(shards), gamma, beta, eps)
    assert [y.shape for y in ours] == [shard.shape for shard in shards]
    np.testing.assert_allclose(np.concatenate(ours), whole)


def test_both_refuse_groups_that_do_not_divide_the_batch():
    for ghost in (lookup("ghost_batchnorm").reference, bnlib.ghost_batch_norm):
        with pytest.raises(ValueError, match="groups"):
            ghost(np.ones((7, 4)), np.ones(4), np.zeros(4), 3, 1e-5)


def test_the_ratio_is_what_a_simulation_gives():
    rng = np.random.default_rng(0)
    x, uniform = rng.standard_normal((2, 400_000))
    uniform = rng.random(x.size)
    for p in (0.1, 0.5, 0.8):
        train = np.where(uniform < p, 0, x / (1 - p))
        ratio = lookup("dropout_variance_ratio").reference(p)
        assert ratio == pytest.approx(x.var() / train.var(), rel=0.02)


# ------------------------------------------------------------------ lists of arrays

WANT = [np.ones((2, 3)), 5.0 * np.ones((1, 3))]


@pytest.mark.parametrize(
    ("got", "said", "id"),
    [
        (None, "y is None; is a return missing", "returned-none"),
        (
            np.ones((3, 3)),
            r"one array of shape \(3, 3\), expected a list of 2 arrays",
            "wrong-form",
        ),
        (WANT[:1], "y holds 1 arrays, expected 2, for two shards", "wrong-form"),
        (
            WANT[::-1],
            r"y\[0\] has shape \(1, 3\), expected \(2, 3\), for two shards",
            "wrong-shape",
        ),
        ([WANT[0], None], r"y\[1\] is None", "returned-none"),
        ([WANT[0], WANT[1] + 1], r"y\[1\]\[0, 0\] is 6, expected 5", None),
        ([WANT[0], np.nan * WANT[1]], r"y\[1\]\[0, 0\] is nan", "not-finite"),
        ("ab", "y is a str, expected a list of 2 arrays", "wrong-form"),
    ],
)
def test_a_wrong_list_is_said_to_be_wrong_and_where(got, said, id):
    with pytest.raises(Wrong, match=said) as caught:
        expect_list("y", got, WANT, "two shards")
    assert (caught.value.mistake, caught.value.judged) == (id, "y")


def test_a_right_list_is_right_whatever_its_form_and_is_measured_as_a_whole():
    expect_list("y", tuple(y.tolist() for y in WANT), WANT)
    expect_list("y", [WANT[0] + 4e-6, WANT[1]], WANT)  # 4e-6 of 5 is below the tolerance
    with pytest.raises(Wrong):
        expect_list("y", [WANT[0] + 6e-6, WANT[1]], WANT)


def shards_alone(shards, gamma, beta, eps):
    return [gamma * (s - s.mean(axis=0)) / np.sqrt(s.var(axis=0) + eps) + beta for s in shards]


def test_a_mistake_is_named_by_all_arrays_of_a_list():
    assert run("sync_batchnorm", shards_alone).mistakes == ("each-shard-alone",)

    def another_last_shard(shards, gamma, beta, eps):
        return [*shards_alone(shards, gamma, beta, eps)[:-1], shards[-1]]

    assert "each-shard-alone" not in run("sync_batchnorm", another_last_shard).mistakes


def test_lost_digits_are_named_in_lists_too():
    def sums_of_squares(shards, gamma, beta, eps):
        n = sum(len(s) for s in shards)
        mean = sum(s.sum(axis=0) for s in shards) / n
        var = sum((s * s).sum(axis=0) for s in shards) / n - mean * mean
        return [(s - mean) * gamma / np.sqrt(np.maximum(var, 0) + eps) + beta for s in shards]

    for seed in range(20):
        report = run("sync_batchnorm", sums_of_squares, seed)
        assert report.points == report.possible - 1
        assert report.mistakes == ("one-pass-variance",)


# ------------------------------------------------------------------ answers of other kinds


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        3,
        math.nan,
        [],
        [[1.0], [2.0, 3.0]],
        {"y": 1},
        (np.zeros(3), "b"),
        np.zeros((12, 6), np.float16),
        [np.zeros(2)] * 4,
        object(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_answer_gets_no_points_and_breaks_nothing(name, value):
    report = run(name, lambda *arguments: value)
    assert report.points == 0
    assert str(report)


@pytest.mark.parametrize("name", NAMES)
def test_arguments_handed_back_and_constants_get_no_points(name):
    assert run(name, lambda first, *rest: first).points == 0
    assert run(name, lambda *arguments: 1.0).points == 0
    assert run(name, lambda shards, *rest: [0 * np.asarray(s) for s in shards]).points == 0


def test_a_refusal_of_every_batch_gets_no_points():
    def refuses(x, gamma, beta, groups, eps):
        raise ValueError("groups")

    assert run("ghost_batchnorm", refuses).points == 0


def test_groups_need_not_divide_the_features():
    def also_of_features(x, gamma, beta, groups, eps):
        if len(x) % groups or x.shape[1] % groups:
            raise ValueError("groups")
        return lookup("ghost_batchnorm").reference(x, gamma, beta, groups, eps)

    assert not run("ghost_batchnorm", also_of_features).passed


def test_bounds_may_be_infinite():
    x, gamma, beta, mean, var, _, _, eps = arguments("batch_renorm", 0)
    y = lookup("batch_renorm").reference(x, gamma, beta, mean, var, math.inf, math.inf, eps)
    np.testing.assert_allclose(y, gamma * (x - mean) / np.sqrt(var + eps) + beta)
