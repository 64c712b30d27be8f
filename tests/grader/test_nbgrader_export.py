"""Source notebooks for nbgrader: its own validator and converters take them, and points agree."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from bnlib.authoring import regions
from bnlib.authoring.texts import ExerciseError, read
from bnlib.checks import registry
from bnlib.commands.root import bnlib
from bnlib.grader.exports import nbgrader as exporting

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.md"))


@pytest.fixture
def installed():
    if importlib.util.find_spec("nbgrader") is None:
        pytest.skip("nbgrader takes what is exported for it (it is not installed) : make lint")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder of a course, written by the command."""
    out = tmp_path_factory.mktemp("course")
    done = export(out)
    assert done.exit_code == 0, done.output
    return out


def export(out, *options, solutions=ROOT / "solutions"):
    command = ["export", "nbgrader", "--out", str(out), "--solutions", str(solutions), *options]
    return CliRunner().invoke(bnlib, command)


def opened(exported, name):
    return nbformat.read(exported / "source" / name / f"{name}.ipynb", as_version=4)


def marked(notebook):
    """Cells that nbgrader knows, by their grade_id."""
    found = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    by_id = {cell.metadata.nbgrader.grade_id: cell for cell in found}
    assert len(by_id) == len(found), "an id stands twice"
    return by_id


@pytest.mark.parametrize("name", [path.stem for path in SOURCES])
def test_each_exercise_is_a_solution_cell_and_a_graded_cell_with_its_points(exported, name):
    notebook = opened(exported, name)
    nbformat.validate(notebook)
    cells = marked(notebook)
    exercises = [e for e in registry.exercises() if e.notebook == name]
    expected = {"setup"} | {e.name for e in exercises} | {f"{e.name}_check" for e in exercises}
    assert set(cells) == expected
    for exercise in exercises:
        answer, check = cells[exercise.name], cells[f"{exercise.name}_check"]
        flags = [answer.metadata.nbgrader[key] for key in ("grade", "solution", "locked")]
        assert flags == [False, True, False]
        assert "points" not in answer.metadata.nbgrader
        flags = [check.metadata.nbgrader[key] for key in ("grade", "solution", "locked")]
        assert flags == [True, False, True]
        assert check.metadata.nbgrader.points == exercise.points
        assert f"check({exercise.name})" in check.source
        assert answer.source.count(regions.BEGIN) == answer.source.count(regions.END) >= 1
        assert regions.INSTEAD not in answer.source
    assert cells["setup"].metadata.nbgrader.locked
    assert all(c.metadata.nbgrader.schema_version == 3 for c in cells.values())


@pytest.mark.parametrize("name", [path.stem for path in SOURCES])
def test_nothing_else_is_marked_run_or_explains_the_answer(exported, name):
    notebook = opened(exported, name)
    for cell in notebook.cells:
        assert "solution" not in cell.metadata.get("tags", [])
        assert "Why this is right" not in cell.source
        if cell.cell_type == "markdown":
            assert "nbgrader" not in cell.metadata
            assert "{{" not in cell.source
        else:
            assert not cell.outputs
            assert cell.execution_count is None


def test_code_to_mend_is_handed_out_whole_and_defined_anew_by_the_solution(exported):
    answer = marked(opened(exported, "07_training"))["PredictingNet"].source
    handed_out, solved = answer.split(exporting._MEND)
    assert handed_out.count("class PredictingNet") == solved.count("class PredictingNet") == 1
    assert "self.norm.training = before" in solved
    assert "self.norm.training = before" not in handed_out
    assert regions.BEGIN not in handed_out


# ---------------------------------------------------------------- what nbgrader does with them


@pytest.mark.parametrize("name", [path.stem for path in SOURCES])
def test_its_validator_takes_the_metadata(installed, exported, name):
    from nbgrader.nbgraderformat import MetadataValidator

    MetadataValidator().validate_nb(opened(exported, name))


def released(notebook):
    from nbgrader.preprocessors import ClearSolutions

    return ClearSolutions().preprocess(notebook, {})[0]


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_what_it_releases_holds_no_solution(installed, exported, path):
    """Each answer's cell is what the course hands out, but for the words of the stub."""
    student = released(opened(exported, path.stem))
    given = nbformat.read(ROOT / "exercises" / f"{path.stem}.ipynb", as_version=4)
    theirs = {cell.id: cell.source for cell in given.cells}
    for cell in student.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            handed_out = cell.source.partition(f"\n\n\n{exporting._MEND}")[0]
            stub = "# YOUR CODE HERE\n{0}raise NotImplementedError()"
            lines = [
                line.replace(regions.STUB, stub.format(line.partition("raise")[0]))
                for line in theirs[cell.id].splitlines()
            ]
            assert handed_out == "\n".join(lines)
        elif not cell.metadata.get("nbgrader", {}).get("grade"):
            assert cell.source == theirs[cell.id]


def test_validate_finds_full_points_in_the_solutions(installed, exported):
    # 04 has stubs, 07 has code to mend.
    files = [exported / "source" / n / f"{n}.ipynb" for n in ("04_algorithm", "07_training")]
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", *files],
        cwd=exported,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Success! Your notebook passes all the tests.") == 2, done.stdout


def test_a_stub_a_mistake_and_a_warning_get_their_points(installed, exported):
    from nbgrader.preprocessors import Execute
    from nbgrader.utils import determine_grade

    notebook = opened(exported, "04_algorithm")
    solved = {id: cell.source for id, cell in marked(notebook).items()}
    student = released(notebook)
    cells = marked(student)
    warns = "    import warnings\n    warnings.warn('slow')\n"
    cells["standardize_batch"].source = solved["standardize_batch"].replace(
        "    " + regions.BEGIN, warns
    )
    cells["batchnorm_forward_spatial"].source = "def batchnorm_forward_spatial(x: return"
    # It changes its argument, which one check sees.
    cells["batchnorm_forward"].source = solved["batchnorm_forward"].replace(
        "return gamma * xhat + beta,", "x -= 0.5\n    return gamma * xhat + beta,"
    )
    Execute().preprocess(student, {"metadata": {"path": str(exported)}})
    found = {
        id.removesuffix("_check"): determine_grade(cell)
        for id, cell in marked(student).items()
        if cell.metadata.nbgrader.grade
    }
    assert found["standardize_batch"] == (6, 6), "a warning costs points"
    assert found["batchnorm_forward_spatial"][0] == 0
    assert found["restoring_affine"] == (0, 5)
    assert found["streaming_mean_var"][0] == 0
    points, possible = found["batchnorm_forward"]
    assert 0 < points < possible == 7
    check = marked(student)["batchnorm_forward_check"]
    shown = [out for out in check.outputs if out.output_type == "display_data"]
    assert "batchnorm_forward" in shown[0].data["text/plain"]


# ---------------------------------------------------------------- the command


def test_one_notebook_can_be_chosen_and_made_again(tmp_path):
    done = export(tmp_path, "--notebook", "04_algorithm")
    path = tmp_path / "source" / "04_algorithm" / "04_algorithm.ipynb"
    assert done.output.split() == [str(path)]
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [path]
    before = path.read_bytes()
    assert export(tmp_path, "--notebook", "04_algorithm").exit_code == 0
    assert path.read_bytes() == before


def test_what_an_instructor_changed_is_not_written_over_unasked(tmp_path):
    export(tmp_path, "--notebook", "04_algorithm")
    path = tmp_path / "source" / "04_algorithm" / "04_algorithm.ipynb"
    path.write_text("mine")
    done = export(tmp_path, "--notebook", "04_algorithm", "--notebook", "05_backward")
    assert done.exit_code == 1
    assert "there already, with another content; --replace writes over it" in done.output
    assert path.read_text() == "mine"
    assert not (tmp_path / "source" / "05_backward").exists()
    assert export(tmp_path, "--notebook", "04_algorithm", "--replace").exit_code == 0
    nbformat.read(path, as_version=4)


def test_what_cannot_be_made_is_an_error(tmp_path, monkeypatch):
    done = export(tmp_path, solutions=tmp_path / "nowhere")
    assert done.exit_code == 1
    assert "holds no solution texts (NN_name.md)" in done.output
    assert "not in the installed package" in done.output
    done = export(tmp_path, "--notebook", "4")
    assert done.exit_code == 1
    assert "has no 4.md; it has 01_inputs, 02_whitening" in done.output
    assert not list(tmp_path.iterdir())
    monkeypatch.setitem(sys.modules, "jupytext", None)
    monkeypatch.delitem(sys.modules, "bnlib.grader.exports.nbgrader")
    monkeypatch.delitem(sys.modules, "bnlib.authoring.texts")
    done = export(tmp_path)
    assert done.exit_code == 1
    assert "jupytext is missing: pip install 'batchnorm-course[book]'" in done.output


SOLVED = f"def f(x):\n    {regions.BEGIN}\n    return x\n    {regions.END}"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([SOLVED], "each answer needs one check after it: f"),
        (["check(f)"], "each answer needs one check after it: f"),
        (
            [SOLVED, SOLVED.replace("def f", "def g"), "check(g)", "check(f)"],
            "they come in another order",
        ),
        ([f"{regions.BEGIN}\nx = 1\n{regions.END}"], "must define one name, got []"),
    ],
)
def test_an_answer_without_its_check_is_an_error(cells, said, monkeypatch):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    monkeypatch.setattr(registry, "lookup", lambda name: registry.exercises()[0])
    with pytest.raises(ExerciseError) as raised:
        exporting.source(notebook, "x.md")
    assert said in str(raised.value)
    assert str(raised.value).startswith("x.md: ")


def test_the_text_that_was_read_is_left_as_it_was():
    notebook = read(SOURCES[3], ROOT / "book")
    before = nbformat.writes(notebook)
    exporting.source(notebook, SOURCES[3].name)
    assert nbformat.writes(notebook) == before
