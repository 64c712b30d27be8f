"""Write the notebooks of solutions/ and exercises/ from solutions/*.md, which a person edits.

    python -m tools.exercises            write them (make exercises)
    python -m tools.exercises --check    say what would change, and change nothing

A solution's notebook is executed and keeps its outputs; an exercise's has stubs and none. Cells
with the tag ``solution`` are left out of the exercise. A file is written only where more than
the pixels' last digits would change, so that a diff shows what did.
"""

from __future__ import annotations

import argparse
import ast
import base64
import difflib
import io
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient

from bnlib.authoring import regions
from bnlib.authoring.texts import METADATA, ExerciseError, is_solution, read

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 60  # seconds a cell

# What an output must not hold: it would differ on the next machine or in the next run.
NOISE = {
    "an address in memory": re.compile(r"\b0x[0-9a-f]{6,}\b"),
    "a path of this machine": re.compile(
        "|".join(map(re.escape, sorted({str(ROOT), sys.prefix, str(Path.home())})))
        + r"|/tmp/|ipykernel_\d+|<ipython-input"
    ),
}


def exercise(notebook: nbformat.NotebookNode, file: str) -> nbformat.NotebookNode:
    """The student's notebook: stubs for the regions, no outputs, no cell tagged ``solution``."""
    student = nbformat.from_dict(notebook)
    student.cells = [cell for cell in student.cells if not is_solution(cell)]
    for cell in student.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        stubbed = regions.without_solutions(cell.source)
        if stubbed != cell.source:
            cell.source = stubbed
            try:
                ast.parse(stubbed)
            except SyntaxError as error:
                raise ExerciseError(
                    f"{file}: without its solution this cell is no Python ({error.msg}):\n{stubbed}"
                ) from None
    return student


def solution(notebook: nbformat.NotebookNode, file: str) -> nbformat.NotebookNode:
    """The solved notebook, executed, with outputs that the next run repeats.

    Raises:
        ExerciseError: a cell raised, wrote to stderr or printed what changes from run to run.
    """
    solved = nbformat.from_dict(notebook)
    for cell in solved.cells:
        if cell.cell_type == "code":
            cell.source = regions.without_markers(cell.source)
    execute(solved, file)
    for cell in solved.cells:
        if cell.cell_type == "code":
            cell.outputs = [_clean(output, cell, file) for output in cell.outputs]
    return solved


def execute(notebook: nbformat.NotebookNode, file: str) -> None:
    """Run a notebook's cells in an empty folder, without the user's own IPython settings."""
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            timeout=TIMEOUT,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            store_widget_state=False,
            extra_arguments=["--IPKernelApp.log_level=40"],
            resources={"metadata": {"path": folder}},
        )
        environment = {**os.environ, "IPYTHONDIR": folder, "OMP_NUM_THREADS": "1"}
        try:
            client.execute(env=environment)
        except Exception as error:
            raise ExerciseError(f"{file}: {error}") from None
    # The kernel says what it is; the file says it the same everywhere.
    notebook.metadata = nbformat.from_dict(METADATA)


def _clean(output: nbformat.NotebookNode, cell: nbformat.NotebookNode, file: str):
    output.pop("transient", None)
    if output.output_type == "stream" and output.name == "stderr":
        raise ExerciseError(f"{file}: a cell wrote to stderr:\n{cell.source}\n\n{output.text}")
    if "data" in output:
        # A widget's view is named by a new id in every run; its text remains.
        output.data.pop("application/vnd.jupyter.widget-view+json", None)
    for text in _texts(output):
        for what, pattern in NOISE.items():
            if found := pattern.search(text):
                raise ExerciseError(
                    f"{file}: an output holds {what} ({found[0]}):\n{cell.source}\n\n{text}"
                )
    return output


def _texts(output: nbformat.NotebookNode):
    yield output.get("text", "")
    for kind, data in output.get("data", {}).items():
        if isinstance(data, str) and not _is_bitmap(kind):
            yield data


def _is_bitmap(kind: str) -> bool:
    return kind.startswith("image/") and kind != "image/svg+xml"


# ---------------------------------------------------------------- what would change


def changes(old: Path, new: nbformat.NotebookNode) -> str:
    """How a stored notebook differs from a new one, as a diff; empty where it does not.

    Text is compared exactly, bitmaps by their pixels: a renderer's last digit is no change.
    """
    if not old.is_file():
        return f"{old.name}: missing\n"
    stored = nbformat.read(old, as_version=4)
    before, pictures_before = _text_and_pictures(stored)
    after, pictures_after = _text_and_pictures(new)
    # A table of HTML is one long line: its beginning says where it stands.
    diff = "".join(
        line if len(line) <= 160 else f"{line[:160]} ...\n"
        for line in difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            f"{old.parent.name}/{old.name} (stored)",
            f"{old.parent.name}/{old.name} (made now)",
            n=2,
        )
    )
    if diff:
        return diff
    for number, (one, other) in enumerate(zip(pictures_before, pictures_after, strict=True), 1):
        if not _look_alike(one, other):
            return f"{old.parent.name}/{old.name}: picture {number} looks different\n"
    return ""


def _text_and_pictures(notebook: nbformat.NotebookNode) -> tuple[str, list[str]]:
    copy = nbformat.from_dict(notebook)
    pictures = []
    for cell in copy.cells:
        for output in cell.get("outputs", []):
            for kind in output.get("data", {}):
                if _is_bitmap(kind):
                    pictures.append(output.data[kind])
                    output.data[kind] = "(a picture)"
    return dumps(copy), pictures


def _look_alike(one: str, other: str, tolerance: float = 2.0) -> bool:
    """Whether two base64 bitmaps have one size and differ by less than this many grey levels."""
    if one.strip() == other.strip():
        return True
    from PIL import Image

    first, second = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA"), dtype=float)
        for data in (one, other)
    )
    return first.shape == second.shape and bool(np.abs(first - second).mean() < tolerance)


def dumps(notebook: nbformat.NotebookNode) -> str:
    """A notebook as the text of its file."""
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4) + "\n"


# ---------------------------------------------------------------- all of them


def make(source: Path, root: Path) -> dict[Path, nbformat.NotebookNode]:
    """Both notebooks of one solution's text, by the path where each belongs."""
    file = f"{source.parent.name}/{source.name}"
    notebook = read(source, root / "book")
    name = source.with_suffix(".ipynb").name
    return {
        root / "exercises" / name: exercise(notebook, file),
        root / "solutions" / name: solution(notebook, file),
    }


def sources(root: Path = ROOT) -> list[Path]:
    """The files that a person edits, in the order of the book."""
    return sorted((root / "solutions").glob("[0-9][0-9]_*.md"))


def strays(root: Path = ROOT) -> list[Path]:
    """Notebooks in exercises/ and solutions/ that come from no source."""
    known = {source.stem for source in sources(root)}
    found = [*(root / "exercises").glob("*.ipynb"), *(root / "solutions").glob("*.ipynb")]
    return sorted(path for path in found if path.stem not in known)


def synchronize(root: Path = ROOT, check: bool = False) -> str:
    """Write every notebook that would change, or with ``check`` none; returns what changes."""
    report = "".join(f"{p.parent.name}/{p.name}: no source, remove it\n" for p in strays(root))
    with ThreadPoolExecutor(max_workers=2) as pool:
        for made in pool.map(lambda source: make(source, root), sources(root)):
            for path, notebook in made.items():
                difference = changes(path, notebook)
                report += difference
                if difference and not check:
                    path.parent.mkdir(exist_ok=True)
                    path.write_text(dumps(notebook), encoding="utf-8")
                    print(f"wrote {path.parent.name}/{path.name}")
    return report


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if it would")
    arguments = parser.parse_args()
    try:
        report = synchronize(check=arguments.check)
    except ValueError as error:  # of a file that a person wrote; the message says where
        print(error, file=sys.stderr)
        return 1
    if arguments.check and report:
        print(report + "Not in step with solutions/*.md: make exercises", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
