"""Answers leave a page as a notebook that the grader takes, and come back; and the overview."""

import csv
import json
import shutil

import nbformat
import pytest
from browser import pages
from browser.practising import DEVIATION, IN_PLACE, VARIANCE, Reader

from bnlib.checks import registry

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

NOTEBOOK = "04_algorithm"
EXERCISE = "standardize_batch"
EXERCISES = registry.exercises()


@pytest.fixture(scope="module")
def downloads(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    settings = {"behavior": "allow", "downloadPath": str(folder)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", settings)
    return folder


@pytest.fixture
def reader(browser, address):
    return Reader(browser, address).anew()


def export(reader, downloads):
    """The notebook that the page's button saves."""
    for old in downloads.iterdir():
        old.unlink()
    reader.press("Export answers")
    file = downloads / f"{NOTEBOOK}.ipynb"
    reader.until(lambda d: file.is_file() and file.stat().st_size)
    return nbformat.read(file, as_version=4), file


@pytest.mark.needs_system("bubblewrap")
def test_the_grader_gives_an_exported_notebook_the_points_of_the_page(reader, downloads, tmp_path):
    from click.testing import CliRunner

    from bnlib.commands.root import bnlib

    reader.write(EXERCISE, IN_PLACE)
    reader.write("restoring_affine", "def restoring_affine(mean, var, eps): return 1\n")
    reader.write("batchnorm_forward", pages.solutions(NOTEBOOK)["batchnorm_forward"])
    reader.press("Check all")
    reader.until(lambda d: "exercises were checked" in reader.line)
    verdicts = reader.stored()["verdicts"]
    assert 0 < verdicts[EXERCISE]["points"] < 6
    assert verdicts["batchnorm_forward"]["points"] == 7
    notebook, file = export(reader, downloads)
    nbformat.validate(notebook)

    out = tmp_path / "out"
    handed_in = tmp_path / "in"
    handed_in.mkdir()
    shutil.copy(file, handed_in / "ada.ipynb")
    result = CliRunner().invoke(bnlib, ["grade", str(handed_in), "--out", str(out)])
    assert result.exit_code == 0, result.output
    with open(out / "grades.csv", newline="", encoding="utf-8") as grades:
        (row,) = csv.DictReader(grades)
    assert float(row["total"]) == sum(v["points"] for v in verdicts.values())


def test_an_export_is_the_students_notebook_with_the_readers_cells(reader, downloads):
    reader.write(EXERCISE, DEVIATION)
    notebook, _ = export(reader, downloads)
    nbformat.validate(notebook)
    untouched = nbformat.read(pages.ROOT / "exercises" / f"{NOTEBOOK}.ipynb", as_version=4)
    assert notebook.metadata == untouched.metadata
    for cell, theirs in zip(notebook.cells, untouched.cells, strict=True):
        changed = cell.id == "c86dc4fb"
        assert (cell.id, cell.cell_type) == (theirs.id, theirs.cell_type)
        assert cell.source == (DEVIATION if changed else theirs.source)


def in_jupyter(tmp_path, name="edited.ipynb", **answers):
    """A notebook as Jupyter leaves it: other answers, a cell of one's own, outputs."""
    path = pages.ROOT / "exercises" / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for i, cell in enumerate(notebook.cells):
        for exercise, source in answers.items():
            if cell.source.startswith(f"def {exercise}("):
                cell.source = source
                cell.id = f"{i}-other"
    file = tmp_path / name
    nbformat.write(notebook, file)
    return file, notebook


def test_an_export_comes_back(reader, downloads):
    reader.write(EXERCISE, DEVIATION)
    _, file = export(reader, downloads)
    reader.choose(file)
    reader.until(lambda d: "holds what is on the page already" in reader.line)
    reader.anew()
    reader.choose(file)
    reader.press("Replace", reader.until(lambda d: reader.all(".practice-dialog"))[0])
    assert reader.state(EXERCISE) == "Started, not checked (6 points)"
    assert reader.stored()["sources"] == {EXERCISE: DEVIATION}
    assert "Passed: 6 of 6" in reader.check(EXERCISE)


def test_a_notebook_edited_in_jupyter_is_matched_by_its_functions(reader, tmp_path):
    helper = "def spread(x):\n    return x.std(axis=0)"
    file, notebook = in_jupyter(tmp_path, **{EXERCISE: DEVIATION})
    place = next(i for i, c in enumerate(notebook.cells) if c.source == DEVIATION)
    notebook.cells.insert(place, nbformat.v4.new_code_cell(helper))
    notebook.cells = [c for c in notebook.cells if "def streaming_mean_var" not in c.source]
    nbformat.write(notebook, file)
    reader.choose(file)
    dialog = reader.until(lambda d: reader.all(".practice-dialog"))[0]
    assert "replaces 1 of 5 answers" in dialog.text
    assert "left as they are: streaming_mean_var" in dialog.text
    assert "1 more cell" in dialog.text
    reader.press("Replace", dialog)
    assert reader.stored()["sources"] == {EXERCISE: f"{helper}\n\n\n{DEVIATION}"}


def test_nothing_is_replaced_before_the_reader_says_so(reader, tmp_path):
    reader.write(EXERCISE, VARIANCE)
    file, _ = in_jupyter(tmp_path, **{EXERCISE: DEVIATION})
    reader.choose(file)
    dialog = reader.until(lambda d: reader.all(".practice-dialog"))[0]
    assert reader.field(EXERCISE).get_attribute("value") == VARIANCE
    reader.press("Keep what is here", dialog)
    assert reader.field(EXERCISE).get_attribute("value") == VARIANCE
    assert reader.line == "Nothing was imported."


BAD = {
    "empty.ipynb": ("", "The file is empty."),
    "page.ipynb": ("<html></html>", "It is no notebook: an .ipynb file is expected"),
    "cut.ipynb": ('{"cells": [', "The notebook is broken"),
    "list.ipynb": ("[1]", "It is no notebook"),
    "object.ipynb": ('{"a": 1}', "it has no list of cells"),
    "old.ipynb": ('{"nbformat": 3, "worksheets": []}', "old format"),
    "three.ipynb": ('{"nbformat": 3, "cells": []}', "format 3; format 4 is expected"),
    "strange.ipynb": ('{"nbformat": 4, "cells": [null, 3, {"cell_type": "code"}]}', "answers no"),
}


@pytest.mark.parametrize("name", [*BAD, "large.ipynb", "other.ipynb"])
def test_a_file_that_is_none_of_this_page_is_named_and_changes_nothing(reader, tmp_path, name):
    reader.write(EXERCISE, VARIANCE)
    file = tmp_path / name
    if name == "large.ipynb":
        with open(file, "wb") as large:
            large.truncate(21 * 2**20)
        expected = "It has 21 MB; a notebook of at most 20 MB is read."
    elif name == "other.ipynb":
        file.write_bytes((pages.ROOT / "exercises" / "05_backward.ipynb").read_bytes())
        expected = "It is notebook 05_backward; this page takes 04_algorithm."
    else:
        text, expected = BAD[name]
        file.write_text(text)
    reader.choose(file)
    reader.until(lambda d: "was not imported" in reader.line)
    assert reader.line.startswith(f"{name} was not imported, and nothing here has changed.")
    assert expected in reader.line
    assert reader.field(EXERCISE).get_attribute("value") == VARIANCE


# ---------------------------------------------------------------- the overview


def row(reader, exercise):
    cells = reader.all(f"tr[data-exercise={exercise}] td")
    return cells[-1].text


def overview(reader):
    reader.driver.get(f"{reader.address}/book/practice.html")
    reader.until(lambda d: reader.all(".practice-desk button"))


def test_the_overview_shows_what_was_done(reader):
    reader.write(EXERCISE, DEVIATION)
    reader.check(EXERCISE)
    reader.write("restoring_affine", "def restoring_affine(mean, var, eps): return 1\n")
    reader.until(lambda d: "restoring_affine" in reader.stored()["sources"])
    overview(reader)
    assert row(reader, EXERCISE) == "Passed: 6 of 6 points"
    assert row(reader, "restoring_affine") == "Started, not checked (5 points)"
    assert row(reader, "covariance") == "Open (6 points)"
    possible = sum(e.points for e in EXERCISES)
    assert reader.one(".practice-sum").text == (
        f"1 of {len(EXERCISES)} exercises passed, 6 of {possible:g} points."
    )


def test_progress_is_forgotten_only_after_a_question(reader):
    reader.write(EXERCISE, DEVIATION)
    reader.check(EXERCISE)
    overview(reader)
    for answer, left in (("Keep it", True), ("Forget all", False)):
        reader.press("Forget my progress")
        reader.press(answer, reader.until(lambda d: reader.all(".practice-dialog"))[0])
        reader.until(lambda d: not reader.all(".practice-dialog"))
        assert bool(reader.stored()) == left
        assert (row(reader, EXERCISE) == "Passed: 6 of 6 points") == left


def test_without_scripts_the_overview_is_a_table_of_links(site):
    page = (site / "book" / "practice.html").read_text("utf-8")
    for exercise in EXERCISES:
        anchor = f'href="../exercises/{exercise.notebook}.html#exercise-{exercise.name}"'
        assert anchor in page, exercise.name
        own = (site / "exercises" / f"{exercise.notebook}.html").read_text("utf-8")
        assert f'id="exercise-{exercise.name}"' in own


def test_the_page_names_the_exercises_of_each_notebook(site):
    index = json.loads((site / "practice" / "index.json").read_text("utf-8"))
    assert [name for names in index.values() for name in names] == [e.name for e in EXERCISES]
