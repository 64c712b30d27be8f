"""The kernel's own lock file: what Pyodide loads for a notebook, and from where in the site.

Pyodide's lock file names what its distribution has. The kernel's leaves out what no notebook here
needs, some megabytes, and adds the wheels of this environment, so that `import bnlib` works with
no install cell. Paths are relative to the folder of Pyodide, as Pyodide reads them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

# What the kernel starts with: loaded side by side, while the interpreter is compiled. The kernel
# installs those of its own that are not named here one after the other.
START = (
    "ssl",
    "sqlite3",
    "jedi",
    "ipykernel",
    "comm",
    "pyodide_kernel",
    "piplite",
    "micropip",
    "ipython",
    "numpy",
    "matplotlib",
    "matplotlib-fonts",
    "ipywidgets",
    "anywidget",
    "bnlib",
)
# Empty in this site: no connection goes anywhere from here, fonttools and pytz are used where PDF
# files are written and by pandas, and matplotlib draws in a notebook by another backend.
EMPTY = ("ssl", "fonttools", "pytz", "matplotlib-pyodide")
# Which of Pyodide's packages go in, with what these need.
OF_PYODIDE = ("numpy", "matplotlib", "ipython", "jedi", "micropip", "sqlite3", "traitlets")


def canonical(name: str) -> str:
    """The name as lock files have it for a key."""
    return name.lower().replace("_", "-").replace(".", "-")


def entry(name: str, file: str, content: bytes, depends=(), imports=()) -> dict:
    """A package of a lock file; `file` is its path from Pyodide's folder."""
    return {
        "name": name,
        "version": Path(file).name.split("-")[1],
        "file_name": file,
        "install_dir": "site",
        "package_type": "package",
        "sha256": hashlib.sha256(content).hexdigest(),
        "depends": [canonical(d) for d in depends],
        "imports": list(imports),
        "unvendored_tests": False,
    }


def lock(given: Mapping, own: Mapping[str, dict], empty: tuple[str, bytes], folder: Path) -> str:
    """The kernel's lock file, as JSON.

    Args:
        given: Pyodide's lock file.
        own: entries by canonical name of the packages that Pyodide has not, or not these.
        empty: path and content of the wheel that stands for each package of EMPTY.
        folder: where Pyodide's files lie.

    Raises:
        ValueError: a package is needed that neither Pyodide's folder nor `own` has.
    """
    packages = {name: entry(name, *empty) for name in map(canonical, EMPTY)} | dict(own)
    todo = [canonical(name) for name in OF_PYODIDE]
    todo += [name for one in own.values() for name in one["depends"]]
    while todo:
        name = todo.pop()
        if name in packages:
            continue
        found = given["packages"].get(name)
        if found is None or not (folder / found["file_name"]).is_file():
            raise ValueError(f"{name} is needed by the notebooks and not in {folder.name}/")
        packages[name] = found
        todo += map(canonical, found["depends"])
    return json.dumps({"info": given["info"], "packages": dict(sorted(packages.items()))})
