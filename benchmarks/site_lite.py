"""How long a reader waits for JupyterLite: from the notebook's page to what its cells show.

    python benchmarks/site_lite.py [--site FOLDER] [--runs 5]

Opens notebook 4 of the built site in headless Chromium, served as a static host serves it, with an
empty browser cache (cold) and again with what the first visit left (warm). The clock runs from the
request of the page. Prints medians; exit code 1 where the first NumPy output misses its bar of 15
seconds, which is meant on an idle machine with two cores.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tools.browser import opened  # noqa: E402
from tools.static_host import hosted  # noqa: E402

BAR = 15
PAGE = "lite/notebooks/index.html?path=04_algorithm.ipynb"
STEPS = ("page", "numpy", "checks")
LABELS = {
    "page": "the notebook is on the page",
    "numpy": "first NumPy output",
    "checks": "the whole notebook has run",
}
# Seconds since the page was asked for, at each step.
MEASURE = """
const done = arguments[arguments.length - 1];
(async () => {
  const soon = async (ask) => {
    for (;;) {
      const answer = ask();
      if (answer) return answer;
      await new Promise((next) => setTimeout(next, 20));
    }
  };
  const times = {};
  const note = (step) => { times[step] = performance.now() / 1000; };
  const app = await soon(() => window.jupyterapp);
  await app.restored;
  const front = () => app.shell.currentWidget;
  const panel = await soon(() => front()?.sessionContext && front());
  await panel.context.ready;
  note('page');
  await panel.sessionContext.ready;
  let said = '';
  const code = 'import numpy as np; print(np.arange(4).sum())';
  const asked = panel.sessionContext.session.kernel.requestExecute({ code });
  asked.onIOPub = (message) => { said += message.content.text ?? ''; };
  await asked.done;
  if (said.trim() !== '6') throw new Error(`NumPy said ${said}`);
  note('numpy');
  await app.commands.execute('notebook:run-all-cells');
  note('checks');
  return times;
})().then(done, (error) => done({ failed: String(error) }));
"""


def visit(driver, address: str) -> dict[str, float]:
    driver.get(f"{address}/{PAGE}")
    times = driver.execute_async_script(MEASURE)
    if "failed" in times:
        raise SystemExit(times["failed"])
    return times


def measure(site: Path, runs: int) -> dict[str, list[dict[str, float]]]:
    """Times of each visit, cold and warm."""
    found = {"cold": [], "warm": []}
    with hosted(site) as address:
        for _ in range(runs):
            with tempfile.TemporaryDirectory() as profile, opened(Path(profile)) as driver:
                driver.set_script_timeout(300)
                found["cold"].append(visit(driver, address))
                driver.get("about:blank")
                time.sleep(1)  # the worker of the page before ends
                found["warm"].append(visit(driver, address))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    lite = arguments.site / "lite"
    if not lite.is_dir():
        print(f"{arguments.site} has no JupyterLite: make book, with Pyodide at hand")
        return 1
    size = sum(path.stat().st_size for path in lite.rglob("*") if path.is_file())
    print(f"JupyterLite in the site, without Pyodide: {size / 1e6:.1f} MB")
    missed = False
    for kind, visits in measure(arguments.site, arguments.runs).items():
        for step in STEPS:
            median = statistics.median(times[step] for times in visits)
            bar = f"  (bar {BAR})" if step == "numpy" else ""
            missed |= step == "numpy" and median > BAR
            print(f"{kind}: {median:6.2f} s  {LABELS[step]}{bar}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
