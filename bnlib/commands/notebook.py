"""`bnlib check NOTEBOOK`: the score table of one's own notebook, outside of Jupyter."""

from __future__ import annotations

import json
from pathlib import Path

import click
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

MIME = "application/vnd.bnlib.scores+json"


def _judge(seed: int) -> str:
    """The code that judges, run in the notebook's kernel after its cells."""
    return (
        "from IPython.display import publish_display_data\n"
        "from bnlib.checks.scores import scores\n"
        f"found = [score._asdict() for score in scores(globals(), {seed})]\n"
        f"publish_display_data({{{MIME!r}: found}})\n"
    )


@click.command()
@click.argument("notebook", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", default=0, show_default=True, help="What the inputs are drawn from.")
@click.option("--timeout", default=120, show_default=True, help="Seconds that a cell may take.")
@click.option("--details/--table", default=True, help="Also what each check says, or the table.")
def check(notebook: Path, seed: int, timeout: int, details: bool) -> None:
    """Run NOTEBOOK from the top and print its score table.

    The notebook's code runs here, unprotected: this is for your own. A cell that raises is
    passed over, as "Run all" would not, and named. Nothing is written to the notebook.
    """
    results, raised = judge(notebook, seed, timeout)
    if not results:
        raise click.ClickException(f"{notebook} defines no exercise of the course")
    if details:
        for result in results:
            if result["status"] not in ("passed", "missing", "not attempted"):
                click.echo(result["report"] + "\n")
    for number, error in raised:
        click.echo(f"cell {number} raised {error}")
    click.echo(table(results))


def judge(path: Path, seed: int, timeout: int) -> tuple[list[dict], list[tuple[int, str]]]:
    """The scores of a notebook's exercises, and the cells that raised, as (number, error)."""
    try:
        content = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(content)
    except (ValueError, TypeError, AttributeError, KeyError, nbformat.ValidationError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise click.ClickException(f"{path} is no Jupyter notebook: {said}") from None
    content.cells.append(nbformat.v4.new_code_cell(_judge(seed)))
    # Whatever kernel wrote it: the one that runs here.
    client = NotebookClient(
        content,
        timeout=timeout,
        kernel_name="python3",
        allow_errors=True,
        extra_arguments=["--IPKernelApp.log_level=40"],
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    try:
        client.execute()
    except CellTimeoutError:
        message = f"a cell of {path} took more than {timeout} seconds (--timeout)"
        raise click.ClickException(message) from None
    except DeadKernelError:
        raise click.ClickException(f"the kernel died while {path} ran") from None
    raised = []
    for number, cell in enumerate(content.cells[:-1], start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raised.append((number, f"{output.ename}: {output.evalue}"))
    for output in content.cells[-1].outputs:
        if MIME in output.get("data", {}):
            data = output.data[MIME]
            return (json.loads(data) if isinstance(data, str) else data), raised
        if output.output_type == "error":
            raise click.ClickException(f"judging {path} failed: {output.ename}: {output.evalue}")
    raise click.ClickException(f"judging {path} gave no result")


def table(results: list[dict]) -> str:
    """Scores in columns, a sum for each notebook."""
    width = max(len(r["exercise"]) for r in results)
    lines = []
    for notebook in dict.fromkeys(r["notebook"] for r in results):
        rows = [r for r in results if r["notebook"] == notebook]
        lines.append(notebook)
        for r in rows:
            points = f"{r['points']:g} of {r['possible']:g}"
            lines.append(f"  {r['exercise']:<{width}}  {points:>10}  {r['status']}")
        points, possible = (sum(r[key] for r in rows) for key in ("points", "possible"))
        lines.append(f"  {'sum':<{width}}  {f'{points:g} of {possible:g}':>10}")
    return "\n".join(lines)
