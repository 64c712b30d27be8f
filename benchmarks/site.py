"""How long a live cell takes from the click to its output, cold and warm, in the built book.

    python benchmarks/site.py [--runs N]

Chromium opens chapter 4, served on the loopback. Cold: with an empty profile. Warm: the page
reloaded in the same profile, after the first visit has kept a copy of Python's memory, some seconds
after its run. The clock is the page's own, from the click on Run to the first output on the page.
Prints the median of N runs (5) with its bar; exit code 1 where a bar is missed. The bars hold on an
idle machine with two cores.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.browser import opened, served  # noqa: E402

PAGE = "book/04_algorithm.html"
PRINTS, DRAWS = 3, 4  # places of the cells that print the first numbers and draw the first figure

# From the click to the first change that the reader sees below the cell.
CLICK = """
const [place, done] = arguments;
const cell = document.querySelector(`.cell.live-${place}`);
const run = [...cell.querySelectorAll(".live-bar button")].find(b => b.textContent === "Run");
const output = cell.querySelector(":scope > .cell_output");
const start = performance.now();
const seen = () => {
    const image = output.querySelector("img");
    if (image ? !image.src.startsWith("data:") : !output.querySelector(".live-output")) return;
    watcher.disconnect();
    done((performance.now() - start) / 1000);
};
const watcher = new MutationObserver(seen);
watcher.observe(output, { childList: true, subtree: true, attributes: true });
run.click();
"""
# Once the copy has been kept (its description comes last), its megabytes.
KEPT = """
const [done] = arguments;
const look = async () => {
    const cache = await caches.open("bn-live");
    const kept = (await cache.keys()).filter(({ url }) => url.includes("/snapshot"));
    if (!kept.some(({ url }) => url.includes("/snapshot?"))) return setTimeout(look, 50);
    const sizes = kept.map(async (request) => (await (await cache.match(request)).blob()).size);
    done((await Promise.all(sizes)).reduce((all, size) => all + size, 0) / 1e6);
};
look();
"""


def visit(driver, address: str, cell: int) -> float:
    """Open the page and run a cell; the seconds from the click to what it shows."""
    driver.get("about:blank")
    driver.get(f"{address}/{PAGE}")
    return driver.execute_async_script(CLICK, cell)


def measure(address: str) -> dict[str, float]:
    """One run of each, in a profile of its own."""
    found = {}
    for what, cell in (("first NumPy output", PRINTS), ("first figure", DRAWS)):
        with tempfile.TemporaryDirectory() as folder, opened(Path(folder), offline=True) as driver:
            driver.set_script_timeout(120)
            found[f"{what}, cold"] = visit(driver, address, cell)
            found[f"{what}, kept"] = driver.execute_async_script(KEPT)
            found[f"{what}, warm"] = visit(driver, address, cell)
    return found


BARS = {"first NumPy output, cold": 6.0, "first NumPy output, warm": 3.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    site = ROOT / "_build" / "html"
    if not (site / PAGE).is_file():
        sys.exit("the book is not built: make book")
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with served(site) as address:
        runs = [measure(address) for _ in range(arguments.runs)]
    missed = False
    for what in runs[0]:
        values = [run[what] for run in runs]
        if what.endswith("kept"):
            print(f"{what:28} {statistics.median(values):5.1f} MB for the next visit")
            continue
        median, bar = statistics.median(values), BARS.get(what)
        missed |= bar is not None and median > bar
        rest = f"bar {bar:.0f} s: {'met' if median <= bar else 'MISSED'}" if bar else "no bar"
        print(
            f"{what:28} {median:5.2f} s   ({min(values):.2f} to {max(values):.2f},"
            f" {len(values)} runs; {rest})"
        )
    sys.exit(missed)


if __name__ == "__main__":
    main()
