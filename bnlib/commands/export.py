"""`bnlib export`: grades and notebooks in the forms of other systems."""

from __future__ import annotations

import importlib
from pathlib import Path

import click


@click.group()
def export() -> None:
    """Make what Gradescope and nbgrader need."""


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


def _module(name: str, extra: str):
    """A module of the exports, or which libraries it needs."""
    try:
        return importlib.import_module(f"bnlib.grader.exports.{name}")
    except ImportError as error:
        message = f"{error.name} is missing: pip install 'batchnorm-course[{extra}]'"
        raise click.ClickException(message) from None
