"""nbgrader and otter-grader, each set up as its own manual says, running the checks of bnlib.

Both grade the cells that ours grades, with the same checks, each run once a submission: in
nbgrader the notebook's cells with ``check(...)`` are its autograder tests and give their points
as partial credit; for otter they are left out, and a test file an exercise runs the checks, one
test case each, with the points of the check.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import nbformat

from benchmarks.grading.stopwatch import Command
from benchmarks.grading.submissions import Assignment, Submission
from tools.written.notebooks import handed_in

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / "_build" / "rivals"


class Rival:
    """A grader in an environment of its own.

    ``prepare`` lays out one folder for each process that will run, ``reset`` undoes a grading in
    them, ``commands`` grades, ``scores`` reads what came out.
    """

    name: str
    package: str

    def __init__(self, folder: Path):
        self.folder = folder
        self.bin = INSTALLED / self.name / "bin"
        self.parts: list[Path] = []

    def version(self) -> str | None:
        """The installed version, None where there is none."""
        if not (self.bin / "python").is_file():
            return None
        code = (
            f"import bnlib, torch; from importlib.metadata import version as v; "
            f"print(v({self.package!r}))"
        )
        found = subprocess.run(
            [self.bin / "python", "-c", code],
            capture_output=True,
            text=True,
            env={**os.environ, **self.environment()},
        )
        return found.stdout.strip() if found.returncode == 0 else None

    def prepare(self, assignment: Assignment, parts: Sequence[Sequence[Submission]]) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.parts = [self.folder / f"part{number}" for number in range(len(parts))]
        for part, submissions in zip(self.parts, parts, strict=True):
            part.mkdir(parents=True)
            self.lay_out(part, assignment, submissions)

    def environment(self) -> dict[str, str]:
        """Nothing of the user's own settings; kernels of this environment, bnlib of this folder."""
        own = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "IPYTHONDIR": "ipython"}
        made = {key: str(self.folder / name) for key, name in own.items()}
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        return {**made, "PATH": path, "PYTHONPATH": str(ROOT)}

    def call(self, part: Path, *line: str) -> str:
        """Run a command of the environment in a part's folder; what it printed."""
        done = subprocess.run(
            [self.bin / line[0], *line[1:]],
            cwd=part,
            env={**os.environ, **self.environment()},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(line[:2])} failed:\n{done.stderr[-2000:]}")
        return done.stdout


class Nbgrader(Rival):
    """A course folder; `nbgrader autograde` over its submissions, default settings."""

    name = package = "nbgrader"
    assignment = "batchnorm"

    def lay_out(self, part, assignment, submissions) -> None:
        name = f"{assignment.notebook}.ipynb"
        source = part / "source" / self.assignment / name
        source.parent.mkdir(parents=True)
        solved = assignment.cut(handed_in(assignment.notebook))
        nbformat.write(_with_metadata(solved, assignment), source)
        (part / "nbgrader_config.py").write_text("")
        self.call(part, "nbgrader", "generate_assignment", self.assignment)
        released = nbformat.read(part / "release" / self.assignment / name, as_version=4)
        for submission in submissions:
            handed = nbformat.from_dict(released)
            written = _with_metadata(submission.notebook, assignment)
            for cell, own in zip(handed.cells, written.cells, strict=True):
                if cell.metadata.get("nbgrader", {}).get("solution"):
                    cell.source = own.source
            target = part / "submitted" / submission.student / self.assignment / name
            target.parent.mkdir(parents=True)
            nbformat.write(handed, target)
        shutil.copy(part / "gradebook.db", part / "gradebook.fresh")

    def reset(self) -> None:
        for part in self.parts:
            shutil.rmtree(part / "autograded", ignore_errors=True)
            shutil.copy(part / "gradebook.fresh", part / "gradebook.db")

    def commands(self) -> list[Command]:
        line = [str(self.bin / "nbgrader"), "autograde", self.assignment]
        return [Command(line, part, self.environment()) for part in self.parts]

    def scores(self) -> dict[str, float]:
        code = (
            "import json, os; from nbgrader.api import Gradebook\n"
            "with Gradebook('sqlite:///' + os.path.abspath('gradebook.db')) as book:\n"
            f"    rows = book.submission_dicts({self.assignment!r})\n"
            "    print(json.dumps({row['student']: row['score'] for row in rows}))\n"
        )
        found: dict[str, float] = {}
        for part in self.parts:
            found |= json.loads(self.call(part, "python", "-c", code))
        return found


def _with_metadata(given: nbformat.NotebookNode, assignment: Assignment) -> nbformat.NotebookNode:
    """A copy with nbgrader's metadata: answers are solutions, cells that check are tests."""
    notebook = nbformat.from_dict(given)
    worth = {exercise.name: exercise.points for exercise in assignment.exercises()}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        checked = _checked(cell.source)
        answered = next((n for n in worth if _defines(cell.source, n)), None)
        if checked in worth:
            # The last value of a test cell, where it is a number, is nbgrader's partial credit.
            cell.source = f"float(check({checked}).points)"
            cell.metadata["nbgrader"] = _metadata(f"test-{checked}", points=worth[checked])
        elif answered:
            cell.metadata["nbgrader"] = _metadata(answered)
    return notebook


def _metadata(grade_id: str, points: float | None = None) -> dict:
    test = points is not None
    return {
        "grade_id": grade_id,
        "grade": test,
        "solution": not test,
        "locked": test,
        "task": False,
        "schema_version": 3,
        **({"points": points} if test else {}),
    }


def _checked(source: str) -> str | None:
    """The exercise of a cell ``check(exercise)``."""
    line = source.strip()
    inside = line.removeprefix("check(").removesuffix(")")
    return inside if line == f"check({inside})" and inside.isidentifier() else None


def _defines(source: str, name: str) -> bool:
    return f"def {name}(" in source or f"class {name}" in source


class Otter(Rival):
    """`otter.api.grade_submission`, no containers: one process for all its submissions."""

    name = "otter"
    package = "otter-grader"

    def lay_out(self, part, assignment, submissions) -> None:
        tests = part / "tests"
        tests.mkdir()
        for exercise in assignment.exercises():
            (tests / f"{exercise.name}.py").write_text(_tests(exercise))
        self.call(
            part, "otter", "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment"
        )
        (part / "submitted").mkdir()
        for submission in submissions:
            notebook = nbformat.from_dict(submission.notebook)
            notebook.cells = [
                c for c in notebook.cells if c.cell_type != "code" or not _checked(c.source)
            ]
            nbformat.write(notebook, part / "submitted" / f"{submission.student}.ipynb")

    def reset(self) -> None:
        for part in self.parts:
            (part / "scores.json").unlink(missing_ok=True)

    def commands(self) -> list[Command]:
        code = (
            "import json, pathlib; from otter.api import grade_submission\n"
            "scores = {}\n"
            "for path in sorted(pathlib.Path('submitted').glob('*.ipynb')):\n"
            "    result = grade_submission(str(path), 'autograder.zip', quiet=True)\n"
            "    scores[path.stem] = result.total\n"
            "pathlib.Path('scores.json').write_text(json.dumps(scores))\n"
        )
        line = [str(self.bin / "python"), "-c", code]
        return [Command(line, part, self.environment()) for part in self.parts]

    def scores(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for part in self.parts:
            found |= json.loads((part / "scores.json").read_text())
        return found


def _tests(exercise) -> str:
    """A test file of otter: a case a check, all of them read from one report."""
    lines = [
        "from otter.test_files import test_case",
        "from bnlib import check",
        "OK_FORMAT = False",
        f"name = {exercise.name!r}",
        f"points = {exercise.points}",
        "reports = []",
        "",
        "def passed(env, number):",
        "    if not reports:",
        f"        reports.append(check(env[{exercise.name!r}]))",
        "    assert reports[0].results[number].passed, reports[0].results[number].message",
    ]
    for number, check in enumerate(exercise.checks):
        lines += [
            "",
            f"@test_case(name={check.name!r}, points={check.points})",
            f"def case_{number}(env):",
            f"    passed(env, {number})",
        ]
    return "\n".join(lines) + "\n"
