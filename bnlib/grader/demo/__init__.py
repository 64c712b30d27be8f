"""A class of twenty for a first look at the grader: right, mistaken, broken and hostile."""

from bnlib.grader.demo.comparing import Difference, differences
from bnlib.grader.demo.students import CLASS, NOTEBOOK, Student
from bnlib.grader.demo.writing import write

__all__ = ["CLASS", "NOTEBOOK", "Difference", "Student", "differences", "write"]
