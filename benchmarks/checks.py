"""What a check costs: medians over all exercises, for right answers and for named mistakes.

    python benchmarks/checks.py [--repeats 15]

Bars: 2 ms for a right NumPy answer, 20 ms where a mistake has to be named.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bnlib.checks import engine, run
from bnlib.checks.callee import OwnCallee
from bnlib.checks.registry import exercises


def milliseconds(exercise, function, repeats: int) -> float:
    callee = OwnCallee(function, exercise.adapter)
    times = []
    for seed in range(repeats):
        engine._replay.cache_clear()  # as for the first student: no mistake has been run yet
        start = time.perf_counter()
        run(exercise.name, callee, seed)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    print(
        f"{'exercise':<28}{'checks':>7}{'mistakes':>9}{'right ms':>10}{'named ms':>10}{'worst':>8}"
    )
    rights, wrongs = [], []
    for exercise in exercises():
        milliseconds(exercise, exercise.reference, 2)  # imports and first calls are not counted
        right = milliseconds(exercise, exercise.reference, repeats)
        named = [milliseconds(exercise, m.function, repeats) for m in exercise.mistakes]
        rights.append(right)
        wrongs += named
        print(
            f"{exercise.name:<28}{len(exercise.checks):>7}{len(named):>9}{right:>10.2f}"
            f"{statistics.median(named):>10.2f}{max(named):>8.1f}"
        )
    print(
        f"all: right {statistics.median(rights):.2f} ms, named {statistics.median(wrongs):.2f} ms "
        f"(medians); worst right {max(rights):.2f} ms, worst named {max(wrongs):.1f} ms"
    )


if __name__ == "__main__":
    main()
