"""Finding one's way: the search, and the page that an unknown address leads to."""

import pytest

from tests.site.browsing import until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


def test_a_search_for_momentum_finds_its_chapter(browser, address):
    browser.get(f"{address}/search.html?q=momentum")
    found = until(
        browser, lambda b: b.find_elements("css selector", "#search-results ul.search li a")
    )
    until(browser, lambda b: "found" in b.find_element("css selector", "#search-results").text)
    targets = [link.get_attribute("href") for link in found]
    assert any("book/06_running.html" in target for target in targets), targets
    browser.get(next(target for target in targets if "book/06_running.html" in target))
    assert "momentum" in browser.find_element("css selector", "article").text


def test_an_unknown_page_leads_back(browser, address):
    browser.get(f"{address}/404.html")
    assert "no such page" in browser.find_element("css selector", "article h1").text
    link = browser.find_element("css selector", "article a[href*='00_start']")
    browser.get(link.get_attribute("href"))
    assert "Start here" in browser.title
