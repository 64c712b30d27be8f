"""Every known mistake loses points and is named; every honest alternative gets all of them."""

import importlib.util
import os
import re
import textwrap

import numpy as np
import pytest

from bnlib.checks import run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import exercises

# Ten seeds that never change and ten that nobody has seen: conftest draws and prints the latter.
FIXED = list(range(10))
NEW = [int(seed) for seed in os.environ["NEW_SEEDS"].split()]
SEEDS = FIXED + NEW
TORCH = importlib.util.find_spec("torch") is not None


def test_ten_seeds_are_fixed_and_ten_are_new():
    assert len(set(SEEDS)) == 20


def judged(exercise, function, seed):
    return run(exercise.name, OwnCallee(function, exercise.adapter), seed)


def needs_torch(exercise):
    return "torch" in exercise.requires


each_exercise = pytest.mark.parametrize("exercise", exercises(), ids=lambda e: e.name)


@each_exercise
def test_reference_and_alternatives_get_every_point(exercise):
    assert len(exercise.alternatives) >= 3
    written = exercise.alternatives if TORCH or not needs_torch(exercise) else []
    for answer in (exercise.reference, *written):
        for seed in SEEDS:
            report = judged(exercise, answer, seed)
            assert report.passed, f"seed {seed}: {report}"
            assert report.points == report.possible == exercise.points


@each_exercise
def test_each_mistake_loses_points_and_is_named_rightly(exercise):
    for mistake in exercise.mistakes:
        if needs_torch(exercise) and not hasattr(mistake.function, "on_arrays") and not TORCH:
            continue  # what torch itself refuses; with torch it is tested like the rest
        for seed in SEEDS:
            report = judged(exercise, mistake.function, seed)
            assert report.points < report.possible, f"{mistake.id} passes with seed {seed}"
            assert report.mistakes == (mistake.id,), f"seed {seed}: {report}"


@each_exercise
def test_faults_of_eps_cost_no_more_than_the_checks_about_eps(exercise):
    about_eps = sum(
        c.points for c in exercise.checks if "eps" in c.name or "constant" in c.name
    ) or sum(c.points for c in exercise.checks if c.name.startswith("the batch comes back"))
    for mistake in exercise.mistakes:
        if "eps-" in mistake.id:
            report = judged(exercise, mistake.function, 0)
            lost = report.possible - report.points
            assert 0 < lost <= about_eps < report.possible, f"{mistake.id} costs {lost}"


@each_exercise
def test_a_message_is_short_and_names_no_code(exercise):
    for mistake in exercise.mistakes:
        assert mistake.advice.rstrip().endswith((".", "?")), mistake.id
        assert len(mistake.advice) < 260, mistake.id
        assert "np." not in mistake.advice, mistake.id


@each_exercise
def test_what_is_said_of_a_mistake_fits_into_four_lines(exercise):
    for mistake in exercise.mistakes:
        report = judged(exercise, mistake.function, 1)
        for _, message in report.rows():
            lines = [part for line in message.splitlines() for part in textwrap.wrap(line, 100)]
            assert len(lines) <= 4, message
            # Said once: a check that finds the same fault again refers to the first.
            assert message.count(mistake.advice) <= 1
        said = [message for _, message in report.rows() if mistake.advice in message]
        if report.status == "wrong":
            assert len(said) == 1
            assert "Book: chapter" in said[0]


@each_exercise
def test_a_stub_is_not_attempted(exercise):
    def stub(*arguments):
        raise NotImplementedError("write this")

    if exercise.adapter:
        if needs_torch(exercise):
            pytest.importorskip("torch")

        class stub:
            def __init__(self, *arguments, **options):
                raise NotImplementedError("write this")

            @staticmethod
            def apply(*arguments):
                raise NotImplementedError("write this")

    report = run(exercise.name, stub)
    assert report.status == "not attempted"
    assert report.points == 0
    assert [r.passed for r in report.results] == [None] * len(exercise.checks)
    assert "not attempted" in str(report).lower()


def test_the_same_seed_gives_the_same_report():
    for exercise in exercises():
        mistake = exercise.mistakes[0]
        assert judged(exercise, mistake.function, 7) == judged(exercise, mistake.function, 7)


def test_real_functions_of_torch_and_their_stand_ins_agree():
    torch = pytest.importorskip("torch")
    from bnlib.checks.adapters import autograd_function
    from bnlib.checks.registry import lookup

    exercise = lookup("BatchNormFunction")
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 6, 3))
    gamma, beta = rng.standard_normal((2, 3))
    refused = 0
    for function in (exercise.reference, *(m.function for m in exercise.mistakes)):
        if not hasattr(function, "made"):
            continue
        try:
            with np.errstate(all="ignore"):
                stand_in = function.on_arrays(x.copy(), gamma, beta, 0.5, dy.copy())
        except RuntimeError as error:
            # What torch says itself, of a class that has the name a student's has.
            with pytest.raises(RuntimeError, match=re.escape(str(error))):
                autograd_function(function.made())(x, gamma, beta, 0.5, dy)
            refused += 1
            continue
        try:
            with np.errstate(all="ignore"):
                real = autograd_function(function.made())(x, gamma, beta, 0.5, dy)
        except RuntimeError:
            # torch refuses a gradient of another shape; the stand-in returns that shape.
            shapes = [np.shape(g) for g in stand_in[1:]]
            assert shapes != [(6, 3), (3,), (3,)]
            continue
        for a, b in zip(stand_in, real, strict=True):
            assert (a is None and b is None) or np.allclose(a, b, equal_nan=True)
    assert refused == 1
    assert torch is not None
