"""The built book in a browser: what a reader should see of its first page and of a chapter."""

import pytest

from tests.site.browsing import phone, sideways, until

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

CHAPTER = "book/04_algorithm.html"


def test_the_first_page_is_the_book(browser, address):
    browser.get(f"{address}/index.html")
    until(browser, lambda b: "Start here" in b.title)


def test_chapter_4_has_its_title(browser, address):
    browser.get(f"{address}/{CHAPTER}")
    (title,) = browser.find_elements("css selector", "article h1")
    assert title.text.rstrip("#").strip() == "The algorithm"
    assert title.is_displayed()


def test_the_figures_of_chapter_4_are_loaded_and_described(browser, address):
    browser.get(f"{address}/{CHAPTER}")
    script = """
        const pictures = [...document.querySelectorAll('article img')];
        pictures.forEach(p => p.loading = 'eager');
        return Promise.all(pictures.map(p => p.decode().catch(() => null)))
            .then(() => pictures.map(p => [p.alt, p.naturalWidth]));
    """
    pictures = browser.execute_script(script)
    assert pictures
    for text, width in pictures:
        assert len(text) > 20, "a figure without a description"
        assert width > 100, text


def test_the_exercises_are_reached_from_chapter_4(browser, address):
    browser.get(f"{address}/{CHAPTER}")
    links = browser.find_elements("css selector", "article a[href*='exercises/04_algorithm']")
    assert links
    browser.get(links[0].get_attribute("href"))
    assert browser.find_elements("css selector", "article h1")
    assert "NotImplementedError" in browser.find_element("css selector", "article").text


@pytest.mark.parametrize("page", ["exercises/04_algorithm.html", "exercises/05_backward.html"])
def test_an_exercise_page_shows_no_solution(browser, address, page):
    browser.get(f"{address}/{page}")
    assert "SOLUTION" not in browser.find_element("css selector", "article").text


def test_the_page_fits_a_telephone(browser, address):
    with phone(browser):
        browser.get(f"{address}/{CHAPTER}")
        assert sideways(browser) <= 1
