"""The zip that Gradescope makes an autograder of: scripts, requirements, and bnlib itself.

bnlib is taken from where it is imported from, so the zip can be made from an installed package as
well as from the repository. It holds the answers: it is for the instructor.
"""

from __future__ import annotations

import re
import sys
import zipfile
from importlib import metadata
from importlib.resources import files
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import bnlib
from bnlib.checks import registry

DISTRIBUTION = "batchnorm-course"
# Gradescope ends an autograder after ten minutes, unless the assignment says otherwise.
SECONDS = 540
# Any fixed moment, so that the same files give the same zip.
MOMENT = (1980, 1, 1, 0, 0, 0)

_SCRIPTS = {"setup.sh": 0o755, "run_autograder": 0o755, "README.txt": 0o644}
_CPU_BUILDS = "https://download.pytorch.org/whl/cpu"
# What torch's build for graphics cards brings, and its build for processors does without.
_FOR_CARDS = re.compile(r"nvidia-|cuda-|triton|pytorch-triton")


class ExportError(ValueError):
    """Why the zip cannot be made, and what to do."""


def write(target: Path, notebook: str, seconds: int = SECONDS) -> list[str]:
    """Write the zip for one notebook and return the names of what it holds.

    Args:
        target: the file to write; one that is there is replaced.
        notebook: "04_algorithm". seconds: what grading one submission may take.

    Raises:
        ExportError: the course has no such notebook, or what grading needs is not installed.
    """
    exercises = [e for e in registry.exercises() if e.notebook == notebook]
    if not exercises:
        known = ", ".join(dict.fromkeys(e.notebook for e in registry.exercises()))
        raise ExportError(f"the course has no notebook {notebook!r}; it has {known}")
    if seconds < 1:
        raise ExportError(f"a submission must be given a second or more, got {seconds}")
    extras = {"grade"} | {library for e in exercises for library in e.requires}
    held = {
        **{name: (_script(name), mode) for name, mode in _SCRIPTS.items()},
        "settings.sh": (_settings(notebook, seconds), 0o644),
        "requirements.txt": (_requirements_text(requirements(extras)), 0o644),
        **{name: (content, 0o644) for name, content in library().items()},
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (content, mode) in sorted(held.items()):
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, content)
    part.replace(target)
    return sorted(held)


def library() -> dict[str, bytes]:
    """Every file of the package bnlib by its name in the zip, without what Python compiled."""
    package = Path(bnlib.__file__).resolve().parent
    return {
        path.relative_to(package.parent).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def requirements(extras: set[str], distribution: str = DISTRIBUTION) -> dict[str, str]:
    """The installed version of all that a distribution needs with these extras, by name.

    Raises:
        ExportError: something of it is not installed, or the distribution is not.
    """
    found: dict[str, str] = {}
    todo, seen = [(distribution, frozenset(extras))], set()
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            installed = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            extra = ",".join(sorted(extras))
            raise ExportError(
                f"{name} is not installed; what grading needs is written into the zip from what is "
                f"installed here: pip install '{DISTRIBUTION}[{extra}]'"
            ) from None
        if name != distribution:
            found[name] = installed.version
        for text in installed.requires or ():
            requirement = Requirement(text)
            needed = canonicalize_name(requirement.name)
            if name == "torch" and _FOR_CARDS.match(needed):
                continue
            marker = requirement.marker
            if not marker or any(marker.evaluate({"extra": e}) for e in wanted or {""}):
                todo.append((needed, frozenset(requirement.extras)))
    return dict(sorted(found.items()))


def _requirements_text(versions: dict[str, str]) -> bytes:
    lines = [f"# Python {_python()}, bnlib {bnlib.__version__}"]
    for name, version in versions.items():
        if name == "torch":
            # A build for processors: a tenth of the size, and no card is there.
            lines += [f"--extra-index-url {_CPU_BUILDS}", f"torch=={version.partition('+')[0]}+cpu"]
        else:
            lines.append(f"{name}=={version}")
    return ("\n".join(lines) + "\n").encode()


def _settings(notebook: str, seconds: int) -> bytes:
    # The notebook's name is one of the course's own: letters, digits and underscores.
    return (
        "# shellcheck shell=bash disable=SC2034\n"
        f"NOTEBOOK={notebook}\n"
        "# What grading one submission may take; below the assignment's own time limit.\n"
        f"SECONDS_ALLOWED={seconds}\n"
        f"PYTHON_VERSION={_python()}\n"
    ).encode()


def _python() -> str:
    return ".".join(map(str, sys.version_info[:2]))


def _script(name: str) -> bytes:
    return (files("bnlib.grader.exports") / "scripts" / name).read_bytes()
