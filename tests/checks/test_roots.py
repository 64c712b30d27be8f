"""An error inherited from an earlier answer is reported once, where it was made."""

import importlib.util
import types

import numpy as np
import pytest

from bnlib.cache import Cache
from bnlib.checks import registry, run
from tests.checks import answers
from tools import mutants

TORCH = importlib.util.find_spec("torch") is not None


def notebook(**functions):
    """The functions, defined beside each other as in a notebook, so that they find each other."""
    beside = {"np": np, "Cache": Cache}
    for name, function in functions.items():
        beside[name] = types.FunctionType(function.__code__, beside, name)
    return beside


def spatial(x, gamma, beta, eps):
    n, c, h, w = x.shape
    y, _ = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, c), gamma, beta, eps)  # noqa: F821
    return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), None


def spatial_left_last(x, gamma, beta, eps):
    n, c, h, w = x.shape
    y, _ = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, c), gamma, beta, eps)  # noqa: F821
    return y.reshape(n, h, w, c), None


def by_variance(x, gamma, beta, eps):
    return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta, None


def shape_lost(x, gamma, beta, eps):
    return (gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta)[:1], None


def stub(x, gamma, beta, eps):
    raise NotImplementedError("your code goes here")


def crash(x, gamma, beta, eps):
    return x / undefined  # noqa: F821


def judged(spatial, forward):
    beside = notebook(batchnorm_forward_spatial=spatial, batchnorm_forward=forward)
    answer, forward = beside["batchnorm_forward_spatial"], beside["batchnorm_forward"]
    report = run("batchnorm_forward_spatial", answer, 3, {"batchnorm_forward": forward})
    assert beside["batchnorm_forward"] is forward, "what was put in its place is taken back"
    return report, run("batchnorm_forward", forward, 3)


@pytest.mark.parametrize("forward", [by_variance, shape_lost, stub, crash])
def test_a_right_answer_on_a_wrong_earlier_one_loses_nothing(forward):
    report, root = judged(spatial, forward)
    assert report.passed, report
    assert "batchnorm_forward" in report.results[0].message
    assert root.points < root.possible


@pytest.mark.parametrize("forward", [by_variance, stub])
def test_its_own_fault_is_named_beneath_the_inherited_one(forward):
    report, _ = judged(spatial_left_last, forward)
    assert report.mistakes == ("channels-left-last",)


def test_an_own_stub_is_still_not_attempted():
    assert judged(stub, by_variance)[0].status == "not attempted"


def test_a_wrong_answer_that_does_not_use_the_earlier_one_gains_nothing():
    def flat(x, gamma, beta, eps):
        return x * 0, None

    assert judged(flat, stub)[0].points == 0


def test_where_nothing_is_inherited_nothing_is_said_of_it():
    report, _ = judged(spatial, answers.forward)
    assert report.passed
    assert not any(r.message for r in report.results)


# ---------------------------------------------------------------- every solution of the course

PAIRS = [
    (exercise.name, used)
    for exercise in registry.exercises()
    for used in exercise.uses
    if TORCH or "torch" not in exercise.requires
]


@pytest.mark.parametrize(("name", "used"), PAIRS)
def test_no_solution_loses_points_by_an_earlier_answer(name, used):
    """The course's own solution, beside a stub, a crash and known mistakes of what it may call."""
    beside = mutants.solution_of(name).beside
    earlier = registry.lookup(used)
    functions = [m.function for m in earlier.mistakes[:4]]
    wrong = [as_a_students(f) for f in functions if not hasattr(f, "on_arrays")]
    for answer in (stub_of_anything, crash_on_anything, *wrong):
        beside[used] = answer
        others = {use: beside[use] for use in registry.lookup(name).uses if use in beside}
        report = run(name, beside[name], 5, others)
        assert report.passed, report
        assert beside[used] is answer


def as_a_students(function):
    """The function under a name that is not the library's: that would be borrowed."""
    return lambda *arguments: function(*arguments)


def stub_of_anything(*arguments, **options):
    raise NotImplementedError("your code goes here")


def crash_on_anything(*arguments, **options):
    raise ValueError("no")
