"""A check of a page gives what the notebook's own check gives, and says what went wrong."""

import json
import sys

import pytest
from browser import pages

from bnlib.browser import judging
from bnlib.checks import registry, run

EXERCISES = registry.exercises()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.name)
def test_a_solution_gets_all_points_and_what_was_handed_out_does_not(exercise):
    solved = pages.cells(exercise.notebook, pages.solutions(exercise.notebook))
    report = judging.check(exercise.name, solved)
    assert (report["status"], report["points"]) == ("passed", exercise.points), report
    untouched = judging.check(exercise.name, pages.cells(exercise.notebook))
    assert untouched["points"] < exercise.points
    assert exercise.repair == (untouched["status"] == "wrong")
    json.dumps(report)


VARIANCE = """\
def standardize_batch(x, eps):
    return (x - x.mean(axis=0)) / (x.var(axis=0) + eps)
"""


def judged(source, name="standardize_batch", notebook="04_algorithm", **others):
    return judging.check(name, pages.cells(notebook, {name: source, **others}))


def test_a_mistake_is_named_as_the_notebook_names_it():
    report = judged(VARIANCE)
    space = {}
    exec("import numpy as np\n" + VARIANCE, space)
    theirs = run("standardize_batch", space["standardize_batch"])
    assert [(r["passed"], r["mistake"], r["points"]) for r in report["rows"]] == [
        (r.passed, r.mistake, r.points) for r in theirs.results
    ]
    assert "You divide by the variance" in str(report["rows"])
    assert report["rows"][0]["section"]["path"].startswith("book/04_algorithm.html#sec-")


def test_a_mistake_is_explained_once():
    messages = [row["message"] for row in judged(VARIANCE)["rows"] if row["passed"] is False]
    assert len(messages) > 1
    assert sum("You divide by the variance" in message for message in messages) == 1


def test_a_borrowed_answer_gets_nothing():
    report = judged(
        "import bnlib\ndef standardize_batch(x, eps):\n    return bnlib.standardize(x)\n"
    )
    assert (report["status"], report["points"]) == ("borrowed", 0)
    assert "bnlib.standardize" in report["message"]


def test_an_earlier_answer_of_the_readers_own_is_used_and_a_wrong_one_costs_nothing():
    uses = (
        "def batchnorm_forward_spatial(x, gamma, beta, eps):\n"
        "    rows = x.transpose(0, 2, 3, 1)\n"
        "    y, cache = batchnorm_forward(rows.reshape(-1, x.shape[1]), gamma, beta, eps)\n"
        "    return y.reshape(rows.shape).transpose(0, 3, 1, 2), cache\n"
    )
    right = pages.solutions("04_algorithm")["batchnorm_forward"]
    wrong = "def batchnorm_forward(x, gamma, beta, eps):\n    return x * gamma + beta, None\n"
    for forward in (right, wrong):
        report = judged(uses, "batchnorm_forward_spatial", batchnorm_forward=forward)
        assert report["status"] == "passed", report


def test_an_error_has_the_readers_own_line():
    report = judged(
        "def standardize_batch(x, eps):\n    z = x - x.mean(axis=0)\n    return z / zz\n"
    )
    assert "raised NameError: name 'zz' is not defined at `return z / zz`" in str(report["rows"])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "def standardize_batch(x, eps)\n    return x\n",
            "line 1:\n    def standardize_batch(x, eps)",
        ),
        ("%matplotlib inline\ndef standardize_batch(x): pass\n", "works in Jupyter"),
        ("1 / 0\ndef standardize_batch(x): pass\n", "line 1:\n    1 / 0\nZeroDivisionError"),
        ("raise SystemExit('off')\n", "SystemExit: off"),
        ("x = '" + "(" * 10 + "\x00'", "null bytes"),
    ],
)
def test_a_cell_that_does_not_run_says_so(source, expected):
    report = judged(source)
    assert (report["status"], report["points"]) == ("not defined", 0)
    assert expected in report["error"]
    assert report["raised"]["type"] == "error"
    assert report["raised"]["message"] in report["error"]


def test_an_answer_of_another_name_is_missed():
    report = judged("def standardise_batch(x, eps):\n    return x\n")
    assert report["status"] == "not defined"
    assert "defines no standardize_batch" in report["message"]


def test_another_cell_that_fails_does_not_matter():
    right = pages.solutions("04_algorithm")["standardize_batch"]
    report = judged(right, batchnorm_forward="def batchnorm_forward(:\n")
    assert report["status"] == "passed"


def test_what_the_answer_prints_and_warns_is_shown():
    report = judged(
        "print('defined')\nimport warnings\ndef standardize_batch(x, eps):\n"
        "    warnings.warn('look at eps')\n    print(x.shape)\n    return x\n"
    )
    assert report["printed"].startswith("defined\n")
    assert "UserWarning in line 4: look at eps" in report["printed"]
    assert "(" in report["printed"]


def test_a_flood_of_text_is_cut():
    report = judged("print('x' * 10**6)\ndef standardize_batch(x, eps): return x\n")
    assert len(report["printed"]) < 30_000
    assert "980,001 characters more" in report["printed"]


def test_the_flags_of_our_files_are_not_the_readers():
    # In cells.py annotations are not evaluated; in the reader's cell they are.
    report = judged("def standardize_batch(x: nowhere, eps): return x\n")
    assert "NameError: name 'nowhere' is not defined" in report["error"]


def test_a_class_finds_the_names_beside_it_and_nothing_stays():
    before = sys.modules["__main__"]
    right = pages.solutions("06_running")["BatchNorm"]
    source = (
        right + "\n\nimport dataclasses\n@dataclasses.dataclass\nclass Kept:\n    x: 'int' = 1\n"
    )
    assert judged(source, "BatchNorm", "06_running")["status"] == "passed"
    assert sys.modules["__main__"] is before


def test_no_figure_library_is_asked_for_unless_it_is_used(monkeypatch):
    monkeypatch.setattr(judging.importlib.util, "find_spec", lambda name: None)
    for notebook in dict.fromkeys(e.notebook for e in EXERCISES):
        asked = judging.packages(pages.cells(notebook))
        assert "matplotlib" not in asked, notebook
    own = {
        "standardize_batch": "import matplotlib.pyplot as plt\ndef standardize_batch(x, eps): 1\n"
    }
    assert "matplotlib" in judging.packages(pages.cells("04_algorithm", own))


def test_an_exercise_that_needs_torch_says_so(monkeypatch):
    monkeypatch.setattr(judging.importlib.util, "find_spec", lambda name: None)
    report = judging.check("BatchNormFunction", pages.cells("05_backward"))
    assert report["status"] == "not judged"
    assert "needs torch" in report["message"]


@pytest.mark.parametrize("cells", [[["a", "answer", "x"]], [["a", "answer", None, "x"]]])
def test_cells_of_another_form_are_refused(cells):
    with pytest.raises(ValueError, match="four texts"):
        judging.check("standardize_batch", cells)


def test_an_exercise_of_another_page_is_refused():
    with pytest.raises(ValueError, match="no cell of the page answers covariance"):
        judging.check("covariance", pages.cells("04_algorithm"))
