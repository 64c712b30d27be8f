"""The checks run in a browser as they do in a notebook: every solution, and known mistakes."""

import inspect
import json
import re
import textwrap

import pytest
from browser import pages

from bnlib.browser import judging
from bnlib.checks import registry

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

EXERCISES = registry.exercises()
NOTEBOOKS = list(dict.fromkeys(e.notebook for e in EXERCISES))
# Of a notebook's catalogue, how many mistakes are made in the browser.
MISTAKES = 2

CHECK = """
const [cases, done] = [arguments[0], arguments[arguments.length - 1]];
(async () => {
  const { check } = await import(new URL("_static/practice/work.js", arguments[1]).href);
  const reports = [];
  for (const [name, cells] of cases) reports.push(await check(name, cells));
  return reports;
})().then(done, (error) => done({ failed: String(error) }));
"""


@pytest.fixture(scope="module")
def check(browser, address):
    """Judge [(exercise, cells), ...] in a page's worker."""
    browser.set_script_timeout(240)
    browser.get(f"{address}/exercises/04_algorithm.html")

    def judge(cases):
        reports = browser.execute_async_script(CHECK, cases, f"{address}/")
        assert "failed" not in reports, reports
        return reports

    return judge


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_solution_gets_all_points(check, notebook):
    own = [e for e in EXERCISES if e.notebook == notebook]
    solved = pages.cells(notebook, pages.solutions(notebook))
    reports = check([(e.name, solved) for e in own])
    got = {report["exercise"]: (report["status"], report["points"]) for report in reports}
    assert got == {e.name: ("not judged", 0) if e.requires else ("passed", e.points) for e in own}


def known_mistakes(notebook):
    """(exercise, id, cells) of mistakes whose code stands alone; at most one an exercise."""
    found = []
    for exercise in (e for e in EXERCISES if e.notebook == notebook and not e.requires):
        for mistake in exercise.mistakes:
            cells = with_mistake(exercise, mistake)
            if cells is None:
                continue
            ids = [row["mistake"] for row in judging.check(exercise.name, cells)["rows"]]
            if mistake.id in ids:
                found.append((exercise, ids, cells))
                break
        if len(found) == MISTAKES:
            break
    return found


def with_mistake(exercise, mistake):
    """The page with a mistake's own code for an answer, or None where that has another form."""
    try:
        source = textwrap.dedent(inspect.getsource(mistake.function))
    except (OSError, TypeError):
        return None
    code = re.search(r"^(def|class) \w+", source, re.MULTILINE)
    if code is None:
        return None
    answer = f"{code[1]} {exercise.name}{source[code.end() :]}"
    return pages.cells(exercise.notebook, {exercise.name: answer})


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_mistake_has_the_name_that_it_has_in_a_notebook(check, notebook):
    cases = known_mistakes(notebook)
    assert cases, "no mistake of this notebook stands alone"
    reports = check([(exercise.name, cells) for exercise, _, cells in cases])
    for (exercise, ids, cells), report in zip(cases, reports, strict=True):
        here = judging.check(exercise.name, cells)
        assert [row["mistake"] for row in report["rows"]] == ids
        assert report["points"] == here["points"], json.dumps(report)
