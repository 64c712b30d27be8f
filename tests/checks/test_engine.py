"""The engine: four outcomes, four messages; nothing an answer does breaks a run."""

import importlib
import subprocess
import sys
import time

import numpy as np
import pytest

import bnlib
from bnlib.cache import Cache
from bnlib.checks import callee, check, if_attempted, registry, run
from bnlib.checks.registry import exercises, lookup
from bnlib.exercises import NOTEBOOKS
from tests.checks.answers import backward, forward, standardize


def test_report_has_points_and_ordered_results():
    report = run("standardize_batch", lambda x, eps: x - x.mean(axis=0), seed=3)
    exercise = lookup("standardize_batch")
    assert [r.name for r in report.results] == [c.name for c in exercise.checks]
    assert report.possible == exercise.points == 6
    assert report.points == sum(r.points for r in report.results) == 0
    assert {r.mistake for r in report.results} == {"not-scaled"}
    assert all(r.message for r in report.results)


def test_a_mistake_is_named_in_text_and_html():
    def by_variance(x, eps):
        return (x - x.mean(axis=0)) / (x.var(axis=0) + eps)

    report = run("standardize_batch", by_variance)
    for text in (str(report), report._repr_html_()):
        assert "You divide by the variance" in text
        assert "chapter 4" in text
    assert report.mistakes == ("variance-not-root",)


@pytest.mark.parametrize(
    "change",
    [
        lambda y, x: y,  # right
        lambda y, x: 0 * y,  # of no known mistake
        lambda y, x: y + 3 * (len(x) == 2),  # the same, and most is right
        lambda y, x: y if len(x) == 5 else x - x.mean(axis=0),  # a known one, but not throughout
        lambda y, x: x - x.mean(axis=0) if len(x) != 2 else y.T,  # a known one, and one more
    ],
)
def test_what_no_known_mistake_accounts_for_is_not_explained(change):
    report = run("standardize_batch", lambda x, eps: change(standardize(x, eps), x))
    assert not report.explained


@pytest.mark.parametrize("name", [e.name for e in exercises() if e.notebook == "04_algorithm"])
def test_a_known_mistake_accounts_for_itself(name):
    exercise = lookup(name)
    for mistake in exercise.mistakes:
        report = run(name, callee.OwnCallee(mistake.function, exercise.adapter))
        assert report.explained is not mistake.rounding, mistake.id


def test_html_is_escaped():
    def answer(x, eps):
        raise ValueError("<script>alert(1)</script>")

    html = run("standardize_batch", answer)._repr_html_()
    assert "<script>" not in html


def test_an_unknown_error_is_not_guessed():
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((20, 20))

    def answer(x, eps):
        return standardize(x, eps) + 0.3 * noise[: x.shape[0], : x.shape[1]]

    report = run("standardize_batch", answer)
    assert report.points == 0
    assert report.mistakes == ()
    assert "expected" in report.results[0].message


@pytest.mark.parametrize(
    ("answer", "mistake"),
    [
        (lambda x, eps: None, "returned-none"),
        (lambda x, eps: "xhat", "wrong-type"),
        (lambda x, eps: standardize(x, eps).astype(int), "wrong-dtype"),
        (lambda x, eps: standardize(x, eps).astype(complex), "wrong-dtype"),
        (lambda x, eps: standardize(x, eps).astype(np.float16), "wrong-dtype"),
        (lambda x, eps: standardize(x, eps).T, "wrong-shape"),
        (lambda x, eps: standardize(x, eps) * np.nan, "not-finite"),
        (lambda x, eps: standardize(x, eps) / 0, "not-finite"),
        (lambda x, eps: [[1.0], [2.0, 3.0]], "wrong-type"),
        (lambda x, eps: undefined_name, "raised"),  # noqa: F821
        (lambda x: x, "raised"),
    ],
)
def test_what_is_no_answer_is_said_as_such(answer, mistake):
    report = run("standardize_batch", answer)
    assert report.points == 0
    assert report.results[0].mistake == mistake
    assert str(report)


def test_a_wrong_form_is_named():
    report = run("batchnorm_forward", lambda x, g, b, e: (1, 2, 3))
    assert report.results[0].mistake == "wrong-form"
    assert "a tuple of 3, expected (y, cache)" in report.results[0].message


def test_an_exception_shows_its_line():
    def answer(x, eps):
        return x / np.zeros(7)[99]

    message = run("standardize_batch", answer).results[0].message
    assert "IndexError" in message
    assert "np.zeros(7)[99]" in message


def test_an_endless_loop_is_stopped(monkeypatch):
    monkeypatch.setattr(callee, "SECONDS_A_CALL", 0.2)

    def answer(x, eps):
        while True:
            pass

    start = time.monotonic()
    report = run("standardize_batch", answer)
    assert time.monotonic() - start < 5
    assert report.status == "took too long"
    assert report.results[0].mistake == "timed-out"
    assert report.results[1].passed is None


def test_a_changed_argument_costs_its_check_alone():
    def answer(x, gamma, beta, eps):
        gamma *= 1.5
        return forward(x, gamma / 1.5, beta, eps)

    report = run("batchnorm_forward", answer)
    lost = [r for r in report.results if not r.passed]
    assert [r.mistake for r in lost] == ["changed-argument"]
    assert "gamma" in lost[0].message


def test_the_exact_gradient_of_a_wrong_forward_pass_loses_nothing():
    def half(x, gamma, beta, eps):  # normalizes half of the deviation away, eps outside
        mean, std = x.mean(axis=0), x.std(axis=0) + eps
        return gamma * (x - mean) / std + beta, (x, mean, std, gamma, eps)

    def its_gradient(dy, cache):
        x, mean, std, gamma, eps = cache
        n, centred = len(dy), x - mean
        dcentred = dy * gamma / std
        dstd = -(dy * gamma * centred).sum(axis=0) / std**2
        dcentred = dcentred + dstd * centred / (n * (std - eps))
        dgamma = (dy * centred / std).sum(axis=0)
        return dcentred - dcentred.mean(axis=0), dgamma, dy.sum(axis=0)

    assert run("batchnorm_forward", half).points < run("batchnorm_forward", half).possible
    for name in ("batchnorm_backward_staged", "batchnorm_backward"):
        report = run(name, its_gradient, others={"batchnorm_forward": half})
        assert report.passed, report
        assert any("your own forward" in r.message for r in report.results)
        # Beside a right forward pass the same code is wrong.
        assert not run(name, its_gradient).passed


def test_a_wrong_gradient_beside_a_wrong_forward_pass_is_still_named():
    def no_eps(x, gamma, beta, eps):
        y, cache = forward(x, gamma, beta, 0.0)
        return y, cache

    def no_mean_path(dy, cache):
        xhat = cache.xhat
        dx = cache.gamma * cache.inv_std * (dy - xhat * (dy * xhat).mean(axis=0))
        return dx, (dy * xhat).sum(axis=0), dy.sum(axis=0)

    report = run("batchnorm_backward", no_mean_path, others={"batchnorm_forward": no_eps})
    assert report.mistakes == ("mean-path-missing",)


@pytest.mark.parametrize(
    "broken",
    [
        lambda x, g, b, e: None,
        lambda x, g, b, e: (1 / 0, None),
        lambda x, g, b, e: (np.zeros(3), None),
        lambda *a: (_ for _ in ()).throw(NotImplementedError()),
    ],
)
def test_a_broken_forward_pass_costs_nothing_later(broken):
    others = {"batchnorm_forward": broken, "batchnorm_forward_spatial": broken}
    assert run("batchnorm_backward", backward, others=others).passed
    assert run("batchnorm_forward_spatial", spatial, others=others).passed


def spatial(x, gamma, beta, eps):
    rows = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])
    y, cache = forward(rows, gamma, beta, eps)
    n, c, h, w = x.shape
    return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), cache


def test_a_cache_of_any_form_is_passed_back_unseen():
    class Kept:
        def __init__(self, *items):
            self.items = items

    def own_forward(x, gamma, beta, eps):
        y, cache = forward(x, gamma, beta, eps)
        return y, {"kept": Kept(*reversed(cache))}

    def own_backward(dy, cache):
        return backward(dy, Cache(*reversed(cache["kept"].items)))

    assert run("batchnorm_backward", own_backward, others={"batchnorm_forward": own_forward}).passed
    assert not run("batchnorm_backward", own_backward).passed


def test_an_inherited_fault_is_reported_at_its_root_alone():
    def wrong(x, gamma, beta, eps):
        return gamma * (x - x.mean(axis=0)) / (x.var(axis=0) + eps) + beta, None

    def on_rows(x, gamma, beta, eps):
        rows = x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])
        y, _ = wrong(rows, gamma, beta, eps)
        n, c, h, w = x.shape
        return y.reshape(n, h, w, c).transpose(0, 3, 1, 2), None

    report = run("batchnorm_forward_spatial", on_rows, others={"batchnorm_forward": wrong})
    assert report.passed
    assert "reported there" in report.results[0].message
    assert run("batchnorm_forward_spatial", on_rows).mistakes == ("variance-not-root",)


def test_check_finds_the_exercise_and_its_neighbours_by_name():
    space = {"np": np, "__name__": "a_notebook"}
    source = """
def batchnorm_forward(x, gamma, beta, eps):
    inv_std = 1 / np.sqrt(x.var(axis=0) + eps)
    xhat = (x - x.mean(axis=0)) * inv_std
    return gamma * xhat + beta, [inv_std, gamma, xhat]

def batchnorm_backward(dy, cache):
    inv_std, gamma, xhat = cache
    dgamma, dbeta = (dy * xhat).sum(0), dy.sum(0)
    return gamma * inv_std * (dy - dbeta / len(dy) - xhat * dgamma / len(dy)), dgamma, dbeta
"""
    exec(source, space)
    assert check(space["batchnorm_backward"]).passed
    del space["batchnorm_forward"]
    assert not check(space["batchnorm_backward"]).passed


def test_check_says_what_it_wants():
    with pytest.raises(ValueError, match=r"check\(batchnorm_forward\)"):
        check(np.zeros(3))
    with pytest.raises(ValueError, match="did you mean 'standardize_batch'"):
        run("standardise_batch", standardize)
    with pytest.raises(ValueError, match="must be a function"):
        run("standardize_batch", 3)
    assert bnlib.check is check


def test_if_attempted_lets_a_notebook_run_on(capsys):
    with if_attempted():
        raise NotImplementedError("write this")
    assert "not attempted" in capsys.readouterr().out
    with pytest.raises(ValueError, match="mine"), if_attempted():
        raise ValueError("mine")


class Remote:
    """A callee as the grader will have one: caches cross as handles, changes are reported."""

    def __init__(self, function):
        self.local = callee.LocalCallee(function)
        self.kept = {}

    def call(self, arguments):
        arguments = tuple(self.kept.get(a, a) if isinstance(a, str) else a for a in arguments)
        outcome = self.local.call(arguments)
        if isinstance(outcome.value, tuple) and len(outcome.value) == 2:
            handle = f"handle {len(self.kept)}"
            self.kept[handle] = outcome.value[1]
            return callee.Outcome((outcome.value[0], handle), outcome.changed)
        return outcome

    def borrowed(self, exercise):
        return ()


def test_a_remote_callable_is_judged_by_the_same_checks():
    assert run("batchnorm_forward", Remote(forward)).passed
    wrong = Remote(lambda x, g, b, e: (g * standardize(x, 0 * e) + b, None))
    assert run("batchnorm_forward", wrong).mistakes == ("eps-missing",)


def test_what_answers_may_use_exists():
    for exercise in exercises():
        for name in exercise.allowed:
            first, *rest = name.split(".")
            found = importlib.import_module(first)
            for part in rest:
                if not hasattr(found, part):
                    importlib.import_module(f"{found.__name__}.{part}")
                found = getattr(found, part)


ONE_NOTEBOOK = """
import sys
from bnlib.checks import registry

notebook = sys.argv[1]
print(notebook in registry.notebooks(), *(e.name for e in registry.of(notebook)))
print(*sorted(name for name in sys.modules if name.startswith("bnlib.exercises.")))
print(*(e.name for e in registry.exercises()))
"""


@pytest.mark.parametrize("notebook", registry.notebooks())
def test_a_notebooks_exercises_come_without_the_others_and_in_their_order(notebook):
    line = [sys.executable, "-c", ONE_NOTEBOOK, notebook]
    run = subprocess.run(line, capture_output=True, text=True, check=True)
    found, modules, everything = map(str.split, run.stdout.splitlines())
    names = [e.name for e in exercises()]
    assert found == ["True", *(e.name for e in exercises() if e.notebook == notebook)]
    # Whatever was imported first, they stand in the order of the course.
    assert everything == names
    later = registry.notebooks()[registry.notebooks().index(notebook) + 1 :]
    for package in (p for n in later for p in NOTEBOOKS[n]):
        assert not any(m.split(".")[2] == package for m in modules)


def test_notebooks_are_those_of_the_exercises():
    assert registry.notebooks() == tuple(dict.fromkeys(e.notebook for e in exercises()))
    assert registry.of("99_nothing") == ()


def test_exercises_are_registered_once_and_completely():
    names = [e.name for e in exercises()]
    assert len(names) == len(set(names)) >= 11
    for exercise in exercises():
        assert exercise.points > 0
        assert 1 <= exercise.difficulty <= 5
        assert exercise.minutes > 0
        assert set(exercise.opaque) <= set(exercise.returns)
        for name in exercise.uses:
            lookup(name)
    with pytest.raises(ValueError, match="registered already"):
        type(exercises()[0]).__post_init__(exercises()[0])
