"""`bnlib grade`: a folder of submissions becomes a gradebook and pages of feedback."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

import click

# What the judges need, who are copies of this process. The rest is imported when they are at work.
from bnlib.grader import grading, intake
from bnlib.grader.executors import local
from bnlib.grader.gradebook import Gradebook, GradebookError
from bnlib.grader.intake import roster as rosters
from bnlib.grader.judging import Terms
from bnlib.grader.sandbox import isolation
from bnlib.grader.sandbox.warm import SandboxFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from bnlib.grader.publishing import Published

# That one of these is missing is said at once all the same.
for _name in ("jinja2", "rich"):
    if importlib.util.find_spec(_name) is None:
        raise ModuleNotFoundError(f"No module named {_name!r}", name=_name)


def _expected() -> tuple[type[Exception], ...]:
    """What goes wrong without a fault of ours."""
    from bnlib.grader import publishing
    from bnlib.grader.executors import cluster

    return (
        GradebookError,
        SandboxFailed,
        cluster.NoCluster,
        intake.IntakeError,
        isolation.NoSandbox,
        publishing.NotOne,
        rosters.RosterError,
    )


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
@click.option("--book", "site", help="Address of the built book, for links into it.")
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


def _grade(
    submissions,
    results,
    kind,
    notebook,
    roster,
    regrade,
    seed,
    processes,
    site,
    executor,
    address,
    gradescope,
) -> Published:
    """Grade, publish, and return what the pages say in numbers."""
    if (executor == "dask") != bool(address):
        raise click.UsageError("--executor dask and --address belong together")
    if kind == isolation.NONE:
        click.secho("No sandbox: submissions run with your rights.", fg="red", bold=True, err=True)
    isolation.require(kind)
    people = rosters.read(roster) if roster else None
    handed_in = grading.found(submissions, notebook, people)
    results.mkdir(parents=True, exist_ok=True)
    options = {"notebook": notebook, "executor": executor, "processes": processes}
    with contextlib.ExitStack() as opened, contextlib.ExitStack() as grading_lasts:
        if executor == "dask":
            from bnlib.grader.executors import cluster

            execute = functools.partial(cluster.grade, address=address)
        else:
            # With a gradebook there may be nothing left to grade, and a sandbox takes its time.
            anew = regrade or not (results / grading.GRADEBOOK).exists()
            likely = grading.likely_sandbox(handed_in, kind) if anew else None
            # Before there is a second thread, or a gradebook: they are copies of this process.
            judges = opened.enter_context(
                local.Judges(processes, likely, len(handed_in.submissions), _import_the_rest)
            )
            execute = judges.grade
            grading_lasts.callback(judges.dismiss)
        book = opened.enter_context(Gradebook.open(results / grading.GRADEBOOK))
        with contextlib.ExitStack() as shown:
            grading.grade(
                handed_in,
                book,
                lambda drawn, digest: Terms(seed=drawn, library=digest, isolation=kind),
                execute,
                roster=people,
                seed=seed,
                regrade=regrade,
                isolation=kind,
                options=options,
                tell=_bar(shown),
            )
        from bnlib.grader import publishing

        grading_lasts.close()  # the judges end while all is published
        told = publishing.publish(book, results, handed_in, site)
    if gradescope:
        publishing.for_gradescope(told, gradescope)
        # There is no class report there; Gradescope shows what is printed to instructors.
        for final in told.only.notebooks:
            for flag in final.record.flags:
                click.echo(_printable(f"{told.only.student}: {flag}"))
    for sentence in grading.remarks(handed_in):
        click.echo(_printable(sentence), err=True)
    return told


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


def _bar(lasts: contextlib.ExitStack) -> Callable[[grading.Progress], None]:
    """Shows a bar, from the first that is graded until the end of ``lasts``."""

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


def _import_the_rest() -> None:
    """Import what is needed when something has been graded, which is not yet."""
    for name in ("bnlib.grader.publishing", "rich.progress", "rich.table"):
        importlib.import_module(name)


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
        names = (Text(_printable(page.student)), Text(_printable(page.name)))
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


def _printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)[:300]


def _adjust(results: Path, adjust: tuple[str, str, str, str], site: str | None) -> None:
    from bnlib.grader import publishing
    from bnlib.grader.gradebook.adjusting import points_from

    student, exercise, points, reason = adjust
    with Gradebook.open(results / grading.GRADEBOOK, create=False) as book:
        for warning in book.adjust(student, exercise, points_from(points), reason):
            click.echo(warning, err=True)
        told = publishing.publish(book, results, site=site, whose=student)
    _show(told, results)


def _replay(results: Path, student: str, kind: str) -> None:
    from bnlib.grader import replaying

    isolation.require(kind)
    with Gradebook.open(results / grading.GRADEBOOK, create=False, readonly=True) as book:
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
