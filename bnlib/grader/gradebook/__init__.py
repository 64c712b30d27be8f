"""The gradebook: one SQLite file that holds every grade, every adjustment and who said so."""

from bnlib.grader.gradebook.book import Gradebook
from bnlib.grader.gradebook.entries import Adjustment, FinalMark, FinalNotebook, Run, Student
from bnlib.grader.gradebook.errors import GradebookError

__all__ = [
    "Adjustment",
    "FinalMark",
    "FinalNotebook",
    "Gradebook",
    "GradebookError",
    "Run",
    "Student",
]
