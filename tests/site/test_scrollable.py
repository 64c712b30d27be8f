"""What scrolls sideways on a telephone can be reached by keyboard, and nothing else is a stop."""

import pytest

from tests.site.browsing import phone, settle, until

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
def page(browser, address):
    with phone(browser):
        browser.get(f"{address}/book/09_failures.html")
        settle(browser)  # as where a reader has scrolled through the page
        yield browser


def settled(page):
    return until(page, lambda p: (found := p.execute_script(STOPS))[1] == [] and found, seconds=10)


def test_what_scrolls_is_a_stop_and_what_does_not_is_none(page):
    assert settled(page)[0] > 3


def test_what_a_cell_shows_later_is_a_stop_too(page):
    before = settled(page)[0]
    page.execute_script(
        "document.querySelector('main section').insertAdjacentHTML("
        "'beforeend', '<pre>' + 'x'.repeat(200) + '</pre>')"
    )
    until(page, lambda p: settled(p)[0] == before + 1, seconds=10)
