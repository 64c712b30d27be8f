"""Execute the chapters that the cache does not hold, several at once, before the book is built.

    python -m tools.execute [--toc FILE] [--processes N]

Sphinx executes one chapter after the other, and only because it finds no outputs in the cache.
Here MyST-NB's own client does the same with the same settings in as many processes as there are
processors; Sphinx then finds them all. Exit code 1, with the traceback, if a chapter fails.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from jupyter_book.config import get_final_config
from jupyter_cache import get_cache
from myst_nb.core.config import NbParserConfig
from myst_nb.core.execute import ExecutionError, create_client
from myst_nb.core.read import create_nb_reader
from myst_parser.config.main import MdParserConfig
from sphinx_external_toc.parsing import parse_toc_yaml

from tools.execution_cache import FOLDER, cache_path, code_of, set_environment

ROOT = Path(__file__).resolve().parents[1]
TIMES = "seconds.json"  # of the last execution of each chapter, in the cache's folder


class Outcome(NamedTuple):
    """What became of a chapter: seconds of its execution, and what went wrong or ""."""

    name: str
    seconds: float
    error: str


class _Silent(logging.LoggerAdapter):
    """MyST-NB's messages; what matters of them is in the outcome, and Sphinx says it again."""

    def process(self, message, keywords):
        return message, {}


def settings(root: Path) -> tuple[NbParserConfig, MdParserConfig]:
    """How MyST-NB executes and reads, by _config.yml and Jupyter Book's defaults."""
    options = {"latex_individualpages": False}  # asked for, and of no use here
    config, _ = get_final_config(user_yaml=root / "_config.yml", cli_config=options, sourcedir=root)
    names = [name for name, *_ in NbParserConfig().as_triple() if f"nb_{name}" in config]
    execution = {name: config[f"nb_{name}"] for name in names if name.startswith("execution_")}
    return (
        NbParserConfig(**execution, output_stderr=config.get("nb_output_stderr", "show")),
        MdParserConfig(enable_extensions=config["myst_enable_extensions"]),
    )


def chapters(root: Path, toc: Path, config: NbParserConfig) -> list[Path]:
    """The pages of the table of contents that hold code to execute, in its order."""
    paths = (root / f"{name}.md" for name in parse_toc_yaml(toc))
    return [
        path
        for path in paths
        if path.is_file()
        and not any(PurePosixPath(path).match(p) for p in config.execution_excludepatterns)
        and code_of(path.read_text("utf-8")) is not None
    ]


def _name(path: Path, root: Path) -> str:
    """As Sphinx names the page."""
    return path.relative_to(root).with_suffix("").as_posix()


def _cache(path: Path, root: Path) -> Path:
    return cache_path(_name(path, root), code_of(path.read_text("utf-8")), root)


def _notebook(path: Path, config: NbParserConfig, md: MdParserConfig):
    text = path.read_text("utf-8")
    reader = create_nb_reader(str(path), md, config, text)
    return reader.read(text), reader.read_fmt


def is_cached(path: Path, root: Path, config: NbParserConfig, md: MdParserConfig) -> bool:
    """Whether Sphinx would find the chapter's outputs.

    Makes the cache where there is none: two processes that do so at a time get in each other's way.
    """
    cache = get_cache(_cache(path, root))
    try:
        cache.match_cache_notebook(_notebook(path, config, md)[0])
    except KeyError:
        return False
    return True


def execute(path: Path, root: Path, config: NbParserConfig, md: MdParserConfig) -> Outcome:
    """Execute a chapter and put its outputs where Sphinx will look for them."""
    config = config.copy(execution_cache_path=str(_cache(path, root)))
    notebook, form = _notebook(path, config, md)
    logger = logging.getLogger("mystnb")
    logger.disabled = True
    start = time.perf_counter()
    try:
        with create_client(notebook, str(path), config, _Silent(logger, {}), form) as client:
            error = _stderr(client.notebook) if config.output_stderr == "error" else ""
    except ExecutionError as failure:
        error = str(failure.__cause__)
    return Outcome(_name(path, root), time.perf_counter() - start, error)


def _stderr(notebook) -> str:
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return "".join(o["text"] for o in outputs if o.get("name") == "stderr")


def run(root: Path, toc: Path, processes: int) -> list[Outcome]:
    """Execute what the cache does not hold; print each chapter as it is done."""
    set_environment(root)
    config, md = settings(root)
    todo = [p for p in chapters(root, toc, config) if not is_cached(p, root, config, md)]
    if not todo:
        return []
    # Once, before two kernels do it at a time: its message to stderr would fail a chapter.
    import matplotlib.font_manager  # noqa: F401

    times_file = root / FOLDER / TIMES
    times = json.loads(times_file.read_text()) if times_file.is_file() else {}
    # The longest first, so that none is left over at the end; a new one may be the longest.
    todo.sort(key=lambda p: -times.get(p.stem, float("inf")))
    outcomes = []
    with ProcessPoolExecutor(processes) as pool:
        for future in as_completed(pool.submit(execute, p, root, config, md) for p in todo):
            outcome = future.result()
            outcomes.append(outcome)
            print(f"{outcome.seconds:7.1f} s  {outcome.name}", flush=True)
            if outcome.error:
                print(f"{outcome.name} failed:\n{outcome.error}", file=sys.stderr, flush=True)
            else:
                times[Path(outcome.name).name] = round(outcome.seconds, 1)
    times_file.parent.mkdir(parents=True, exist_ok=True)
    times_file.write_text(json.dumps(times, indent=1, sort_keys=True))
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--toc", type=Path, default=ROOT / "_toc.yml")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    start = time.perf_counter()
    outcomes = run(ROOT, arguments.toc, arguments.processes)
    failed = [outcome.name for outcome in outcomes if outcome.error]
    if outcomes:
        print(
            f"{time.perf_counter() - start:7.1f} s  in all, {len(outcomes)} chapters executed"
            f" in {arguments.processes} processes"
        )
    if failed:
        sys.exit(f"failed: {', '.join(sorted(failed))}")


if __name__ == "__main__":
    main()
