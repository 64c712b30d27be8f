"""Exercises by name. They register themselves; nothing here imports them before it is asked."""

from __future__ import annotations

import difflib
import importlib

_exercises: dict = {}


def register(exercise) -> None:
    """Add an exercise; a name can be taken once."""
    if exercise.name in _exercises:
        raise ValueError(f"an exercise named {exercise.name!r} is registered already")
    _exercises[exercise.name] = exercise


def notebooks() -> tuple[str, ...]:
    """The course's notebooks, in their order; no exercise is imported for that."""
    return tuple(importlib.import_module("bnlib.exercises").NOTEBOOKS)


def exercises() -> tuple:
    """All exercises, in the order of the notebooks and within a notebook in theirs."""
    importlib.import_module("bnlib.exercises.everything")
    place = {notebook: n for n, notebook in enumerate(notebooks())}
    return tuple(sorted(_exercises.values(), key=lambda e: place.get(e.notebook, len(place))))


def of(notebook: str) -> tuple:
    """A notebook's exercises, in its order. Imports them, and no others but those they build on."""
    for package in importlib.import_module("bnlib.exercises").NOTEBOOKS.get(notebook, ()):
        importlib.import_module(f"bnlib.exercises.{package}")
    return tuple(e for e in _exercises.values() if e.notebook == notebook)


def lookup(name: str):
    """The exercise of that name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    if name not in _exercises:
        importlib.import_module("bnlib.exercises.everything")
    try:
        return _exercises[name]
    except KeyError:
        near = difflib.get_close_matches(str(name), _exercises, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_exercises)}"
        raise ValueError(f"no exercise is named {name!r}; {hint}") from None
