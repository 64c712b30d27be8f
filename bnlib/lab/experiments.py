"""Experiments that take too long for the book: functions of their seeds that return rows.

``@experiment`` puts a function on the list. ``python -m bnlib.lab NAME`` runs it and writes its
rows to ``results/NAME.csv``; a test runs its small part and compares.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bnlib.lab

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Experiment:
    """A function of its seeds, and what is needed to run it and to check a stored result.

    Attributes:
        name: of the command and of the CSV.
        run: called with ``seeds`` and optional keyword arguments; returns rows.
        seeds: those of the stored result.
        keys: the columns that say what was run; the others are what came out.
        small: keyword arguments, ``seeds`` among them, under which a test recomputes a part of
            the stored rows within some ten seconds.
        tolerance: by which relative difference a recomputed value may differ.
    """

    name: str
    run: Callable[..., Rows]
    seeds: Sequence[int]
    keys: tuple[str, ...]
    small: Mapping[str, Any]
    tolerance: float

    def __call__(self, seeds: Sequence[int] | None = None, **more) -> Rows:
        return self.run(seeds=self.seeds if seeds is None else seeds, **more)


REGISTRY: dict[str, Experiment] = {}


def experiment(
    name: str,
    seeds: Sequence[int],
    keys: tuple[str, ...],
    small: Mapping[str, Any],
    tolerance: float = 1e-3,
) -> Callable[[Callable[..., Rows]], Experiment]:
    """Put a function on the list of experiments, under a name that no other has."""

    def register(run: Callable[..., Rows]) -> Experiment:
        if name in REGISTRY:
            raise ValueError(f"there is an experiment {name!r} already")
        REGISTRY[name] = Experiment(name, run, tuple(seeds), keys, small, tolerance)
        return REGISTRY[name]

    return register


def find(name: str) -> Experiment:
    """The experiment of that name. Raises KeyError, with the names that there are."""
    names = every()
    if name not in names:
        raise KeyError(f"no experiment {name!r}; there are {sorted(names)}")
    return names[name]


def every() -> dict[str, Experiment]:
    """All experiments, by name: every module of the lab is imported."""
    for module in pkgutil.iter_modules(bnlib.lab.__path__):
        if module.name != "__main__":
            importlib.import_module(f"bnlib.lab.{module.name}")
    return REGISTRY
