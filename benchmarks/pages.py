"""What a chapter costs a reader before anything is clicked: bytes, and the time until it is seen.

    python benchmarks/pages.py [--runs N]

Chromium opens each chapter of the built book on a telephone's screen, from a host on the loopback
that compresses as a static host does, each time with nothing in its cache. Prints the bytes over
the wire and the median of N runs (5) of the largest contentful paint, with the bars; exit code 1
where a chapter misses one. The bars hold on an idle machine with two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.browser import opened  # noqa: E402
from tools.static_host import hosted  # noqa: E402

BYTES, SECONDS = 1_000_000, 1.5
PHONE = {"width": 412, "height": 823, "deviceScaleFactor": 1, "mobile": True}
# The last entry is the largest; nothing larger comes once the page has been quiet for a second.
PAINT = """
const [done] = arguments;
let last = 0, timer;
const settle = () => { clearTimeout(timer); timer = setTimeout(() => done(last), 1000); };
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) last = entry.startTime;
    settle();
}).observe({type: "largest-contentful-paint", buffered: true});
settle();
"""


def visit(driver, address: str) -> tuple[int, float]:
    """(bytes over the wire, seconds to the largest contentful paint) of a page, loaded anew."""
    driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    driver.get_log("performance")
    driver.get(address)
    seconds = driver.execute_async_script(PAINT) / 1000
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    ended = (m["params"] for m in messages if m["method"] == "Network.loadingFinished")
    return int(sum(one["encodedDataLength"] for one in ended)), seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    site = ROOT / "_build" / "html"
    if not (site / "index.html").is_file():
        sys.exit("the book is not built: make book")
    print(f"{os.cpu_count()} processors, load before: {os.getloadavg()[0]:.1f}, {runs} runs")
    print(f"{'':24}{'kB':>8}{'paint, s':>10}    (bars: {BYTES / 1000:.0f} kB, {SECONDS} s)")
    missed = False
    log = {"goog:loggingPrefs": {"performance": "ALL"}}
    with (
        tempfile.TemporaryDirectory() as profile,
        hosted(site) as host,
        opened(Path(profile), offline=True, capabilities=log) as driver,
    ):
        driver.set_script_timeout(60)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
        for path in sorted((site / "book").glob("[0-9][0-9]_*.html")):
            found = [visit(driver, f"{host}/book/{path.name}") for _ in range(runs)]
            size = max(size for size, _ in found)
            paint = statistics.median(seconds for _, seconds in found)
            missed |= size > BYTES or paint > SECONDS
            print(f"{path.stem:24}{size / 1000:8.0f}{paint:10.2f}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
