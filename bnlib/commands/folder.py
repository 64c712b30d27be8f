"""Grading a folder, to its pages: what `bnlib grade` does while its sandbox warms up."""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

# What the judges need, who are copies of this process. The rest is imported when they are at work.
from bnlib.commands import terminal
from bnlib.grader import GRADEBOOK, grading
from bnlib.grader.executors import local
from bnlib.grader.gradebook import Gradebook
from bnlib.grader.intake import roster as rosters
from bnlib.grader.judging import Terms
from bnlib.grader.sandbox.warm import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnlib.grader.publishing import EarlyPages, Published


def grade(
    submissions: Path,
    results: Path,
    sandbox: Sandbox | None,
    *,
    isolation: str,
    notebook: str | None,
    roster: Path | None,
    regrade: bool,
    seed: int | None,
    processes: int,
    site: str | None,
    address: str | None,
    gradescope: Path | None,
) -> Published:
    """Grade, publish, and return what the pages say in numbers.

    Args:
        sandbox: one that was started early, and not told yet what to warm. address: a Dask
            scheduler's, None to grade here. The others are options of the command.

    Raises:
        Whatever the command's ``_expected`` names.
    """
    people = rosters.read(roster) if roster else None
    handed_in = grading.found(submissions, notebook, people)
    results.mkdir(parents=True, exist_ok=True)
    executor = "dask" if address else "local"
    options = {"notebook": notebook, "executor": executor, "processes": processes}
    with contextlib.ExitStack() as opened, contextlib.ExitStack() as grading_lasts:
        if address:
            from bnlib.grader.executors import cluster

            execute = functools.partial(cluster.grade, address=address)
        else:
            sandbox = sandbox and _warmed(sandbox, grading.likely_needs(handed_in))
            if sandbox is not None:
                grading_lasts.callback(sandbox.dismiss)
            # Before there is a second thread, or a gradebook: they are copies of this process.
            judges = opened.enter_context(
                local.Judges(processes, sandbox, len(handed_in.submissions), _import_the_rest)
            )
            execute = judges.grade
            grading_lasts.callback(judges.dismiss)
        book = opened.enter_context(Gradebook.open(results / GRADEBOOK))
        pages = _pages(book, results, handed_in, site)
        with contextlib.ExitStack() as shown:
            show = _bar(shown)

            def tell(progress: grading.Progress) -> None:
                show(progress)
                pages().after(progress.student, progress.kept)

            grading.grade(
                handed_in,
                book,
                lambda drawn, digest: Terms(seed=drawn, library=digest, isolation=isolation),
                execute,
                roster=people,
                seed=seed,
                regrade=regrade,
                isolation=isolation,
                options=options,
                tell=tell,
            )
        from bnlib.grader import publishing

        grading_lasts.close()  # judges, and then their sandbox, end while all is published
        told = publishing.publish(book, results, handed_in, site, written=pages().written)
    if gradescope:
        publishing.for_gradescope(told, gradescope)
        # There is no class report there; Gradescope shows what is printed to instructors.
        for final in told.only.notebooks:
            for flag in final.record.flags:
                click.echo(terminal.printable(f"{told.only.student}: {flag}"))
    for sentence in grading.remarks(handed_in):
        click.echo(terminal.printable(sentence), err=True)
    return told


def _warmed(sandbox: Sandbox, needs: grading.Needs | None) -> Sandbox | None:
    """The sandbox, told what to warm; None where it is of no use."""
    if needs is not None:
        with contextlib.suppress(OSError):
            sandbox.warm(*needs)
            return sandbox
    return None


def _bar(lasts: contextlib.ExitStack) -> Callable[[grading.Progress], None]:
    """Shows a bar, from the first that is graded until the end of ``lasts``, on a terminal."""
    if not sys.stderr.isatty():
        return lambda progress: None

    @functools.cache
    def begun(total: int) -> Callable:
        from rich import progress
        from rich.console import Console

        bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            *(progress.BarColumn(), progress.MofNCompleteColumn()),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        lasts.enter_context(bar)
        return functools.partial(bar.update, bar.add_task("grading", total=total))

    return lambda progress: begun(progress.total)(completed=progress.done)


def _pages(*what) -> Callable[[], EarlyPages]:
    """Gives the pages that are written meanwhile, made when they are first asked for."""

    @functools.cache
    def made() -> EarlyPages:
        from bnlib.grader import publishing

        return publishing.EarlyPages(*what)

    return made


def _import_the_rest() -> None:
    """Import what is needed when something has been graded, which is not yet."""
    for name in ("bnlib.grader.publishing", "rich.table"):
        importlib.import_module(name)
