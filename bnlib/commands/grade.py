"""`bnlib grade`: a folder of submissions becomes a gradebook and pages of feedback."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

# What starts a sandbox. While that warms up, the rest is imported: see `folder`.
from bnlib.commands.terminal import printable
from bnlib.grader import GRADEBOOK
from bnlib.grader.sandbox import calls, isolation
from bnlib.grader.sandbox.warm import Sandbox, SandboxFailed

if TYPE_CHECKING:
    from rich.table import Table

    from bnlib.grader.publishing import Published

# That one of these is missing is said at once all the same.
for _name in ("IPython", "jinja2", "rich", "threadpoolctl"):
    if importlib.util.find_spec(_name) is None:
        raise ModuleNotFoundError(f"No module named {_name!r}", name=_name)


def _expected() -> tuple[type[Exception], ...]:
    """What goes wrong without a fault of ours."""
    from bnlib.grader import intake, publishing
    from bnlib.grader.executors import cluster
    from bnlib.grader.gradebook import GradebookError
    from bnlib.grader.intake import roster as rosters

    return (
        GradebookError,
        SandboxFailed,
        cluster.NoCluster,
        intake.IntakeError,
        isolation.NoSandbox,
        publishing.NotOne,
        rosters.RosterError,
    )


def _address(context, parameter, value: str | None) -> str | None:
    """An option's address of the book: what is none is said before anything is done."""
    if value:
        from bnlib.grader.reports import pages

        try:
            pages.checked_book(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None
    return value


@click.command()
@click.argument(
    "submissions",
    required=False,
    type=click.Path(exists=True, path_type=Path),
    metavar="SUBMISSIONS",
)
@click.option(
    "--out",
    "results",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the gradebook and of all that is written.",
)
@click.option("--notebook", help="Grade this notebook alone, for example 04_algorithm.")
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A CSV of who takes part: ids and names.",
)
@click.option("--regrade", is_flag=True, help="Grade again what has been graded.")
@click.option("--seed", type=int, help="The run's seed, in place of a secret one.")
@click.option("--processes", default=0, help="How many judge at once (one a processor).")
@click.option(
    "--book", "site", callback=_address, help="Address of the built book, for links into it."
)
@click.option(
    "--adjust",
    nargs=4,
    metavar="STUDENT EXERCISE POINTS REASON",
    help="Set an exercise's points by hand (POINTS may be `none`: take that back).",
)
@click.option("--replay", metavar="STUDENT", help="Judge again, with the same seed, and compare.")
@click.option(
    "--demo",
    "as_demo",
    is_flag=True,
    help="Make a class of twenty, grade it, and compare with what is expected.",
)
@click.option("--executor", type=click.Choice(["local", "dask"]), default="local")
@click.option("--address", help="The Dask scheduler's, for --executor dask.")
@click.option(
    "--isolation",
    "kind",
    type=click.Choice([isolation.NAMESPACES, isolation.USER]),
    default=isolation.NAMESPACES,
    help="`user` is for containers that hold one submission.",
)
@click.option(
    "--gradescope",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the one student's results.json, as Gradescope reads it.",
)
@click.option("--unsafe-no-sandbox", is_flag=True, help="Run submissions with your own rights.")
def grade(
    submissions, results, adjust, replay, as_demo, kind, unsafe_no_sandbox, **options
) -> None:
    """Grade the notebooks in SUBMISSIONS: a folder, a zip of your LMS, or one notebook.

    Each runs in a sandbox of its own. Stopped at any point and started again, this goes on where
    it was; what has been graded is not graded again unless the notebook or the course changed.

    Late penalties, drop policies and the search for copies are left to your LMS.
    """
    if sum(map(bool, (submissions, adjust, replay, as_demo))) != 1:
        raise click.UsageError("expected one of SUBMISSIONS, --adjust, --replay and --demo")
    kind = isolation.NONE if unsafe_no_sandbox else kind
    try:
        if adjust:
            _adjust(results, adjust, options["site"])
        elif replay:
            _replay(results, replay, kind)
        elif as_demo:
            _demo(results, kind, **options)
        else:
            _show(_grade(submissions, results, kind, **options), results)
    except _expected() as error:
        raise click.ClickException(str(error)) from None


def _grade(submissions, results, kind, executor, address, regrade, **options) -> Published:
    """Grade, publish, and return what the pages say in numbers."""
    if (executor == "dask") != bool(address):
        raise click.UsageError("--executor dask and --address belong together")
    if kind == isolation.NONE:
        click.secho("No sandbox: submissions run with your rights.", fg="red", bold=True, err=True)
    with contextlib.ExitStack() as opened:
        sandbox = None
        if executor == "local" and (regrade or not _graded_before(results)):
            sandbox = _early(opened, kind)
        isolation.require(kind)
        from bnlib.commands import folder

        return folder.grade(
            submissions,
            results,
            sandbox,
            isolation=kind,
            address=address,
            regrade=regrade,
            **options,
        )


def _graded_before(results: Path) -> bool:
    """Whether there may be nothing left to grade, so that a sandbox would be started in vain."""
    return (results / GRADEBOOK).exists()


def _early(opened: contextlib.ExitStack, kind: str) -> Sandbox | None:
    """A sandbox that warms up while this process does; None where there can be none so early."""
    if sys.platform != "linux":  # judges are no copies of this process there, and start their own
        return None
    # Where it fails there is none at all, which is said next, or a judge starts its own.
    with contextlib.suppress(OSError, calls.NoFilter, isolation.NoSandbox):
        return opened.enter_context(Sandbox(kind))
    return None


def _demo(results: Path, kind: str, notebook, roster, **options) -> None:
    from rich.table import Table

    from bnlib.grader import demo  # nbformat with it, which takes longer to import than all else

    if notebook or roster:
        raise click.UsageError("--demo has a notebook and a roster of its own")
    if kind != isolation.NAMESPACES or options["executor"] != "local":
        # They delete what they reach: without walls, that would be yours.
        raise click.UsageError(
            "--demo runs attacks, so it runs in the sandbox of this machine alone"
        )
    results.mkdir(parents=True, exist_ok=True)
    submissions, roster = demo.write(results)
    told = _grade(submissions, results, kind, notebook=demo.NOTEBOOK, roster=roster, **options)
    given = {page.student: page for page in told.pages}
    table = Table("student")
    for name in ("expected", "given"):
        table.add_column(name, justify="right")
    table.add_column("what the submission does", max_width=48)  # fits a page of the book
    for student in demo.CLASS:
        points = f"{given[student.id].points:g}" if student.id in given else "-"
        table.add_row(student.id, f"{sum(student.expected.values())}", points, student.does)
    _print(table)
    _where(told, results)
    found = demo.differences(told.pages)
    for each in found:
        click.echo(
            f"DIFFERENT {each.student}, {each.exercise}: expected {each.expected:g}, "
            f"got {'no grade' if each.given is None else f'{each.given:g}'}"
        )
    if found:
        raise SystemExit(1)
    click.echo("Every exercise of every submission was given the points expected.")


def _show(told: Published, results: Path) -> None:
    """The table of grades, and where everything is."""
    from rich.table import Table
    from rich.text import Text

    notebooks = sorted({final.record.notebook for page in told.pages for final in page.notebooks})
    table = Table("student", "name")
    for name in (*notebooks, "total"):
        table.add_column(name, justify="right")
    for page in told.pages:
        of = {final.record.notebook: final for final in page.notebooks}
        cells = [_cell(of.get(name)) for name in notebooks]
        total = f"{page.points:g} of {page.possible:g}" if page.notebooks else "-"
        # As text: brackets in a name are no markup.
        names = (Text(printable(page.student)), Text(printable(page.name)))
        table.add_row(*names, *cells, total)
    _print(table)
    if told.students > len(told.pages):
        click.echo(f"and {told.students - len(told.pages)} more in grades.csv")
    _where(told, results)


def _print(table: Table) -> None:
    from rich.console import Console

    Console(width=None if Console().is_terminal else 160).print(table)


def _where(told: Published, results: Path) -> None:
    click.echo(
        f"{told.students} students; {results}: class.html, feedback/, grades.csv, gradebook.sqlite"
    )


def _cell(final) -> str:
    if final is None:
        return "-"
    outcome = "" if final.record.outcome == "graded" else f" ({final.record.outcome})"
    star = "*" if final.adjusted else ""
    return f"{final.points:g} of {final.possible:g}{star}{outcome}"


def _adjust(results: Path, adjust: tuple[str, str, str, str], site: str | None) -> None:
    from bnlib.grader import publishing
    from bnlib.grader.gradebook import Gradebook
    from bnlib.grader.gradebook.adjusting import points_from

    student, exercise, points, reason = adjust
    with Gradebook.open(results / GRADEBOOK, create=False) as book:
        for warning in book.adjust(student, exercise, points_from(points), reason):
            click.echo(warning, err=True)
        told = publishing.publish(book, results, site=site, whose=student)
    _show(told, results)


def _replay(results: Path, student: str, kind: str) -> None:
    from bnlib.grader import replaying
    from bnlib.grader.gradebook import Gradebook

    isolation.require(kind)
    with Gradebook.open(results / GRADEBOOK, create=False, readonly=True) as book:
        found = replaying.replay(book, student, kind)
    for again in found:
        then, now = again.then, again.now
        click.echo(
            f"{then.notebook}: {then.points:g} of {then.possible:g} then, {now.points:g} now "
            f"(seed {then.seed})"
        )
        if not again.same_library:
            click.echo("  the exercises, the library or its versions have changed since")
        for mark in now.marks:
            click.echo(f"  {mark.exercise}: {mark.points:g} of {mark.possible:g}, {mark.status}")
        for difference in again.differences:
            click.echo(f"  DIFFERENT {difference}")
    if any(again.differences for again in found):
        raise SystemExit(1)
