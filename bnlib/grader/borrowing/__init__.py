"""Forbidden library functions in a submission, found in its syntax trees."""

from bnlib.grader.borrowing.imports import hidden_imports
from bnlib.grader.borrowing.names import Names, defined

__all__ = ["Names", "defined", "hidden_imports"]
