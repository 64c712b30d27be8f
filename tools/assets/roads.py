"""The roads: a CDN by HTTPS, npm's packages and Python's wheels by their own clients.

Each brings what it has of the files asked for, as (name, content). It is the caller who checks
what was brought; a road that is cut off says so by an exception.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from tools.assets.listing import Road

CONNECT, READ = 5, 10  # seconds without an answer after which a road counts as cut off
WHOLE = 300  # seconds for a package
AT_ONCE = 8
NO_CONNECTION = (ConnectTimeoutError, NewConnectionError)

# Hosts that could not be reached in this process: not waited for again by the next asset.
_silent: set[str] = set()


class CutOff(Exception):
    """The road leads nowhere at present; the message says why."""


def bring(road: Road, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Those of the files that the road has.

    Raises:
        CutOff: the host or the client gives nothing; some files may have come before.
    """
    return {"cdn": _cdn, "npm": _npm, "wheel": _wheel}[road.kind](road, names)


def _place(road: Road, name: str) -> str:
    """The file's name on the road."""
    return road.folder + name.removeprefix(road.at)


def _cdn(road: Road, names: list[str]) -> Iterator[tuple[str, bytes]]:
    host = urlsplit(road.source).netloc
    if host in _silent:
        raise CutOff("no connection")
    with requests.Session() as session, ThreadPoolExecutor(AT_ONCE) as pool:

        def get(name: str) -> bytes | None:
            if host in _silent:
                return None
            address = road.source + quote(_place(road, name))
            try:
                answer = session.get(address, timeout=(CONNECT, READ))
            except requests.RequestException as error:
                # One that breaks in the middle of a file says nothing of the host.
                reason = getattr(error.args[0], "reason", None) if error.args else None
                if isinstance(reason, NO_CONNECTION):
                    _silent.add(host)
            else:
                return answer.content if answer.ok else None
            return None

        for name, content in zip(names, pool.map(get, names), strict=True):
            if content is not None:
                yield name, content
    if host in _silent:
        raise CutOff("no connection")


def _client(command: list[str], folder: str) -> Path:
    """Run a client that puts one file into the folder, and return that file."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=WHOLE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CutOff(str(error)) from None
    files = list(Path(folder).iterdir())
    if done.returncode or len(files) != 1:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise CutOff(f"{' '.join(command[:2])}: {said[-1] if said else 'no file'}")
    return files[0]


def _npm(road: Road, names: list[str]) -> Iterator[tuple[str, bytes]]:
    npm = shutil.which("npm")
    if npm is None:
        raise CutOff("npm is not installed")
    options = ["--ignore-scripts", "--fetch-retries=0", f"--fetch-timeout={READ * 1000}"]
    with tempfile.TemporaryDirectory() as folder:
        package = _client([npm, "pack", road.source, *options], folder)
        try:
            with tarfile.open(package) as archive:
                # All that npm packs lies in one folder, whose name says nothing.
                inside = {m.name.partition("/")[2]: m for m in archive.getmembers() if m.isfile()}
                for name in names:
                    if member := inside.get(_place(road, name)):
                        yield name, archive.extractfile(member).read()
        except tarfile.TarError as error:
            raise CutOff(f"the package cannot be read: {error}") from None


def _wheel(road: Road, names: list[str]) -> Iterator[tuple[str, bytes]]:
    requirement = road.source.replace("@", "==")
    options = ["--no-deps", "--only-binary=:all:", f"--timeout={READ}", "--retries=0", "--quiet"]
    options += ["--disable-pip-version-check"]
    with tempfile.TemporaryDirectory() as folder:
        package = _client([sys.executable, "-m", "pip", "download", *options, requirement], folder)
        try:
            with zipfile.ZipFile(package) as archive:
                inside = set(archive.namelist())
                for name in names:
                    if _place(road, name) in inside:
                        yield name, archive.read(_place(road, name))
        except zipfile.BadZipFile as error:
            raise CutOff(f"the wheel cannot be read: {error}") from None
