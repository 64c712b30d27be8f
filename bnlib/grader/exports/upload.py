"""From what Gradescope hands over, the one notebook to grade, under the student's id.

    python -m bnlib.grader.exports.upload SUBMISSION METADATA NOTEBOOK TARGET RESULTS

copies the notebook to ``TARGET/<id>/NOTEBOOK.ipynb``. Where the upload holds none, or several
that it could be, RESULTS says so to the student, and the exit status is 3. Every file may be
hostile: no link is followed, nothing but a plain file is opened, names are not used as paths.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from bnlib.grader.exports import gradescope

NOTHING_TO_GRADE = 3  # the exit status
NOBODY = "submission"  # the id where the metadata names none

LARGEST_METADATA = 50_000_000  # bytes: it holds the results of all previous submissions
LARGEST_NOTEBOOK = 100_000_000
MOST_FILES = 10_000  # entries of the upload that are looked at
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class UploadError(ValueError):
    """What is wrong with an upload, in a sentence for the student."""


def student(metadata: Path) -> str:
    """The id of the submission's first user, fit for a file name.

    Members of a group share one submission and one grade. The name is theirs to choose and is not
    used: Gradescope knows whose submission it is.
    """
    try:
        with _plain(metadata, LARGEST_METADATA) as file:
            id = json.load(file)["users"][0]["id"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return NOBODY
    # The specification's is a number.
    named = isinstance(id, int | str) and _ID.fullmatch(str(id))
    return str(id) if named else NOBODY


def notebook(submission: Path, name: str) -> Path:
    """The file of the upload to grade: the one of that name, else the only notebook.

    Raises:
        UploadError: there is none, or more than one that it could be.
    """
    found = sorted(_notebooks(submission))
    named = [path for path in found if path.name.lower() == f"{name}.ipynb".lower()]
    candidates = named or found
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise UploadError(f"Your upload holds no notebook. Submit {name}.ipynb.")
    many = f"{len(candidates)} notebooks"
    which = f"{many} with the name {name}.ipynb" if named else f"{many}, none named {name}.ipynb"
    raise UploadError(f"Your upload holds {which}. Submit one, with that name.")


def stage(submission: Path, metadata: Path, name: str, target: Path) -> Path:
    """Copy the notebook to ``target/<id>/<name>.ipynb`` and return that path.

    Raises:
        UploadError: there is none to grade, or it is too large.
    """
    source = notebook(submission, name)
    copy = target / student(metadata) / f"{name}.ipynb"
    copy.parent.mkdir(parents=True)
    try:
        with _plain(source, LARGEST_NOTEBOOK) as file:
            copy.write_bytes(file.read(LARGEST_NOTEBOOK))
    except OSError as error:
        raise UploadError(f"Your notebook cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise UploadError(f"Your notebook cannot be read: {error}.") from None
    return copy


def _notebooks(folder: Path) -> Iterator[Path]:
    seen = 0
    for where, folders, files in os.walk(folder, followlinks=False):
        # Jupyter's own copies, and what a Mac puts into a zip.
        folders[:] = [f for f in sorted(folders) if f != "__MACOSX" and not f.startswith(".")]
        for file in sorted(files):
            seen += 1
            if seen > MOST_FILES:
                raise UploadError(f"Your upload holds more than {MOST_FILES} files.")
            path = Path(where, file)
            if file.lower().endswith(".ipynb") and not file.startswith("."):
                yield path


def _plain(path: Path, largest: int):
    """A plain file, opened for reading: no link, no device, no pipe that would block."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.fdopen(os.open(path, flags), "rb")
    about = os.fstat(file.fileno())
    problem = ""
    if not stat.S_ISREG(about.st_mode):
        problem = "it is no plain file"
    elif about.st_size > largest:
        problem = f"it is larger than {largest // 1_000_000} MB"
    if problem:
        file.close()
        raise ValueError(problem)
    return file


def main(words: list[str] | None = None) -> None:
    """Stage the notebook that the command line names; see the module's own words."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for argument in ("submission", "metadata", "notebook", "target", "results"):
        parser.add_argument(argument, type=str if argument == "notebook" else Path)
    arguments = parser.parse_args(words)
    try:
        stage(arguments.submission, arguments.metadata, arguments.notebook, arguments.target)
    except UploadError as problem:
        gradescope.write(arguments.results, gradescope.failure(str(problem)))
        print(f"nothing to grade: {problem}")
        sys.exit(NOTHING_TO_GRADE)


if __name__ == "__main__":
    main()
