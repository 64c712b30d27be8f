"""How long the book takes to build: from nothing, after an edit of text, after an edit of code.

    python benchmarks/build.py [--keep FOLDER]

Builds a copy of the working tree with a cache of its own; _build stays as it is. Prints seconds of
each chapter, of Sphinx, and in all, by the wall clock. The bar for all from nothing is five
minutes on two cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("_config.yml", "_toc.yml", "bnlib", "book", "constraints.txt", "exercises", "solutions")
NAMES += ("tools", "CITATION.cff")
BAR = 300  # seconds


def copy(target: Path) -> None:
    for name in NAMES:
        if (ROOT / name).is_dir():
            shutil.copytree(
                ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "_build")
            )
        else:
            shutil.copy(ROOT / name, target)


def timed(root: Path, *command: str) -> float:
    """Run a command on the copy; its own lines are shown if it fails."""
    # The library of the copy, not the installed one.
    environment = os.environ | {"PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=environment, text=True, capture_output=True
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    for line in done.stdout.splitlines():
        if " s  " in line:  # a chapter's seconds, from tools.execute
            print(f"    {line}")
    return seconds


def build(root: Path, what: str) -> float:
    """Build as `make book` does and print the seconds of its two parts."""
    print(f"{what}:")
    executing = timed(root, "-m", "tools.execute")
    command = str(Path(sys.executable).with_name("jupyter-book"))
    sphinx = timed(root, command, "build", ".", "-n", "--keep-going")
    total = executing + sphinx
    print(
        f"    {executing:7.1f} s  chapters\n    {sphinx:7.1f} s  Sphinx\n    {total:7.1f} s  in all"
    )
    return total


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="build in this new folder, and keep it")
    keep = parser.parse_args().keep
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load before: {load}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        root = keep or Path(temporary)
        root.mkdir(exist_ok=True)
        copy(root)
        cold = build(root, "from nothing")
        append(root / "book" / "04_algorithm.md", "\nOne more sentence.\n")
        build(root, "after an edit of one chapter's text")
        append(root / "bnlib" / "figures" / "without.py", "\n# edited\n")
        build(root, "after an edit of one chapter's figures")
        append(root / "bnlib" / "grader" / "cells.py", "\n# edited\n")
        build(root, "after an edit of the grader")
    print(f"from nothing: {cold:.0f} s, the bar is {BAR} s")


if __name__ == "__main__":
    main()
