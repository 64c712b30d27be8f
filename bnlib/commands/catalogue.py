"""`bnlib checks`: what exercises there are, and whether their checks do what they should."""

from __future__ import annotations

import csv
import functools
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import click

from bnlib.checks import audit as auditing
from bnlib.checks import registry


@click.group()
def checks() -> None:
    """Look after the exercises and their checks."""


def _chosen(names: tuple[str, ...]) -> list[str]:
    """The exercises of those names or notebooks; all of them where none is given."""
    known = registry.exercises()
    for name in names:
        if name not in {e.name for e in known} | {e.notebook for e in known}:
            try:
                registry.lookup(name)
            except ValueError as error:
                raise click.BadParameter(str(error)) from None
    return [e.name for e in known if not names or e.name in names or e.notebook in names]


@checks.command("list")
@click.argument("names", nargs=-1)
def list_(names: tuple[str, ...]) -> None:
    """What exercises there are, with points, difficulty and minutes."""
    chosen = [registry.lookup(name) for name in _chosen(names)]
    width = max(len(e.name) for e in chosen)
    for notebook in dict.fromkeys(e.notebook for e in chosen):
        click.echo(notebook)
        for e in (e for e in chosen if e.notebook == notebook):
            click.echo(
                f"  {e.name:<{width}}  {e.points:3g} points  difficulty {e.difficulty}  "
                f"{e.minutes:3} minutes  {len(e.checks):2} checks  {len(e.mistakes):2} mistakes"
            )
    points, minutes = sum(e.points for e in chosen), sum(e.minutes for e in chosen)
    click.echo(f"total exercises={len(chosen)} points={points:g} minutes={minutes}")


@checks.command()
@click.argument("names", nargs=-1)
@click.option("--seeds", default=3, show_default=True, help="On how many seeds to judge.")
def audit(names: tuple[str, ...], seeds: int) -> None:
    """Judge every known mistake and every honest alternative; exit 1 on any miss."""
    from bnlib.exercises.observed import ROWS, all_known

    chosen = _chosen(names)
    width = max(map(len, chosen))
    head = ("checks", "mistakes", "caught", "named", "alternatives", "accepted")
    click.echo(f"{'exercise':<{width}} " + " ".join(f"{h:>12}" for h in head))
    totals, misses, unjudged = [0] * len(head), [], {}
    for found in _in_parallel(_audit, [(name, seeds) for name in chosen]):
        counts = [getattr(found, h) for h in head]
        totals = [a + b for a, b in zip(totals, counts, strict=True)]
        misses += found.misses
        if found.unjudged:
            unjudged[found.exercise] = found.unjudged
        click.echo(f"{found.exercise:<{width}} " + " ".join(f"{c:>12}" for c in counts))
    if not names:
        click.echo("\nWhat students were seen to do, and which known mistakes hold it:")
        known = all_known()
        for row in ROWS:
            click.echo(f"  {row.family}: {row.seen}: {', '.join(row.known) or row.reason}")
            gone = sorted(set(row.known) - known)
            if gone or not (row.known or row.reason):
                misses.append(f"observed mistake without a known one: {row.seen} {gone}")
    for name, why in unjudged.items():
        click.echo(f"{name}: {why}")
    for miss in misses:
        click.echo(f"MISS {miss}")
    said = " ".join(f"{h}={t}" for h, t in zip(head, totals, strict=True))
    click.echo(f"total exercises={len(chosen)} {said}")
    sys.exit(1 if misses or unjudged else 0)


def _audit(name: str, seeds: int):
    return auditing.audit(registry.lookup(name), list(range(seeds)))


@checks.command()
@click.argument("names", nargs=-1)
@click.option("--seeds", default=1000, show_default=True, help="On how many seeds to judge.")
@click.option("--first", default=0, show_default=True, help="The first of the seeds.")
@click.option("--out", type=click.Path(dir_okay=False, writable=True), help="Write a CSV there.")
def stability(names: tuple[str, ...], seeds: int, first: int, out: str | None) -> None:
    """The same verdict for the same code on every seed; exit 1 where one differs."""
    chosen = _chosen(names)
    width = max(map(len, chosen))
    begun, rows = time.perf_counter(), []
    click.echo(f"{'exercise':<{width}} {'right':>6} {'failed':>7} {'wrong':>6} {'passed':>7}")
    for found in _in_parallel(_stability, [(name, first, seeds) for name in chosen]):
        failed, passed = len(found.failed), len(found.passed)
        rows.append((found.exercise, found.right, failed, found.wrong, passed))
        click.echo(
            f"{found.exercise:<{width}} {found.right:>6} {failed:>7} {found.wrong:>6} {passed:>7}"
        )
        for what, seed in (*found.failed[:5], *found.passed[:5]):
            click.echo(f"    {what}, seed {seed}")
    totals = [sum(row[i] for row in rows) for i in range(1, 5)]
    seconds = time.perf_counter() - begun
    if out:
        with open(out, "w", newline="", encoding="utf-8") as file:
            file.write(
                f"# bnlib checks stability --seeds {seeds} --first {first}: verdicts that differ "
                f"from those of the other seeds; {seconds:.0f} s on {os.cpu_count()} processors\n"
            )
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("exercise", "right answers", "failed", "mistakes", "passed"))
            writer.writerows(rows)
    click.echo(
        f"total exercises={len(chosen)} seeds={seeds} right={totals[0]} failed={totals[1]} "
        f"mistakes={totals[2]} passed={totals[3]} verdicts={(totals[0] + totals[2]) * seeds}"
    )
    sys.exit(1 if totals[1] or totals[3] else 0)


def _stability(name: str, first: int, seeds: int):
    return auditing.stability(registry.lookup(name), range(first, first + seeds))


def _in_parallel(function, arguments: list[tuple]):
    """Results in the order of the arguments, each as soon as it is there, with a progress bar."""
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = pool.map(functools.partial(_apply, function), arguments)
        with click.progressbar(
            results, length=len(arguments), label="judging", file=sys.stderr
        ) as bar:
            yield from bar


def _apply(function, arguments: tuple):
    return function(*arguments)
