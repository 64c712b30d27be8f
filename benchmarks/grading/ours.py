"""`bnlib grade FOLDER --out RESULTS` as an instructor types it, with the seed of `bnlib check`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat

from benchmarks.grading.stopwatch import Command
from benchmarks.grading.submissions import Assignment, Submission

ROOT = Path(__file__).resolve().parents[2]


class Ours:
    """The grader of this folder, whatever version of bnlib is installed."""

    name = "bnlib"

    def __init__(self, folder: Path):
        self.folder = folder

    def version(self) -> str | None:
        """The version, None where there is no `bnlib grade` yet."""
        import bnlib

        line = [*self._bnlib(), "grade", "--help"]
        environment = {**os.environ, **self.environment()}
        found = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True)
        return bnlib.__version__ if found.returncode == 0 else None

    @staticmethod
    def environment() -> dict[str, str]:
        return {"PYTHONPATH": str(ROOT)}

    @staticmethod
    def _bnlib() -> list[str]:
        return [sys.executable, "-c", "from bnlib.commands import main; main()"]

    def prepare(self, assignment: Assignment, submissions: Iterable[Submission]) -> None:
        """Write FOLDER/submitted/<student>/<notebook>.ipynb."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for submission in submissions:
            target = self.folder / "submitted" / submission.student
            target.mkdir(parents=True)
            nbformat.write(submission.notebook, target / f"{assignment.notebook}.ipynb")

    def reset(self) -> None:
        shutil.rmtree(self.folder / "results", ignore_errors=True)

    def commands(self) -> list[Command]:
        line = [*self._bnlib(), "grade", "submitted", "--out", "results", "--seed", "0"]
        return [Command(line, self.folder, self.environment())]

    def scores(self) -> dict[str, float]:
        from bnlib.grader.gradebook import Gradebook

        with Gradebook.open(self.folder / "results" / "gradebook.sqlite", create=False) as book:
            return {record.student: record.points for record in book.current()}
