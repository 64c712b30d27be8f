"""How long the book takes to build: from nothing, after an edit of text, after an edit of code.

    python benchmarks/build.py [--keep FOLDER]

Builds a copy of the working tree as `make book` does, with a cache of its own; _build stays as it
is. The assets come from the user's cache, fetched before the clock starts. Prints the seconds of
each build by the wall clock, with its bar on two cores, and which chapters were executed. Exit
code 1 where a bar is missed or a chapter was executed that does not depend on what was edited.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools import assets  # noqa: E402
from tools.dependencies import files_of  # noqa: E402
from tools.execution_cache import code_of  # noqa: E402

COLD, EDIT = 300, 15  # the bars, in seconds
CHAPTER = re.compile(r"^ *([\d.]+) s  (\w+/\w+)$", re.MULTILINE)


def copy(target: Path) -> None:
    """The files that git knows or would add, as they are now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def build(root: Path, what: str, bar: float | None) -> tuple[bool, set[str]]:
    """Build; whether the bar is met, and the chapters that were executed."""
    # The library of the copy, not the installed one.
    environment = os.environ | {"PYTHONPATH": str(root)}
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment[name] = "1"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tools.build"],
        cwd=root, env=environment, text=True, capture_output=True,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{what} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    executed = {name: float(value) for value, name in CHAPTER.findall(done.stdout)}
    met = bar is None or seconds <= bar
    said = "" if bar is None else f", the bar is {bar} s" + ("" if met else ": MISSED")
    print(f"{what}: {seconds:.1f} s, {len(executed)} chapters executed{said}", flush=True)
    for name, value in sorted(executed.items()):
        print(f"    {value:6.1f} s  {name}")
    return met, set(executed)


def dependents(root: Path, file: str) -> set[str]:
    """The chapters that may execute or read the file."""
    found = set()
    for path in sorted((root / "book").glob("*.md")):
        code = code_of(path.read_text("utf-8"))
        if code is not None and root / file in files_of(code, root):
            found.add(path.relative_to(root).with_suffix("").as_posix())
    return found


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, help="build in this new folder, and keep it")
    keep = parser.parse_args().keep
    for name, asset in assets.read().items():
        if asset.site:
            assets.fetch(name)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, load before: {load}")
    results = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        root = keep or Path(temporary)
        root.mkdir(exist_ok=True)
        copy(root)
        results.append(build(root, "from nothing", COLD)[0])
        append(root / "book" / "04_algorithm.md", "\nOne more sentence.\n")
        met, executed = build(root, "after an edit of one chapter's text", EDIT)
        results += [met, not executed]
        for file in ("bnlib/figures/without.py", "bnlib/grader/cells.py"):
            append(root / file, "\n# edited\n")
            _, executed = build(root, f"after an edit of {file}", None)
            expected = dependents(root, file)
            results.append(executed == expected)
            if executed != expected:
                print(f"    expected: {', '.join(sorted(expected)) or 'none'}: MISSED")
    sys.exit(not all(results))


if __name__ == "__main__":
    main()
