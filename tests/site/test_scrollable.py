"""What scrolls sideways on a telephone can be reached by keyboard, and nothing else is a stop."""

import pytest

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

STOPS = """
const blocks = [...document.querySelectorAll("main :is(pre, mjx-container[display=true])")]
  .filter(e => e.checkVisibility({contentVisibilityAuto: true}));
const scrolls = (e) => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight;
return [blocks.filter(scrolls).length,
        blocks.filter(e => scrolls(e) !== (e.getAttribute("tabindex") === "0"))
              .map(e => e.outerHTML.slice(0, 80))];
"""


@pytest.fixture(scope="module")
def page(site, tmp_path_factory):
    from tools.browser import opened, served

    phone = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    with served(site) as address, opened(tmp_path_factory.mktemp("p"), offline=True) as driver:
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
        driver.get(f"{address}/book/09_failures.html")
        # All of the page is laid out, as where a reader has scrolled through it.
        driver.execute_script(
            "document.head.insertAdjacentHTML('beforeend', '<style>section "
            "{ content-visibility: visible !important }</style>')"
        )
        yield driver


def settled(page):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(page, 10).until(
        lambda p: (found := p.execute_script(STOPS))[1] == [] and found
    )


def test_what_scrolls_is_a_stop_and_what_does_not_is_none(page):
    assert settled(page)[0] > 3


def test_what_a_cell_shows_later_is_a_stop_too(page):
    before = settled(page)[0]
    page.execute_script(
        "document.querySelector('main section').insertAdjacentHTML("
        "'beforeend', '<pre>' + 'x'.repeat(200) + '</pre>')"
    )
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(page, 10).until(lambda p: settled(p)[0] == before + 1)
