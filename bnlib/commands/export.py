"""`bnlib export`: grades and notebooks in the forms of other systems."""

from __future__ import annotations

import importlib
from pathlib import Path

import click


@click.group()
def export() -> None:
    """Make what Gradescope, nbgrader, Canvas and Moodle take in."""


@export.command()
@click.option("--notebook", required=True, help="Which notebook students submit: 04_algorithm.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default="autograder.zip",
    show_default=True,
    help="The zip to write.",
)
@click.option(
    "--seconds", default=540, show_default=True, help="What grading one submission may take."
)
def gradescope(notebook: str, out: Path, seconds: int) -> None:
    """Make an autograder zip for Gradescope. It holds the checks: keep it from students."""
    autograder = _module("autograder", "grade")
    try:
        names = autograder.write(out, notebook, seconds)
    except (autograder.ExportError, OSError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{out}: autograder for {notebook}, {len(names)} files; it holds the answers")


@export.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of an nbgrader course; source/ is written in it.",
)
@click.option("--notebook", "names", multiple=True, help="Only this one; may be repeated.")
@click.option(
    "--solutions",
    type=click.Path(file_okay=False, path_type=Path),
    default="solutions",
    show_default=True,
    help="The repository's folder of solution texts.",
)
@click.option("--replace", is_flag=True, help="Write over source notebooks that were changed.")
def nbgrader(out: Path, names: tuple[str, ...], solutions: Path, replace: bool) -> None:
    """Write source notebooks for nbgrader. They hold the solutions."""
    exporting = _module("nbgrader", "book")
    try:
        paths = exporting.write(solutions, out, names, replace)
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    for path in paths:
        click.echo(path)


def _points_to(name: str, identifiers: str):
    """What the two commands that write points as CSV have in common."""

    def decorated(function):
        for decorator in (
            click.option(
                "--column",
                "columns",
                multiple=True,
                metavar="NOTEBOOK=NAME",
                help="Export this notebook, under the name it has there; may be repeated.",
            ),
            click.option("--identifier", help=f"What your ids are there: {identifiers}."),
            click.option(
                "--out",
                type=click.Path(dir_okay=False, path_type=Path),
                default=f"{name}.csv",
                show_default=True,
                help="The file to write.",
            ),
            click.argument(
                "results", type=click.Path(exists=True, file_okay=False, path_type=Path)
            ),
        ):
            function = decorator(function)
        return export.command(name)(function)

    return decorated


@_points_to("canvas", "ID, SIS User ID, or SIS Login ID if it is not told")
def canvas(results: Path, **options) -> None:
    """Write the points in RESULTS as Canvas imports them; a row each for those on the roster.

    A NAME is what Canvas's own export calls the assignment, with its number: "Batch norm (1234)".
    Late penalties and drop policies are Canvas's work.
    """
    _write_points("canvas_csv", results, **options)


@_points_to("moodle", "ID number, Email address, or Username if it is not told")
def moodle(results: Path, **options) -> None:
    """Write the points in RESULTS as Moodle imports them; a row each for those on the roster.

    A NAME is that of the grade item. Late penalties and drop policies are Moodle's work.
    """
    _write_points("moodle_csv", results, **options)


def _write_points(function: str, results: Path, out: Path, identifier, columns) -> None:
    lms = _module("lms", "grade")
    gradebook = importlib.import_module("bnlib.grader.gradebook")
    grading = importlib.import_module("bnlib.grader.grading")
    named = dict(column.partition("=")[::2] for column in columns)
    unnamed = [column for column in columns if "=" not in column]
    if unnamed:
        raise click.UsageError(f"expected NOTEBOOK=NAME, got {unnamed[0]!r}")
    if len(named) < len(columns):
        raise click.UsageError("a notebook is named twice by --column")
    options = {"identifier": identifier} if identifier else {}
    try:
        path = results / grading.GRADEBOOK
        with gradebook.Gradebook.open(path, create=False, readonly=True) as book:
            said = getattr(lms, function)(book, out, columns=named or None, **options)
    except (lms.ExportError, gradebook.GradebookError) as error:
        raise click.ClickException(str(error)) from None
    for sentence in said:
        click.echo(sentence, err=True)
    click.echo(out)


def _module(name: str, extra: str):
    """A module of the exports, or which libraries it needs."""
    try:
        return importlib.import_module(f"bnlib.grader.exports.{name}")
    except ImportError as error:
        message = f"{error.name} is missing: pip install 'batchnorm-course[{extra}]'"
        raise click.ClickException(message) from None
