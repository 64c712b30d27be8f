"""What a chapter's cells hand to its text: numbers to print, findings for the ledger.

Outside of a build of the book, where MyST-NB is not installed, numbers have no text to go to and
are dropped; a claim is shown all the same.
"""

from __future__ import annotations

from collections.abc import Sequence

from bnlib.lab.claims import Finding, Result
from bnlib.lab.quizzes import quiz

__all__ = ["claim", "keep", "quiz"]


def keep(**numbers) -> None:
    """Glue numbers by name, for the role ``glue:text`` in the prose, as in ``name:.2f``."""
    for name, number in numbers.items():
        _glue(name, float(number))


def claim(number: int, findings: Sequence[Finding], reading: str = "") -> Result:
    """Show the findings on a claim as a table, and leave them for the ledger of chapter 13.

    findings: the most telling first. reading: what they come to, in a sentence without numbers;
    the ledger shows it.
    """
    result = Result(number, tuple(findings), reading)
    _glue(f"claim-{number}", result.to_json())
    return result


def _glue(name: str, value) -> None:
    try:
        from myst_nb import glue
    except ImportError:
        return
    glue(name, value, display=False)
