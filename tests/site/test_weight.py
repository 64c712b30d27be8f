"""What a chapter costs before anything is clicked: bytes over the wire, and text that moves."""

import json

import pytest

from tests.site import shifts
from tests.site.browsing import set_screen, until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

LOGS = {"performance": "ALL"}
BYTES = 1_000_000


@pytest.fixture(scope="module")
def telephone(browser):
    set_screen(browser, 412, 823)
    with shifts.watched(browser):
        yield browser


def loaded(browser, address):
    """(bytes over the wire, layout shift) of a page once it is quiet."""
    browser.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.get_log("performance")
    browser.get(address)
    # All that it asked for has come, and nothing new for half a second.
    until(
        browser,
        "const ends = performance.getEntriesByType('resource').map(e => e.responseEnd);"
        "return document.readyState === 'complete' && document.fonts.status === 'loaded'"
        " && performance.now() - Math.max(performance.timing.loadEventEnd"
        " - performance.timing.navigationStart, ...ends) > 500",
    )
    messages = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    size = sum(
        m["params"]["encodedDataLength"]
        for m in messages
        if m["method"] == "Network.loadingFinished"
    )
    return size, shifts.shift(browser)


def test_a_chapter_is_light_and_stands_still(telephone, host, chapter_page):
    size, shift = loaded(telephone, f"{host}/{chapter_page}")
    # The page itself at least; less would mean that nothing was counted.
    assert 20_000 < size <= BYTES
    assert shift <= shifts.LARGEST


def test_weight_and_shift_would_be_seen(telephone, tmp_path):
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
        size, shift = loaded(telephone, f"{host}/page.html")
    assert size > BYTES
    assert shift > shifts.LARGEST
