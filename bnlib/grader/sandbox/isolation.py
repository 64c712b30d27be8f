"""Kinds of isolation, and whether this machine can give them."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from bnlib.grader.inside.walls import NOBODY
from bnlib.grader.sandbox import calls, view

NAMESPACES = "namespaces"  # bubblewrap, and namespaces of its own for each submission
USER = "user"  # another user of the system, in a container that holds one submission
NONE = "none"  # a process of its own, and nothing else

# Where the course's package stands in the sandbox.
COURSE = "/course"
# What a submission may read of the system, and of a prefix that Python is installed under.
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
_PYTHON = ("bin", "lib", "lib64", "pyvenv.cfg")
_DEVICES = ("null", "zero", "random", "urandom")
# Every submission finds its own here, so nothing of the machine can stand in it: what Python needs
# of the machine's /tmp (an environment that was made there) stands in another place.
_SCRATCH = Path("/tmp")
_BESIDE = Path("/beside")
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
    system = [Path(p) for p in _SYSTEM if Path(p).exists()]
    arguments: list[str] = []
    for place in system:
        if place.is_symlink():
            arguments += ["--symlink", os.readlink(place), str(place)]
        else:
            arguments += ["--ro-bind", str(place), str(place)]
    # The environment may lie inside of the project: what hides that comes before, and again after.
    hidden = _covered(place for place in system if not place.is_symlink())
    arguments += [part for place in hidden for part in ("--tmpfs", str(place))]
    for place in python_folders():
        arguments += ["--ro-bind", str(place), str(_seen(place))]
    covered = [_seen(place) for place in _covered(python_folders())]
    arguments += [part for place in covered for part in ("--tmpfs", str(place))]
    for place in (*hidden, *covered):
        arguments += ["--remount-ro", str(place)]
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


def python() -> str:
    """The interpreter's path in the sandbox."""
    return str(_seen(Path(sys.executable)))


def _seen(place: Path) -> Path:
    """Where a place of the machine stands in the sandbox."""
    return _BESIDE / place.relative_to("/") if place.is_relative_to(_SCRATCH) else place


def python_folders() -> list[Path]:
    """Where this Python and its packages are; the outer of nested folders only.

    Not whole prefixes: one may be the project itself, or hold other environments.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    # An environment may be a link to a folder elsewhere, which what it holds then names.
    prefixes |= {os.path.realpath(p) for p in prefixes}
    places = {Path(prefix, part) for prefix in prefixes for part in _PYTHON}
    places |= set(map(Path, _site_packages()))
    places.add(Path(os.path.realpath(sys.executable)).parent)
    outer: list[Path] = []
    for place in sorted(p for p in places if p.exists()):
        if not any(place.is_relative_to(o) for o in (*outer, *_SYSTEM)):
            outer.append(place)
    return outer


def _site_packages() -> set[str]:
    places = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    places |= set(site.getsitepackages())
    if site.ENABLE_USER_SITE:
        places.add(site.getusersitepackages())
    return places


def _covered(shown: Iterable[Path]) -> list[Path]:
    """Folders with answers, as they would be seen below those that are shown."""
    found = []
    for place in shown:
        real = place.resolve()
        for answers in _answers():
            if answers.is_relative_to(real):
                found.append(place / answers.relative_to(real))
    return found


def _answers() -> list[Path]:
    """Folders that no submission may read, wherever they are: the package, and the solutions.

    The course may be installed besides the copy of it that is running.
    """
    project = view.PACKAGE.parent
    running = project if (project / "solutions").is_dir() else view.PACKAGE
    installed = (Path(place) / "bnlib" for place in _site_packages())
    places = {p.resolve() for p in (running, *installed) if p.is_dir()}
    return sorted(p for p in places if not any(p.is_relative_to(o) for o in places - {p}))
