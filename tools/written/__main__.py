"""How many answers can be written as cells, and what they look like."""

from __future__ import annotations

import argparse
from collections import Counter

from bnlib.checks.registry import exercises, lookup
from tools.written import CannotWrite, answers, same_verdict, written


def count(seeds: range) -> None:
    """Print, per notebook, how many answers are written and judged as the originals are."""
    told: dict[str, Counter] = {}
    for exercise in exercises():
        row = told.setdefault(exercise.notebook, Counter())
        for name, function in answers(exercise):
            kind = name.split()[0] if name.split()[0] in ("reference", "alternative") else "mistake"
            row[kind] += 1
            try:
                source = written(exercise, function)
            except CannotWrite as error:
                print(f"{exercise.name} {name}: {error}")
                continue
            if all(same_verdict(exercise, function, source, seed) for seed in seeds):
                row[f"{kind} written"] += 1
            else:
                print(f"{exercise.name} {name}: judged otherwise")
    kinds = ("reference", "alternative", "mistake")
    for notebook, row in {**told, "all": sum(told.values(), Counter())}.items():
        columns = (f"{row[f'{kind} written']:>5} of {row[kind]} {kind}s" for kind in kinds)
        print(f"{notebook:<16}{''.join(columns)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exercise", nargs="?")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    if options.exercise is None:
        count(range(options.seeds))
    else:
        exercise = lookup(options.exercise)
        for name, function in answers(exercise):
            print(f"# {name}")
            try:
                print(written(exercise, function))
            except CannotWrite as error:
                print(f"# cannot be written: {error}\n")
