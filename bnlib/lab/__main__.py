"""Run experiments and store what came out: python -m bnlib.lab NAME ..., or --all."""

from __future__ import annotations

import time

import click
import torch

from bnlib.lab import tables
from bnlib.lab.experiments import every, find


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every experiment.")
def main(names: tuple[str, ...], everything: bool) -> None:
    if not names and not everything:
        for name, one in sorted(every().items()):
            click.echo(f"{name:24} {(one.run.__doc__ or '').strip().splitlines()[0]}")
        return
    try:
        chosen = list(every().values()) if everything else [find(name) for name in names]
    except KeyError as error:
        raise click.ClickException(error.args[0]) from None
    # One thread: several are slower on matrices of this size, and sums come out alike.
    torch.set_num_threads(1)
    for one in chosen:
        start = time.process_time()
        rows = one()
        seconds = time.process_time() - start
        header = {
            "command": f"python -m bnlib.lab {one.name}",
            "seeds": " ".join(map(str, one.seeds)),
            "versions": tables.versions(),
            "seconds": f"{seconds:.0f} of CPU, one thread",
        }
        path = tables.FOLDER / f"{one.name}.csv"
        tables.write(path, rows, header)
        click.echo(f"{path.name}: {len(rows)} rows, {seconds:.0f} s of CPU")


if __name__ == "__main__":
    main()
