"""What a cell does to the names of a notebook."""

from __future__ import annotations

from typing import NamedTuple

from bnlib.grader.borrowing.values import Code, Value


class Bind(NamedTuple):
    """A name of the notebook is bound; where it may not happen, ``certain`` is False."""

    name: str
    value: Value
    certain: bool
    imported: bool = False


class Drop(NamedTuple):
    """A name of the notebook is deleted."""

    name: str


class Star(NamedTuple):
    """``from module import *``"""

    module: str


class Define(NamedTuple):
    """A function or class is made: its decorators, bases and defaults are looked up now."""

    code: Code


class Attach(NamedTuple):
    """Something is put into what a name stands for: ``name.part = value``."""

    name: str
    value: Value


class AtOnce(NamedTuple):
    """Events of one assignment: all values are looked up before any name is bound."""

    events: tuple


class Facts(NamedTuple):
    """What one cell does to the names of a notebook.

    Attributes:
        events: Bind, Drop, Star, Define, Attach and AtOnce, in order. imports: top-level packages.
        skimmed: whether some of it was nested too deeply to be followed.
    """

    events: tuple
    imports: frozenset[str]
    skimmed: bool
