"""Results, the ledger and the reference on a telephone of 360 pixels, in a browser."""

import pytest

from tests.site.browsing import set_screen
from tests.site.page_files import chapters

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

WIDTH = 360


@pytest.fixture
def opened_page(browser, address):
    def get(name):
        set_screen(browser, WIDTH)
        browser.get(f"{address}/{name}")
        return browser

    return get


def too_wide(browser, selector):
    """The texts of elements that reach beyond the screen."""
    # Not innerWidth: a telephone zooms out until all fits.
    return browser.execute_script(
        """
        return [...document.querySelectorAll(arguments[0])].filter(
            e => e.getBoundingClientRect().right > arguments[1] + 1).map(
            e => e.textContent.slice(0, 40));
        """,
        selector,
        WIDTH,
    )


def labels(browser, selector):
    """What stands before the text of each element."""
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map("
        "e => getComputedStyle(e, '::before').content)",
        selector,
    )


def test_a_result_is_a_block_a_row_with_the_columns_names(site, opened_page):
    table = '<table class="claim"'
    name = next(n for n in chapters() if table in (site / n).read_text("utf-8"))
    page = opened_page(name)
    assert too_wide(page, "table.claim, table.claim *") == []
    heads = page.execute_script(
        "return [...document.querySelectorAll('table.claim')[0].querySelectorAll('th')]"
        ".map(e => e.textContent.replaceAll('\\u00a0', ' '))"
    )
    shown = labels(page, "table.claim tbody tr:first-child td")[: len(heads)]
    assert [label.split('"')[1].rstrip(": ") for label in shown] == heads


def test_the_ledger_is_stacked(opened_page):
    page = opened_page("book/13_ledger.html")
    assert page.find_elements("css selector", "table.ledger tbody tr")
    assert too_wide(page, "table.ledger, table.ledger *") == []
    assert set(labels(page, "table.ledger td:nth-child(4)")) == {'"Verdict"'}


@pytest.mark.parametrize("name", ["library", "lab"])
def test_the_reference_fits(opened_page, name):
    page = opened_page(f"book/api/{name}.html")
    assert page.find_elements("css selector", "dt.sig")
    assert too_wide(page, "dt.sig, dt.sig *, dd > p") == []
