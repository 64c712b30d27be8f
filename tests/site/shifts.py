"""How far what is seen moves by what comes later: layout shift, as web vitals has it."""

from __future__ import annotations

import contextlib

from tests.site.browsing import before_each_page

LARGEST = 0.05  # that a page of the site may have

# Nobody touches the page in a test, and Chromium takes a telephone's first layout for a touch
# ("hadRecentInput"), so all shifts count.
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
  .map((e) => [e.startTime, e.value])))
  .observe({type: "layout-shift", buffered: true});
"""
# The largest sum in a window of time: gaps of at most one second within five.
WINDOW = """
let best = 0, sum = 0, first = -Infinity, last = -Infinity;
for (const [time, value] of window.shifts) {
  if (time - last > 1000 || time - first > 5000) { sum = 0; first = time; }
  sum += value; last = time; best = Math.max(best, sum);
}
return best;
"""


@contextlib.contextmanager
def watched(driver):
    """Pages that are opened while this lasts note what shifts on them."""
    with before_each_page(driver, WATCH):
        yield driver


def shift(driver) -> float:
    """The layout shift of the page so far; 0 where nothing moved."""
    # Shifts are told with the next picture.
    driver.execute_async_script(
        "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(arguments[0], 50)))"
    )
    return driver.execute_script(WINDOW)


# From where the page is to its end, by a part of the screen at a time.
SCROLL = """
const done = arguments[0];
(async () => {
  document.documentElement.style.scrollBehavior = "auto";
  const picture = () => new Promise((next) => requestAnimationFrame(() => setTimeout(next)));
  while (scrollY + innerHeight < document.documentElement.scrollHeight - 1) {
    scrollBy(0, innerHeight / 4);
    await picture();
  }
})().then(() => done(), (error) => done(String(error)));
"""


def scroll_through(driver) -> None:
    assert driver.execute_async_script(SCROLL) is None
