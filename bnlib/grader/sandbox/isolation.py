"""Kinds of isolation, and whether this machine can give them."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from pathlib import Path

from bnlib.grader.inside.walls import NOBODY
from bnlib.grader.sandbox import calls, view

NAMESPACES = "namespaces"  # bubblewrap, and namespaces of its own for each submission
USER = "user"  # another user of the system, in a container that holds one submission
NONE = "none"  # a process of its own, and nothing else

# Where the course's package stands in the sandbox.
COURSE = "/course"
_DEVICES = ("null", "zero", "random", "urandom")
# The user that submissions run as where there are no namespaces.
SUBMISSION_USER = "bnlib-submission"

HOW_TO_GET_ONE = """\
Grading runs strangers' code, so it wants a sandbox, and there is none here: {why}
 - On Linux, install bubblewrap and libseccomp (Debian, Ubuntu: apt-get install bubblewrap
   libseccomp2). In a container, user namespaces have to be allowed.
 - Elsewhere, grade in the container of containers/grader.Containerfile (it says how).
 - On Gradescope, use the autograder that `bnlib export gradescope` makes.
--unsafe-no-sandbox runs submissions with your own rights, and the gradebook will say so."""


class NoSandbox(Exception):
    """This machine cannot give the isolation that was asked for."""

    def __init__(self, why: str):
        super().__init__(HOW_TO_GET_ONE.format(why=why))


def require(isolation: str) -> None:
    """See whether an isolation can be had.

    Raises:
        NoSandbox: it cannot; the message says how to get one.
    """
    if not hasattr(os, "fork"):
        raise NoSandbox(f"{sys.platform} cannot fork a process.")
    if isolation == NONE:
        return
    if sys.platform != "linux":
        raise NoSandbox(f"{sys.platform} has no namespaces.")
    try:
        calls.program()
    except calls.NoFilter as error:
        raise NoSandbox(f"no system calls can be filtered: {error}.") from None
    if isolation == USER:
        if os.geteuid() != 0:
            raise NoSandbox("--isolation user needs root, which hands submissions to another user.")
        submission_user()
        return
    if shutil.which("bwrap") is None:
        raise NoSandbox("bubblewrap (bwrap) is not installed.")
    probe = subprocess.run(
        [*_bubblewrap(), "--ro-bind", "/", "/", "/bin/true"], capture_output=True, text=True
    )
    if probe.returncode:
        said = probe.stderr.strip().splitlines()[-1:] or [f"it ended with {probe.returncode}"]
        raise NoSandbox(f"bubblewrap does not start: {said[0]}")


def submission_user() -> tuple[int, int]:
    """The user and group that submissions run as, where there are no namespaces.

    Raises:
        NoSandbox: there is no such user.
    """
    import pwd

    try:
        found = pwd.getpwnam(SUBMISSION_USER)
    except KeyError:
        raise NoSandbox(
            f"--isolation user needs a user of the system named {SUBMISSION_USER} "
            f"(useradd --system {SUBMISSION_USER})."
        ) from None
    return found.pw_uid, found.pw_gid


def _bubblewrap() -> list[str]:
    return ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]


def command(folder: Path) -> list[str]:
    """How bubblewrap is started for a warm parent: what precedes its own command.

    Args:
        folder: what ``view.make`` wrote; it comes to stand at COURSE.
    """
    system = [p for p in ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin") if Path(p).exists()]
    arguments: list[str] = []
    bound: list[Path] = []
    for place in (*map(Path, system), *python_folders()):
        if place.is_symlink():
            arguments += ["--symlink", os.readlink(place), str(place)]
        else:
            arguments += ["--ro-bind", str(place), str(place)]
            bound.append(place)
    for place in _answers():
        if any(place.is_relative_to(b) for b in bound):
            arguments += ["--tmpfs", str(place), "--remount-ro", str(place)]
    # The environment may lie inside of the project, whose other folders were hidden just now.
    for place in python_folders():
        if any(place.is_relative_to(a) for a in _answers()):
            arguments += ["--ro-bind", str(place), str(place)]
    # Not `--dev`: with a terminal to mount, bubblewrap nests a second user namespace, and the
    # warm parent could not make PID namespaces in the first.
    devices = [part for name in _DEVICES for part in ("--dev-bind", f"/dev/{name}", f"/dev/{name}")]
    return [
        *_bubblewrap(),
        # To give each child its own namespaces; a child gives it up before it runs a line. As
        # nobody: to map root into another user namespace would take one capability more.
        *("--cap-add", "CAP_SYS_ADMIN", "--uid", str(NOBODY), "--gid", str(NOBODY)),
        *arguments,
        *("--ro-bind", str(folder), COURSE),
        *("--proc", "/proc", *devices),
        *("--size", "65536", "--tmpfs", "/tmp", "--remount-ro", "/", "--chdir", "/"),
    ]


def python_folders() -> list[Path]:
    """Where this Python and its packages are; the outer of nested folders only."""
    places = {sys.prefix, sys.base_prefix, sysconfig.get_path("purelib")}
    places |= {sysconfig.get_path("platlib"), str(Path(os.path.realpath(sys.executable)).parent)}
    if site.ENABLE_USER_SITE:
        places.add(site.getusersitepackages())
    existing = sorted({Path(p) for p in places if p and Path(p).is_dir()})
    system = [Path(p) for p in ("/usr", "/lib", "/lib64")]
    outer: list[Path] = []
    for place in existing:
        if not any(place.is_relative_to(o) for o in (*outer, *system)):
            outer.append(place)
    return outer


def _answers() -> list[Path]:
    """Folders that no submission may read, wherever they are: the package, and the solutions."""
    project = view.PACKAGE.parent
    if (project / "solutions").is_dir():
        return [project]
    return [view.PACKAGE]
