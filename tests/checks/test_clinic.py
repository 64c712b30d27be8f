"""The clinic: what is handed out is the named fault, and what the checks say is what they see."""

import re
from pathlib import Path

import jupytext
import numpy as np
import pytest

from bnlib.authoring import regions
from bnlib.checks import run
from bnlib.checks.adapters import by_steps
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import exercises, lookup
from bnlib.exercises.clinic.given import Norm
from tools import mutants

SOURCE = Path(__file__).resolve().parents[2] / "solutions" / "07_training.md"
CELLS = [
    cell.source
    for cell in jupytext.reads(SOURCE.read_text(encoding="utf-8"), fmt="md:myst").cells
    if cell.cell_type == "code"
]
PATIENTS = [exercise for exercise in exercises() if exercise.repair]
each_patient = pytest.mark.parametrize("patient", PATIENTS, ids=lambda e: e.name)


def written(name, taken, change=lambda source: source):
    """What the notebook's cell of that name defines, beside the layer that is given."""
    (source,) = [c for c in CELLS if re.search(rf"^(class|def) {name}\b", c, re.MULTILINE)]
    source = taken(source)
    changed = change(source)
    space = {"np": np, "__name__": "notebook"}
    (given,) = [c for c in CELLS if c.startswith("class Norm:")]
    exec(given, space)
    exec(changed, space)
    return space[name]


def handed_out(name):
    return written(name, regions.without_solutions)


def mended(name, *changes):
    """The solution, with lines of it replaced; each must have been there."""

    def change(source):
        for old, new in changes:
            assert old in source
            source = source.replace(old, new)
        return source

    return written(name, regions.without_markers, change)


def test_there_are_eight_patients():
    assert len(PATIENTS) == 8
    assert {p.notebook for p in PATIENTS} == {"07_training"}


@each_patient
def test_what_is_handed_out_is_the_first_mistake(patient):
    for seed in range(10):
        report = run(patient.name, handed_out(patient.name), seed)
        assert report.status == "wrong"
        assert report.points < report.possible
        assert report.mistakes == (patient.mistakes[0].id,), report
        known = run(patient.name, OwnCallee(patient.mistakes[0].function, patient.adapter), seed)
        assert [r.passed for r in report.results] == [r.passed for r in known.results]
        assert str(report) == str(known)


@each_patient
def test_the_solution_has_all_points(patient):
    for seed in range(10):
        assert run(patient.name, mended(patient.name), seed).passed


@each_patient
def test_the_reference_and_the_solution_agree_on_the_example(patient):
    arguments = patient.example(np.random.default_rng(3))
    ours, theirs = patient.reference, mended(patient.name)
    if patient.adapter:
        ours, theirs = patient.adapter(ours), patient.adapter(theirs)
    for a, b in zip(ours(*arguments), theirs(*arguments), strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(a, b, rtol=1e-12)


def test_the_layer_of_the_notebook_is_that_of_the_package():
    (given,) = [c for c in CELLS if c.startswith("class Norm:")]
    space = {"np": np}
    exec(given, space)
    rng = np.random.default_rng(0)
    one, other = (
        kind(np.array([1.5, 0.5]), np.array([1.0, -1.0])) for kind in (space["Norm"], Norm)
    )
    for training in (True, True, False):
        x = rng.normal(2, 3, (5, 2))
        one.training = other.training = training
        np.testing.assert_array_equal(one.forward(x), other.forward(x))
    np.testing.assert_array_equal(one.running_var, other.running_var)


@each_patient
def test_the_first_message_holds_a_measurement_and_is_short(patient):
    report = run(patient.name, handed_out(patient.name))
    first = next(r for r in report.results if not r.passed)
    measured = first.message.removeprefix(patient.mistakes[0].advice).strip()
    assert re.search(r"\d", measured)
    assert len(first.message.splitlines()) <= 3


@pytest.mark.parametrize(
    ("name", "changes", "mistake"),
    [
        (
            "PredictingNet",
            [("        self.norm.training = before\n", "")],
            "left-in-eval",
        ),
        (
            "EvaluatedNorm",
            [
                (
                    "mean, var = self.running_mean, self.running_var",
                    "mean, var = x.mean(0), x.var(0)",
                )
            ],
            "batch-statistics-in-evaluation",
        ),
        (
            "FreezableNet",
            [("(self.b - self.running_mean) * scale", "self.b - self.running_mean * scale")],
            "bias-after-the-norm",
        ),
        (
            "PortedNorm",
            [
                ("= 1 - momentum, True", "= momentum, True"),
                (
                    "(1 - m) * self.running_mean + m * mean",
                    "m * self.running_mean + (1 - m) * mean",
                ),
            ],
            "mean-alone-mended",
        ),
        (
            "ChannelNorm",
            [("y.reshape(n, h, w, c).transpose(0, 3, 1, 2)", "y.reshape(n, c, h, w)")],
            "way-back-not-moved",
        ),
        (
            "SavedNet",
            [('norm.running_var = state["running_var"].copy()', "pass")],
            "variance-not-saved",
        ),
        (
            "SavedNet",
            [
                ('"running_mean": norm.running_mean.copy()', '"running_mean": norm.running_mean'),
                ('"running_var": norm.running_var.copy()', '"running_var": norm.running_var'),
            ],
            "state-shares-arrays",
        ),
        ("clinic_gradients", [(" - along)", ")")], "variance-detached"),
        (
            "clinic_epoch",
            [("[*starts[1:], len(x)]", "[*starts[1:], starts[-1] + batch_size]")],
            "row-dropped",
        ),
    ],
)
def test_a_wrong_repair_of_the_notebooks_own_code_is_named(name, changes, mistake):
    report = run(name, mended(name, *changes))
    assert not report.passed
    assert report.mistakes == (mistake,)


# ------------------------------------------------------------------ answers that must not pass


def answering(value):
    class Constant:
        def __init__(self, *start):
            self.norm = self
            self.training = True
            self.running_mean = self.running_var = self.w2 = np.zeros(4)

        def forward(self, *arguments):
            return value

        fit = predict = state = load = freeze = train = eval = forward

    return Constant


CLASSES = [p for p in PATIENTS if p.adapter]


@pytest.mark.parametrize("patient", CLASSES, ids=lambda e: e.name)
@pytest.mark.parametrize(
    "value",
    [
        None,
        0.0,
        "text",
        np.zeros(6),
        np.zeros((7, 4)),
        [[1.0], [2.0, 3.0]],
        (None, None),
        {},
        np.nan,
    ],
    ids=repr,
)
def test_constants_of_any_kind_earn_little_and_break_nothing(patient, value):
    report = run(patient.name, answering(value))
    # What a fault would have disturbed stays as it was, if nothing is done at all.
    assert report.points <= 0.45 * report.possible, report
    assert str(report)


@pytest.mark.parametrize("name", ["clinic_gradients", "clinic_epoch"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda *a: None,
        lambda *a: (1.0, 2.0),
        lambda *a: (None,) * 5,
        lambda *a: ("a", "b", "c", "d"),
        lambda *a: [np.zeros(3)] * 4,
        lambda *a: [np.zeros(3)] * 5,
        lambda *a: [np.full(3, np.nan)] * 4,
        lambda *a: (a[2], a[3], a[4], 0.0),
        lambda *a: (0.0, *(np.zeros_like(p) for p in a[2:6])),
        lambda *a: 1 / 0,
    ],
)
def test_functions_that_compute_nothing_earn_nothing(name, answer):
    report = run(name, answer)
    assert report.points == 0, report
    assert str(report)


def test_a_class_without_the_methods_says_so():
    class SavedNet:
        def __init__(self, *start):
            pass

    report = run("SavedNet", SavedNet)
    assert report.points == 0
    assert "AttributeError" in str(report)


def test_a_method_that_is_not_written_yet_is_not_attempted():
    class SavedNet(mutants.solution_of("SavedNet").beside["SavedNet"]):
        def load(self, state):
            raise NotImplementedError("load")

    report = run("SavedNet", SavedNet)
    assert [r.passed for r in report.results] == [None, True, None, None]


def test_a_batch_norm_of_the_library_is_borrowed():
    import bnlib

    class EvaluatedNorm(mutants.solution_of("EvaluatedNorm").beside["EvaluatedNorm"]):
        def forward(self, x):
            return bnlib.batch_norm(x, self.gamma, self.beta)[0]

    assert run("EvaluatedNorm", EvaluatedNorm).status == "borrowed"


# ------------------------------------------------------------------ the references themselves


def test_the_gradients_are_the_slopes_of_the_loss():
    reference = lookup("clinic_gradients").reference
    arguments = lookup("clinic_gradients").example(np.random.default_rng(1))
    gradients = reference(*arguments)[1:]
    for i, gradient in zip(range(2, 6), gradients, strict=True):
        for where in np.ndindex(gradient.shape):
            slope = 0.0
            for sign in (1, -1):
                moved = [np.array(a, dtype=float) for a in arguments]
                moved[i][where] += sign * 1e-5
                slope += sign * reference(*moved)[0] / 2e-5
            assert slope == pytest.approx(gradient[where], rel=1e-5, abs=1e-8)


def test_the_layers_agree_with_the_package():
    import bnlib

    rng = np.random.default_rng(0)
    gamma, beta = rng.normal(size=(2, 3))
    x = rng.normal(3, 2, (4, 3, 2, 5))
    layer = lookup("ChannelNorm").reference(gamma, beta, 1.0, 0.3)
    y, _ = bnlib.spatial_batch_norm(x, gamma, beta, 0.3)
    np.testing.assert_allclose(layer.forward(x), y, rtol=1e-10)
    layer.training = False
    same = bnlib.batch_norm_inference(x, gamma, beta, layer.running_mean, layer.running_var, 0.3)
    np.testing.assert_allclose(layer.forward(x), same, rtol=1e-10)
    w, b, mean = rng.normal(size=(4, 3)), *rng.normal(size=(2, 3))
    var = rng.uniform(1, 2, 3)
    frozen = lookup("FreezableNet").reference(w, b, gamma, beta, mean, var, 0.3).freeze()
    folded = bnlib.fold_linear(w.T, b, gamma, beta, mean, var, 0.3)
    np.testing.assert_allclose(frozen[0], folded[0].T, rtol=1e-10)
    np.testing.assert_allclose(frozen[1], folded[1], rtol=1e-10)


# ------------------------------------------------------------------ the adapter


class Counter:
    def __init__(self, start):
        self.count = np.array([start])
        self.inner = self
        self.on = False

    def add(self, number):
        self.count += number
        return self.count

    def pair(self):
        return self.count, None


def test_steps_keep_what_was_seen_when_it_was_seen():
    steps = [
        ("before", "get", "inner.count"),
        ("", "add", 2.0),
        ("after", "get", "count"),
        ("", "set", "inner.on", True),
        ("on", "get", "on"),
        ("both", "pair"),
        ("first", "item", "@both", 0),
        ("", "new", np.float64(7.0)),
        ("", "add", "@after"),
        ("new", "get", "count"),
    ]
    names = ("before", "after", "on", "first", "new", "never")
    values = by_steps(Counter)((1.0,), steps, names)
    assert [None if v is None else float(np.ravel(v)[0]) for v in values] == [1, 3, 1, 3, 10, None]


def test_an_item_of_what_is_no_tuple_is_an_error_that_says_so():
    with pytest.raises(TypeError, match="expected a tuple, got ndarray"):
        by_steps(Counter)((1.0,), [("one", "add", 1.0), ("", "item", "@one", 0)], ("one",))


# What is drawn first for these seeds leaves a gradient far smaller than its terms. Of the two rules
# by which it is drawn again, only that on the terms sees the second seed, only that on z the third.
@pytest.mark.parametrize("seed", [621182009, 2324, 94539])
def test_an_honest_float32_gradient_passes_where_large_terms_nearly_cancel(seed):
    patient = lookup("clinic_gradients")
    (honest,) = [a for a in patient.alternatives if a.__name__ == "single_precision"]
    report = run(patient.name, OwnCallee(honest, patient.adapter), seed)
    assert report.passed, report
