"""Ask every library anew and write results/frameworks.csv: python -m bnlib.lab.frameworks."""

from __future__ import annotations

import resource
import sys
from importlib import metadata

from bnlib.lab import tables
from bnlib.lab.frameworks import COMMAND, FRAMEWORKS, missing, table_rows

MORE = ("keras", "flax", "jax", "optax")


def main() -> None:
    absent = sorted({package for name in FRAMEWORKS for package in missing(name)})
    if absent:
        sys.exit(f"not installed: {', '.join(absent)}; make frameworks installs them")
    rows = [row for name in FRAMEWORKS for row in table_rows(name)]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    header = {
        "command": COMMAND,
        "seeds": "none: nothing is drawn that an answer depends on",
        "versions": ", ".join([tables.versions(), *(f"{n} {metadata.version(n)}" for n in MORE)]),
        "seconds": f"{used.ru_utime + used.ru_stime:.0f} of CPU",
    }
    path = tables.FOLDER / "frameworks.csv"
    tables.write(path, rows, header)
    print(f"{path.name}: {len(rows)} rows")


if __name__ == "__main__":
    main()
