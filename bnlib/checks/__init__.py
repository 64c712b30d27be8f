"""The check engine: runs an exercise's checks against a callable and names the mistake.

``check(function)`` is what a notebook calls; ``run(name, function)`` is the same for programs.
"""

from bnlib.checks.engine import run
from bnlib.checks.notebook import check, if_attempted
from bnlib.checks.report import Report, Result

__all__ = ["Report", "Result", "check", "if_attempted", "run"]
