"""How fast a class is graded: `bnlib grade` beside nbgrader and otter-grader, in one run.

    python benchmarks/grader.py                 three notebooks; 200 submissions, for the others 20
    python benchmarks/grader.py --scale         ours with 100, 1,000 and 10,000 submissions
    python benchmarks/grader.py --only 04       one of the notebooks, or "05 whole", ...
    python benchmarks/grader.py --out           writes the table too, to benchmarks/grader.csv or
                                                benchmarks/grader_scale.csv (or to a file named)

    python benchmarks/grader.py --submissions 2000 --few 24 --out benchmarks/grader_2000.csv
                                                a class in which starting weighs less

`make bench` installs the other two in environments of their own (benchmarks/rivals.txt); where one
is not there, the run says so and goes on.

What is timed is the command alone, from its start to its end: not making the submissions, not
setting up the course. Every grader has the same notebooks with all their cells, the same checks,
and one thread a process. Ours uses as many processes as it chooses by itself, one a processor; the
others run as two at once, each with half of the submissions in a folder of its own (with
`--processes 1 2` alone too). Runs take turns; the median over the repeats is shown. Memory is that
of all processes together, taken in a run of its own before the others, which is not timed.

The others get fewer submissions, so their start would weigh more: they are also timed with 2, and
"a second" is of a class as large as ours: start and submissions, each as long as they took.
"""

from __future__ import annotations

import os

# Read when the libraries are loaded, and by every process that is started from here.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import argparse
import contextlib
import csv
import itertools
import platform
import re
import shlex
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

from benchmarks.grading import stopwatch  # noqa: E402
from benchmarks.grading.ours import Ours  # noqa: E402
from benchmarks.grading.rivals import Nbgrader, Otter  # noqa: E402
from benchmarks.grading.scaling import SIZES, scaling  # noqa: E402
from benchmarks.grading.submissions import ASSIGNMENTS, Assignment, Pool, Submission  # noqa: E402

COLUMNS = (
    "notebook",
    "grader",
    "processes",
    "submissions",
    "wall s",
    "a second",
    "CPU s each",
    "peak MiB",
    "x nbgrader",
    "x otter",
)


OWN = Path()  # --out without a name
ATTEMPTS = 3  # at a run, for a grader that fails
START = 2  # submissions that show what starting a grader takes


class Contender:
    """A grader with a number of processes and the submissions it gets.

    Attributes:
        start: the same grader with hardly any submissions, where it gets fewer than the class has.
    """

    def __init__(
        self,
        grader,
        processes: str,
        submissions: Sequence[Submission],
        start: Contender | None = None,
    ):
        self.grader, self.processes, self.submissions = grader, processes, submissions
        self.start = start
        self.expected = {s.student: s.points() for s in submissions}
        self.runs: list[stopwatch.Measured] = []
        self.peak = 0.0

    def time(self) -> None:
        self.runs.append(self.run())
        if self.start is not None:
            self.start.time()

    def run(self, memory: bool = False) -> stopwatch.Measured:
        log = self.grader.folder / "log.txt"
        for attempt in range(1, ATTEMPTS + 1):
            self.grader.reset()
            try:
                measured = stopwatch.run(self.grader.commands(), log, memory)
                break
            except stopwatch.Failed as error:
                # A kernel that does not come up, now and then. The run that failed counts nothing.
                print(f"{self.grader.name} failed, run {attempt}: {error}", file=sys.stderr)
                if attempt == ATTEMPTS:
                    raise
        # An hour of measuring a grader that does not grade would be an hour lost.
        found = self.grader.scores()
        for student, points in self.expected.items():
            if abs(found.get(student, -1) - points) > 1e-9:
                raise SystemExit(
                    f"{self.grader.name} gave {student} {found.get(student)} points, "
                    f"bnlib check {points:g}: nothing was measured"
                )
        said = f"{self.grader.name}, {self.processes}, {len(self.submissions)}: {measured}"
        print(said, file=sys.stderr, flush=True)
        return measured

    @property
    def seconds(self) -> float:
        """Wall time of a run."""
        return statistics.median(run.seconds for run in self.runs)

    @property
    def cpu(self) -> float:
        """CPU time of a run."""
        return statistics.median(run.cpu for run in self.runs)

    def of_class(self, size: int, what: str) -> float:
        """Seconds ("seconds" or "cpu") for a class of that size."""
        mine = getattr(self, what)
        if self.start is None:
            return mine
        few, more = len(self.start.submissions), len(self.submissions)
        each = (mine - getattr(self.start, what)) / (more - few)
        return mine + (size - more) * each


def contenders(
    assignment: Assignment, folder: Path, submissions: list[Submission], options
) -> Iterator[Contender]:
    """Every grader that is there, set up."""
    ours = Ours(folder / "bnlib")
    if ours.version():
        ours.prepare(assignment, submissions)
        yield Contender(ours, "own", submissions)
    else:
        print("bnlib grade is not there: not measured", flush=True)
    for kind in (Nbgrader, Otter):
        if not kind(folder).version():
            print(f"{kind.name} is not installed: not measured (make bench)", flush=True)
            continue
        for processes in options.processes:
            start = None
            if options.few < len(submissions):
                start = _rival(kind, folder, assignment, submissions[:START], processes)
            fewer = submissions[: options.few]
            yield _rival(kind, folder, assignment, fewer, processes, start)


def _rival(kind, folder, assignment, submissions, processes: int, start=None) -> Contender:
    """A grader of that kind, each process with its part of the submissions."""
    rival = kind(folder / f"{kind.name}-{processes}-{len(submissions)}")
    bounds = [len(submissions) * i // processes for i in range(processes + 1)]
    rival.prepare(assignment, [submissions[a:b] for a, b in itertools.pairwise(bounds)])
    return Contender(rival, str(processes), submissions, start)


def compare(assignment: Assignment, options, folder: Path) -> list[list[str]]:
    pool = Pool(assignment)
    print(
        f"\n{assignment.name}: {len(pool.mistakes)} of {pool.known} known mistakes can be written "
        f"as a cell; honest answers besides the solution: "
        f"{sum(map(len, pool.alternatives.values()))}",
        flush=True,
    )
    submissions = pool.submissions(options.submissions)
    every = list(contenders(assignment, folder, submissions, options))
    for one in every:
        one.peak = one.run(memory=True).peak  # warms the file cache too
    for _ in range(options.repeats):
        for one in every:
            one.time()
    table = list(rows(assignment, every, len(submissions)))
    show(table, COLUMNS)
    return table


def rows(assignment: Assignment, every: Sequence[Contender], size: int) -> Iterator[list[str]]:
    speeds = [size / one.of_class(size, "seconds") for one in every]
    best: dict[str, float] = {}
    for one, speed in zip(every, speeds, strict=True):
        best[one.grader.name] = max(speed, best.get(one.grader.name, 0.0))
    for one, speed in zip(every, speeds, strict=True):
        ratios = (speed / best[n] if n in best else None for n in ("nbgrader", "otter"))
        yield [
            assignment.name,
            one.grader.name,
            one.processes,
            str(len(one.submissions)),
            f"{one.seconds:.2f}",
            f"{speed:.2f}",
            f"{one.of_class(size, 'cpu') / size:.4f}",
            f"{one.peak:.0f}",
            *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        ]


def versions() -> str:
    import numpy
    import torch

    found = [f"Python {platform.python_version()}"]
    found += [f"numpy {numpy.__version__}", f"torch {torch.__version__}"]
    for grader in (Ours(Path()), Nbgrader(Path()), Otter(Path())):
        found.append(f"{grader.name} {grader.version() or 'not installed'}")
    with contextlib.suppress(OSError):
        names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
        found += names[:1]
    return ", ".join([*found, f"{os.cpu_count()} cores"])


def show(table: list[list[str]], columns: Sequence[str]) -> None:
    print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in table:
        print(f"| {' | '.join(row)} |")


def save(path: Path, table: list[list[str]], columns: Sequence[str]) -> None:
    command = shlex.join(["python", "benchmarks/grader.py", *sys.argv[1:]])
    with path.open("w", newline="", encoding="utf-8") as out:
        out.write(f"# {command}\n# {versions()}\n")
        out.write("# 50 % right, 40 % known mistakes, 10 % stubs\n")
        csv.writer(out, lineterminator="\n").writerows([columns, *table])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--submissions", type=int, default=200, help="a multiple of 10")
    parser.add_argument("--few", type=int, default=20, help="for the others; best a multiple of 20")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="for --scale")
    parser.add_argument("--only", choices=[a.name for a in ASSIGNMENTS])
    parser.add_argument("--processes", type=int, nargs="+", default=[2], help="of the others")
    parser.add_argument("--out", type=Path, nargs="?", const=OWN, help="a CSV file")
    options = parser.parse_args()
    if options.submissions % 10 or not START < options.few <= options.submissions:
        parser.error(
            "--submissions must be a multiple of 10, --few more than 2 and no more than it"
        )

    print(versions())
    chosen = [a for a in ASSIGNMENTS if options.only in (None, a.name)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if options.scale:
            columns, table = scaling(chosen[0], options.sizes, folder)
        else:
            columns = COLUMNS
            table = [row for a in chosen for row in compare(a, options, folder)]
    if options.scale:
        show(table, columns)
    if options.out:
        name = "grader_scale.csv" if options.scale else "grader.csv"
        save(HERE / name if options.out is OWN else options.out, table, columns)


if __name__ == "__main__":
    main()
