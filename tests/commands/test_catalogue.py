"""`bnlib checks`: the catalogue is listed, audited and judged on many seeds; a miss is said."""

import re

import pytest

pytest.importorskip("click")
from click.testing import CliRunner

from bnlib.checks import audit, registry
from bnlib.checks.exercise import Check, Exercise, Mistake
from bnlib.commands.root import bnlib
from bnlib.exercises import observed


def call(*arguments):
    return CliRunner().invoke(bnlib, arguments)


def totals(text):
    last = [line for line in text.splitlines() if line.startswith("total ")][-1]
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", last)}


def test_everything_is_listed_with_its_points():
    result = call("checks", "list")
    assert result.exit_code == 0
    for exercise in registry.exercises():
        assert re.search(rf"^  {exercise.name} +{exercise.points:g} points", result.output, re.M)
    found = totals(result.output)
    assert found["exercises"] == len(registry.exercises())
    assert found["points"] == sum(e.points for e in registry.exercises())


def test_a_notebook_or_an_exercise_can_be_chosen():
    assert totals(call("checks", "list", "04_algorithm").output)["exercises"] == 5
    assert totals(call("checks", "list", "restoring_affine").output)["exercises"] == 1


def test_an_unknown_name_is_an_error_that_names_the_nearest():
    result = call("checks", "audit", "restoring_afine")
    assert result.exit_code == 2
    assert "did you mean 'restoring_affine'?" in result.output


def test_the_whole_catalogue_is_caught_named_and_accepted():
    pytest.importorskip("torch")
    result = call("checks", "audit", "--seeds", "1")
    assert result.exit_code == 0, result.output
    found = totals(result.output)
    assert found["exercises"] == len(registry.exercises())
    assert found["mistakes"] == found["caught"] == found["named"] >= 200
    assert found["alternatives"] == found["accepted"] >= 3 * found["exercises"]


def test_verdicts_on_a_few_seeds_are_those_of_every_other(tmp_path):
    out = tmp_path / "stability.csv"
    result = call("checks", "stability", "restoring_affine", "--seeds", "5", "--out", str(out))
    assert result.exit_code == 0, result.output
    exercise = registry.lookup("restoring_affine")
    found = totals(result.output)
    assert found["right"] == 1 + len(exercise.alternatives)
    assert found["verdicts"] == 5 * (found["right"] + len(exercise.mistakes))
    lines = out.read_text().splitlines()
    assert lines[0].startswith("# bnlib checks stability --seeds 5 --first 0")
    assert lines[2] == f"restoring_affine,{found['right']},0,{found['mistakes']},0"


@pytest.mark.parametrize("row", observed.ROWS, ids=lambda row: f"{row.family}: {row.seen}")
def test_each_observed_mistake_is_known_or_its_absence_explained(row):
    assert set(row.known) <= observed.all_known(), "a mistake that no exercise knows"
    assert bool(row.known) != bool(row.reason)


# ---------------------------------------------------------------- an audit that finds something


@pytest.fixture
def leaky(monkeypatch):
    """An exercise with every kind of hole; taken out of the registry afterwards."""
    monkeypatch.setattr(registry, "_exercises", dict(registry._exercises))
    section = registry.lookup("restoring_affine").section
    exercise = Exercise(
        name="leaky",
        notebook="99_leaky",
        title="Leaky",
        difficulty=1,
        minutes=1,
        section=section,
        parameters=("x",),
        returns=("y",),
        reference=lambda x: x,
    )

    def test(student, rng, others):
        from bnlib.checks.compare import expect

        x = rng.uniform(1, 2, 3)
        # Lenient on one seed in two, so that a verdict depends on luck.
        expect("y", student(x), x, part=None if x[0] < 1.5 else 10.0)

    exercise.checks.append(Check("y is x", test, 1, section))
    for id, factor in (("doubled", 2), ("twice", 2), ("tiny", 1 + 1e-9)):
        exercise.mistakes.append(Mistake(id, "No.", lambda x, f=factor: f * x))
    exercise.alternatives.append(lambda x: x + 1)
    return exercise


def test_an_audit_says_what_is_missed(leaky):
    found = audit.audit(leaky, list(range(6)))
    assert (found.mistakes, found.caught, found.named, found.accepted) == (3, 0, 0, 0)
    said = "\n".join(found.misses)
    assert "fewer than 3 alternatives" in said
    assert "tiny passes with seed" in said
    assert "doubled passes with seed" in said
    assert "alternative 1 (<lambda>) fails with seed" in said
    strict = [s for s in range(30) if not audit.stability(leaky, range(s, s + 1)).passed[1:]]
    found = audit.audit(leaky, strict[:1])
    assert "twice is told doubled" in "\n".join(found.misses)


def test_a_verdict_that_depends_on_the_seed_is_found(leaky):
    found = audit.stability(leaky, range(20))
    assert found.failed
    assert {name for name, _ in found.passed} == {"doubled", "twice", "tiny"}
    assert 0 < sum(name == "doubled" for name, _ in found.passed) < 20
