"""What a chapter costs before anything is clicked: bytes over the wire, and text that moves."""

import json

import pytest

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

LOG = {"goog:loggingPrefs": {"performance": "ALL"}}
BYTES = 1_000_000
SHIFT = 0.05

# The largest sum of layout shifts in a window as web vitals define it: gaps of at most one second
# within five. Nobody touches the page here, and Chromium takes a telephone's first layout for a
# touch ("hadRecentInput"), so all shifts count.
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => window.shifts.push(...list.getEntries()
  .map((e) => [e.startTime, e.value])))
  .observe({type: "layout-shift", buffered: true});
"""
SESSION = """
let best = 0, sum = 0, first = -Infinity, last = -Infinity;
for (const [time, value] of window.shifts) {
  if (time - last > 1000 || time - first > 5000) { sum = 0; first = time; }
  sum += value; last = time; best = Math.max(best, sum);
}
return best;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from tools.browser import opened

    with opened(tmp_path_factory.mktemp("p"), offline=True, capabilities=LOG) as driver:
        phone = {"width": 412, "height": 823, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SHIFTS})
        yield driver


def loaded(browser, address):
    """(bytes over the wire, layout shift) of a page once it is quiet."""
    from selenium.webdriver.support.ui import WebDriverWait

    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get_log("performance")
    browser.get(address)
    # All that it asked for has come, and nothing new for half a second.
    WebDriverWait(browser, 30).until(
        lambda b: b.execute_script(
            "const ends = performance.getEntriesByType('resource').map(e => e.responseEnd);"
            "return document.readyState === 'complete' && document.fonts.status === 'loaded'"
            " && performance.now() - Math.max(performance.timing.loadEventEnd"
            " - performance.timing.navigationStart, ...ends) > 500"
        )
    )
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    size = sum(
        m["params"]["encodedDataLength"]
        for m in messages
        if m["method"] == "Network.loadingFinished"
    )
    return size, browser.execute_script(SESSION)


def test_a_chapter_is_light_and_stands_still(browser, host, chapter_page):
    size, shift = loaded(browser, f"{host}/{chapter_page}")
    # The page itself at least; less would mean that nothing was counted.
    assert 20_000 < size <= BYTES
    assert shift <= SHIFT


def test_weight_and_shift_would_be_seen(browser, tmp_path):
    from tools.static_host import hosted

    (tmp_path / "page.html").write_text(
        "<!DOCTYPE html><meta name='viewport' content='width=device-width'><title>t</title>"
        "<link rel='icon' href='data:,'><div id='a'></div><p style='height: 300px'>text</p>"
        "<script>fetch('noise.bin').then(r => r.arrayBuffer());"
        "const move = () => { document.getElementById('a').style.height = '400px' };"
        # Once it has been painted: what moves before is no shift.
        "new PerformanceObserver(() => setTimeout(move, 100))"
        ".observe({type: 'paint', buffered: true})</script>"
    )
    (tmp_path / "noise.bin").write_bytes(bytes(BYTES))  # which is not compressed
    with hosted(tmp_path) as host:
        size, shift = loaded(browser, f"{host}/page.html")
    assert size > BYTES
    assert shift > SHIFT
