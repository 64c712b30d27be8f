"""solutions/*.md is the one source: the notebooks follow from it, and every exercise is there."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml

from bnlib.authoring import headers, regions
from bnlib.checks import registry
from tests.tools.small_book import FRONT
from tools import exercises

ROOT = Path(__file__).resolve().parents[1]
SOURCES = exercises.sources(ROOT)
CHECK = re.compile(r"^\s*check\((\w+)\)", re.MULTILINE)


def code(*lines, tags=""):
    option = [f":tags: [{tags}]"] if tags else []
    return "\n".join(["```{code-cell} ipython3", *option, *lines, "```", ""])


DOUBLE = code(
    "def double(x):",
    "    ### BEGIN SOLUTION",
    "    return 2 * x",
    "    ### END SOLUTION",
)


@pytest.fixture
def project(tmp_path):
    """A project with no chapter and one solution, to be written by the test."""
    (tmp_path / "solutions").mkdir()

    def write(*parts):
        path = tmp_path / "solutions" / "01_sample.md"
        path.write_text(FRONT + "\n".join(parts))
        return tmp_path

    return write


def cells(root, folder):
    return nbformat.read(root / folder / "01_sample.ipynb", as_version=4).cells


# ---------------------------------------------------------------- the project's own notebooks


def test_there_are_sources():
    assert {"04_algorithm", "05_backward"} <= {source.stem for source in SOURCES}


def test_regenerating_changes_nothing():
    assert exercises.synchronize(ROOT, check=True) == ""


def test_every_exercise_is_asked_checked_and_listed():
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    listed = {c["file"] for part in contents["parts"] for c in part["chapters"]}
    asked = {}
    for source in SOURCES:
        assert {f"exercises/{source.stem}", f"solutions/{source.stem}"} <= listed
        text = source.read_text()
        checked = CHECK.findall(text)
        assert headers.PLACE.findall(text) == checked, "a header and a check for each exercise"
        asked[source.stem] = checked
    expected = {source.stem: [] for source in SOURCES}
    for exercise in registry.exercises():
        expected.setdefault(exercise.notebook, []).append(exercise.name)
    assert {k: sorted(v) for k, v in asked.items()} == {k: sorted(v) for k, v in expected.items()}


def reports(notebook):
    """The text of every output, one string a cell that calls check."""
    found = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for name in CHECK.findall(cell.source):
                found[name] = "".join("".join(exercises._texts(output)) for output in cell.outputs)
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_an_untouched_notebook_runs_and_nothing_is_attempted(source):
    path = ROOT / "exercises" / f"{source.stem}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    exercises.execute(notebook, path.name)
    found = reports(notebook)
    assert len(found) == sum(e.notebook == source.stem for e in registry.exercises())
    for name, text in found.items():
        exercise = registry.lookup(name)
        if exercise.repair:  # code that runs is handed out, and it is wrong
            said = re.search(rf"{name}: (\d+) of {exercise.points:g} points", text)
            assert int(said[1]) < exercise.points
            named = [m.id for m in exercise.mistakes if m.advice in text]
            assert named == [exercise.mistakes[0].id]
        else:
            assert f"{name}: not attempted (0 of " in text


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_solution_has_all_its_points(source):
    notebook = nbformat.read(ROOT / "solutions" / f"{source.stem}.ipynb", as_version=4)
    found = reports(notebook)
    assert found
    for name, text in found.items():
        points = f"{registry.lookup(name).points:g}"
        said = re.findall(rf"{name}: (\S+) of (\S+) points", text)
        assert set(said) == {(points, points)}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_the_student_sees_no_solution(source):
    text = (ROOT / "exercises" / f"{source.stem}.ipynb").read_text()
    assert "SOLUTION" not in text
    assert regions.INSTEAD not in text
    headings = [line for line in source.read_text().splitlines() if line.startswith("## ")]
    assert headings
    assert all(f'"{heading}' in text for heading in headings)
    stubs = text.count("raise NotImplementedError(")
    handed_out = source.read_text().count(regions.INSTEAD)
    assert stubs + handed_out == regions.check_regions(source.read_text(), source.name)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_of_code_to_mend_the_student_sees_the_broken_lines_alone(source):
    student = nbformat.read(ROOT / "exercises" / f"{source.stem}.ipynb", as_version=4)
    seen = [cell.source for cell in student.cells]
    for cell in jupytext.reads(source.read_text(), fmt="md:myst").cells:
        if regions.INSTEAD in cell.source:
            broken = regions.without_solutions(cell.source)
            mended = regions.without_markers(cell.source)
            assert broken in seen
            assert mended not in seen
            assert set(mended.splitlines()) - set(broken.splitlines())


# ---------------------------------------------------------------- the generator, on small files


def test_both_notebooks_are_made(project):
    root = project("# Sample\n", DOUBLE, code("print(1)", "double(2)", tags="solution"))
    exercises.synchronize(root)
    student, solved = cells(root, "exercises"), cells(root, "solutions")
    assert [c.cell_type for c in student] == ["markdown", "code"]
    assert student[1].source == f"def double(x):\n    {regions.STUB}"
    assert (student[1].outputs, student[1].execution_count) == ([], None)
    assert solved[1].source == "def double(x):\n    return 2 * x"
    assert solved[2].outputs[0].text == "1\n"
    assert solved[2].outputs[1].data["text/plain"] == "4"
    assert [c.execution_count for c in solved[1:]] == [1, 2]
    assert student[1].id == solved[1].id


def test_a_second_time_nothing_is_written(project):
    root = project(DOUBLE, code("import matplotlib.pyplot as plt", "plt.plot([1, 2]);"))
    exercises.synchronize(root)
    made = {path: path.read_bytes() for path in root.rglob("*.ipynb")}
    assert len(made) == 2
    assert exercises.synchronize(root) == ""
    assert {path: path.read_bytes() for path in root.rglob("*.ipynb")} == made


def test_nothing_of_the_run_is_stored(project):
    root = project(code("import ipywidgets", "ipywidgets.IntSlider()"))
    exercises.synchronize(root)
    notebook = nbformat.read(root / "solutions" / "01_sample.ipynb", as_version=4)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert "version" not in notebook.metadata.language_info
    (cell,) = notebook.cells
    assert cell.metadata == {}
    assert set(cell.outputs[0].data) == {"text/plain"}


def test_a_new_cell_changes_no_other_id(project):
    exercises.synchronize(project("One.\n", DOUBLE))
    before = [c.id for c in cells(project("One.\n", DOUBLE), "exercises")]
    exercises.synchronize(project("One.\n", code("1"), DOUBLE))
    after = [c.id for c in cells(project(), "exercises")]
    assert [after[0], after[2]] == before


@pytest.mark.parametrize("folder", ["exercises", "solutions"])
def test_what_a_hand_changed_is_seen_and_not_written(project, folder):
    root = project(DOUBLE, code("double(2)", tags="solution"))
    exercises.synchronize(root)
    path = root / folder / "01_sample.ipynb"
    text = path.read_text()
    path.write_text(text.replace("double(x)", "double(y)"))
    assert f"{folder}/01_sample.ipynb" in exercises.synchronize(root, check=True)
    assert "double(y)" in path.read_text()
    exercises.synchronize(root)
    assert path.read_text() == text


def test_an_output_that_is_out_of_date_is_seen(project):
    root = project(code("print(1 + 1)"))
    exercises.synchronize(root)
    path = root / "solutions" / "01_sample.ipynb"
    path.write_text(path.read_text().replace('"2\\n"', '"3\\n"'))
    assert "+" in exercises.synchronize(root, check=True)


def test_another_picture_is_seen(project):
    plot = "import matplotlib.pyplot as plt\nplt.plot({}, linewidth=20);"
    root = project(code(plot.format([1, 2])))
    exercises.synchronize(root)
    path = root / "solutions" / "01_sample.ipynb"
    old = nbformat.read(path, as_version=4).cells[0].outputs[0].data["image/png"]
    exercises.synchronize(project(code(plot.format([2, 1]))))
    text = path.read_text()
    new = nbformat.read(path, as_version=4).cells[0].outputs[0].data["image/png"]
    path.write_text(text.replace(new.replace("\n", "\\n"), old.replace("\n", "\\n")))
    assert "looks different" in exercises.synchronize(root, check=True)


def test_a_notebook_without_a_source_is_seen(project):
    root = project(DOUBLE)
    exercises.synchronize(root)
    (root / "solutions" / "01_sample.md").unlink()
    assert exercises.synchronize(root, check=True).count("no source") == 2


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([code("### BEGIN SOLUTION")], r"solutions/01_sample.md:12: .*not closed"),
        (["{{ exercise no_such }}\n"], r"solutions/01_sample.md:11: no exercise is named"),
        ([code("1 / 0")], r"solutions/01_sample.md: (.|\n)*ZeroDivisionError"),
        ([code("import sys", "print(1, file=sys.stderr)")], r"01_sample.md: .* wrote to stderr"),
        ([code("object()")], r"01_sample.md: an output holds an address in memory"),
        ([code("import os", "print(os.getcwd())")], r"01_sample.md: .* path of this machine"),
        ([code("import sys", "print(sys.prefix)")], r"01_sample.md: .* path of this machine"),
        (
            ['+++ {"tags": ["solution"]}\n\nWhy.\n\n## Next\n', DOUBLE],
            r"solutions/01_sample.md:15: '## Next' is in a cell with the tag solution",
        ),
        (
            [code("if True:", "### BEGIN SOLUTION", "    x = 1", "### END SOLUTION")],
            r"01_sample.md: without its solution this cell is no Python",
        ),
    ],
)
def test_what_cannot_be_made_is_an_error_that_names_the_file(project, parts, message):
    root = project(*parts)
    with pytest.raises(ValueError, match=message):
        exercises.synchronize(root)
    assert not list(root.rglob("*.ipynb"))


# ---------------------------------------------------------------- the header of an exercise


def test_a_header_names_points_and_section(tmp_path):
    exercise = registry.lookup("standardize_batch")
    section = exercise.section
    (tmp_path / f"{section.chapter}.md").write_text(
        f"# Title\n\n({section.label})=\n## What $x$ is, `exactly`?\n"
    )
    line = headers.filled("Before\n{{ exercise standardize_batch }}\nAfter", tmp_path)
    assert line.splitlines()[1] == (
        f"Points {exercise.points:g} · difficulty {exercise.difficulty} of 5 · "
        f"about {exercise.minutes} minutes · practises "
        f"[{section.title}](../book/{section.chapter}.md#what--is-exactly)"
    )


def test_a_section_that_is_not_in_the_book_is_an_error(tmp_path):
    chapter = tmp_path / "04_algorithm.md"
    with pytest.raises(ValueError, match="no chapter"):
        headers.heading_slug(chapter, "sec-eps")
    chapter.write_text("(sec-axes)=\n## Axes\n")
    with pytest.raises(ValueError, match="no label"):
        headers.heading_slug(chapter, "sec-eps")


def test_the_first_heading_after_the_label_is_linked(tmp_path):
    chapter = tmp_path / "04_algorithm.md"
    chapter.write_text("# One\n\n(a)=\n## Same\n\n(b)=\n## Same\n")
    assert headers.heading_slug(chapter, "a") == "same"
    assert headers.heading_slug(chapter, "b") == "same-1"
