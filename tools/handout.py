"""What an instructor hands out: the course without its solution pages.

    python -m tools.handout toc FILE     the site's table of contents (make book SOLUTIONS=0)
    python -m tools.handout zip FILE     notebooks, chapters and the library (make handout)

The library is in the zip, and the checks hold right answers: what is left out is what a student
would come upon, not what a student could dig for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
# Any fixed moment, so that the same files give the same zip.
MOMENT = (1980, 1, 1, 0, 0, 0)

START = """\
Batch normalization: exercises

1. Make an environment and install what is here (Python 3.11 or newer):

       python3 -m venv venv
       venv/bin/pip install -c constraints.txt "{wheel}[torch,notebooks,check]"

   (On Windows: venv\\Scripts\\pip.) Leave "torch," out if you do without PyTorch: the exercises
   that need it then say so, and all others run.

2. Open a notebook of exercises/:

       venv/bin/jupyter lab exercises

   Replace each line that raises NotImplementedError, run the cell, then the check below it.
   The chapters that the notebooks link to are in book/.

3. See the scores of a whole notebook:

       venv/bin/bnlib check exercises/04_algorithm.ipynb
"""


def contents_without_solutions(root: Path = ROOT) -> str:
    """The book's table of contents, as YAML, without the pages of solutions/.

    Raises:
        ValueError: no such page is listed, so that the file has another form than was thought.
    """
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    kept, left_out = [], 0
    for part in contents["parts"]:
        chapters = [c for c in part["chapters"] if not c["file"].startswith("solutions/")]
        left_out += len(part["chapters"]) - len(chapters)
        if chapters:
            kept.append({**part, "chapters": chapters})
    if not left_out:
        raise ValueError("_toc.yml lists no page of solutions/")
    return yaml.safe_dump({**contents, "parts": kept}, sort_keys=False)


def handed_out(root: Path = ROOT) -> dict[str, bytes]:
    """What the zip holds but for the library, by name."""
    files = {
        **{p.relative_to(root).as_posix(): p for p in sorted((root / "exercises").glob("*.ipynb"))},
        **{p.relative_to(root).as_posix(): p for p in sorted((root / "book").glob("*.md"))},
        # What the chapters show and include.
        **{p.relative_to(root).as_posix(): p for p in sorted((root / "book").glob("quizzes/*"))},
        **{p.relative_to(root).as_posix(): p for p in sorted((root / "book").glob("snippets/*"))},
        **{name: root / name for name in ("LICENSE", "LICENSE-text", "constraints.txt")},
    }
    return {name: path.read_bytes() for name, path in files.items()}


def write_zip(target: Path, root: Path = ROOT) -> list[str]:
    """Write the zip and return the names of what it holds."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        subprocess.run([*command, "--wheel-dir", folder, str(root)], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        files = handed_out(root) | {wheel.name: wheel.read_bytes()}
    files["START.txt"] = START.format(wheel=wheel.name).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"batchnorm-course/{name}", MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return sorted(files)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("toc", "zip"))
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "toc":
        arguments.file.parent.mkdir(parents=True, exist_ok=True)
        arguments.file.write_text(contents_without_solutions(), encoding="utf-8")
    else:
        names = write_zip(arguments.file)
        print(f"{arguments.file}: {len(names)} files, no solution pages")


if __name__ == "__main__":
    main()
