"""Tables that a cell has made, on the dark ground of a page."""

import pytest

from tests.site.browsing import set_theme

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


@pytest.fixture(scope="module")
def page(browser, address):
    browser.get(f"{address}/book/06_running.html")
    set_theme(browser, "dark")
    return browser


@pytest.mark.parametrize("table", ["claim", "sheet"])
def test_a_table_has_the_colours_of_the_text_around_it(page, table):
    ground, *texts, around = page.execute_script(
        """
        const table = document.querySelector(`table.${arguments[0]}`);
        const colour = (e) => getComputedStyle(e).color;
        return [getComputedStyle(table.closest(".text_html")).backgroundColor,
                ...["caption", "th", "td"].map(name => colour(table.querySelector(name))),
                colour(document.querySelector(".bd-article section > p:not([class])"))];
        """,
        table,
    )
    assert ground == "rgba(0, 0, 0, 0)"
    assert set(texts) == {around}
