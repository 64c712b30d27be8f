"""Build the book into _build/html: assets, chapters, pages, in one process.

    python -m tools.build [--toc FILE] [--output FOLDER] [--without-solutions] [--processes N]

What `make book` does. Chapters whose outputs the cache does not hold are executed first, several
at once (tools/execute.py); then Sphinx writes the pages through Jupyter Book's own function. A
warning is a failure, and so is a reference that leads nowhere. Exit code 1 after a failure.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from pathlib import Path
from threading import Thread

# Where it is installed, jsonschema makes 39 parsers of it at import, for a second, to check formats
# of addresses. No schema here has one.
sys.modules.setdefault("rfc3987_syntax", None)

from tools import assets, execute, handout  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


def build(root: Path, toc: Path, output: Path, processes: int) -> Path:
    """Build the book of ``root`` into ``output``/html, and return that folder.

    Raises:
        SystemExit: a chapter failed or Sphinx warned; all that could be done was done before.
    """
    start = time.perf_counter()
    # While chapters run: the pages need the assets, the chapters do not. It says nothing here;
    # what cannot be had is said when the pages are written (tools/site/vendor.py).
    fetching = Thread(target=_fetch, name="assets")
    fetching.start()
    outcomes = execute.run(root, toc, processes)
    fetching.join()
    executed = time.perf_counter()
    failed = sorted(outcome.name for outcome in outcomes if outcome.error)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")
    write_pages(root, toc, output)
    print(
        f"{executed - start:7.1f} s  assets and {len(outcomes)} chapters executed\n"
        f"{time.perf_counter() - executed:7.1f} s  pages"
    )
    return output / "html"


def _fetch() -> None:
    for name, asset in assets.read().items():
        if asset.site:
            assets.fetch(name, say=lambda text: None)


def write_pages(root: Path, toc: Path, output: Path) -> None:
    """Have Sphinx read what has changed and write it.

    Raises:
        SystemExit: there was a warning or an error.
    """
    # Imported here, so that the processes that execute chapters do without it.
    from jupyter_book.sphinx import build_sphinx

    result = build_sphinx(
        root,
        output / "html",
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": toc.as_posix(),
            "latex_individualpages": False,
            "nitpicky": True,
        },
        warningiserror=True,
        keep_going=True,
    )
    if result != 0:
        # Sphinx reports a warning only when it reads a page: after a failure, read all again.
        shutil.rmtree(output / ".doctrees", ignore_errors=True)
        raise SystemExit("the pages were not built without a warning")


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tools.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--toc", type=Path, default=ROOT / "_toc.yml")
    parser.add_argument("--output", type=Path, help="in place of _build")
    parser.add_argument("--without-solutions", action="store_true", help="for a class")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    toc, output = arguments.toc.absolute(), arguments.output or ROOT / "_build"
    if arguments.without_solutions:
        # Beside the other, so that neither build takes the other's pages for its own.
        output = arguments.output or ROOT / "_build" / "handout" / "_build"
        toc = output.parent / "_toc.yml"
        toc.parent.mkdir(parents=True, exist_ok=True)
        toc.write_text(handout.contents_without_solutions(), encoding="utf-8")
    folder = build(ROOT, toc, output.absolute(), arguments.processes)
    print(f"The book: {folder / 'index.html'}")


if __name__ == "__main__":
    sys.exit(main())
