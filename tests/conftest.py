"""What could not be run is said at the end of the run, and is a failure under STRICT=1.

A test that needs a program of the system is marked ``needs_system("chromium", ...)``; one that
needs the built book takes the fixture ``site``. Any other skip is reported too.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# The commands by which a system's program may go, by its name in ``needs_system``.
COMMANDS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "chromedriver": ("chromedriver",),
    "bubblewrap": ("bwrap",),
    "shellcheck": ("shellcheck",),
    "node": ("node", "nodejs"),
    "npm": ("npm",),
}
REMEDY = "make system"

# Seeds that nobody has seen, for the tests of the checks; a run is repeated by setting them.
NEW_SEEDS = "NEW_SEEDS"


def command(name: str) -> str | None:
    """The path of a system's program, or None where it is not installed."""
    return next(filter(None, map(shutil.which, COMMANDS[name])), None)


def strict() -> bool:
    return os.environ.get("STRICT", "") not in ("", "0")


def not_run(what: str, remedy: str = REMEDY):
    """Leave a test out because something is missing; the run's last lines will say it."""
    pytest.skip(f"{what} : {remedy}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for marker in item.iter_markers("needs_system"):
        unknown = set(marker.args) - set(COMMANDS)
        if unknown or not marker.args:
            pytest.fail(f"needs_system takes names of {sorted(COMMANDS)}, not {marker.args}")
        missing = [name for name in marker.args if command(name) is None]
        if missing:
            not_run(f"{item.path.relative_to(ROOT)} without {' and '.join(missing)}")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    folder = ROOT / "_build" / "html"
    if not (folder / "index.html").is_file():
        not_run("tests of the pages (the book is not built)", "make book")
    return folder


class NotRun:
    """Collects every skip, with xdist too: reports arrive at the process that prints."""

    def __init__(self):
        self.reasons = Counter()
        self.modules = set()

    def pytest_runtest_logreport(self, report):
        if report.skipped and not hasattr(report, "wasxfail"):
            self.reasons[_reason(report)] += 1

    def pytest_collectreport(self, report):
        # A module that skips itself; each worker of xdist reports it.
        if report.skipped and report.nodeid not in self.modules:
            self.modules.add(report.nodeid)
            self.reasons[f"{report.nodeid}: {_reason(report)}"] += 1

    def pytest_sessionfinish(self, session):
        if self.reasons and strict() and session.exitstatus in (0, 5):
            session.exitstatus = 1

    def pytest_unconfigure(self):
        """Printed after pytest's own closing line."""
        for reason, count in sorted(self.reasons.items()):
            what, separator, remedy = reason.rpartition(" : ")
            if not separator:
                what, remedy = reason, "see the reason"
            failure = " (a failure: STRICT=1)" if strict() else ""
            print(f"NOT RUN: {what}, {count} test{'s' * (count > 1)}{failure} : {remedy}")


def _reason(report) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(NotRun(), "not-run")
        # Drawn once, so that the workers of xdist, which inherit them, judge on the same.
        drawn = " ".join(str(secrets.randbelow(2**31)) for _ in range(10))
        os.environ.setdefault(NEW_SEEDS, drawn)


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"new seeds of this run: {NEW_SEEDS}='{os.environ[NEW_SEEDS]}'")
