"""The built book: every link leads somewhere, and a browser shows what a reader should see."""

from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

CHAPTER = "book/04_algorithm.html"


# ---------------------------------------------------------------- links, in all the files


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.anchors, self.pictures = path, [], set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.update(attributes[k] for k in ("id", "name") if attributes.get(k))
        for key in ("href", "src"):
            if attributes.get(key) is not None:
                self.links.append(attributes[key])
        if tag == "img":
            self.pictures.append(attributes)


def is_linked(page):
    """Whether a page is one of the book's, not a part of a package that the theme copied."""
    return "_static" not in page.parts


@pytest.fixture(scope="module")
def pages(site):
    found = {path: Page(path) for path in sorted(site.rglob("*.html")) if is_linked(path)}
    assert len(found) > 5
    return found


def broken_links(pages):
    """(page, link) for each link to a file or an anchor that is not there."""
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            there = target.is_file()
            if there and parts.fragment and target in pages:
                there = unquote(parts.fragment) in pages[target].anchors
            if not there:
                broken.append((path.name, link))
    return broken


def test_no_link_is_broken(pages):
    assert broken_links(pages) == []


def test_a_broken_link_would_be_seen(tmp_path):
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    one.write_text('<a id="here" href="two.html#there"></a><a href="two.html#gone"></a>')
    two.write_text('<a id="there" href="one.html#here"></a><img src="none.png">')
    assert broken_links({p: Page(p) for p in (one, two)}) == [
        ("one.html", "two.html#gone"),
        ("two.html", "none.png"),
    ]


def test_every_picture_has_a_text(pages):
    bare = [
        (path.name, picture.get("src"))
        for path, page in pages.items()
        for picture in page.pictures
        if not (picture.get("alt") or "").strip()
    ]
    assert bare == []


def test_a_solution_is_one_page(site):
    assert (site / "solutions" / "04_algorithm.html").is_file()
    sources = {path.name for path in (site / "_sources" / "solutions").iterdir()}
    assert not [name for name in sources if name.endswith(".md")]


# ---------------------------------------------------------------- as a reader sees it


@pytest.fixture(scope="module")
def address(site):
    from tools.browser import served

    with served(site) as address:
        yield address


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Chromium, without the web: what the book shows comes from the book."""
    from tools.browser import opened

    with opened(tmp_path_factory.mktemp("profile"), offline=True) as driver:
        yield driver


in_a_browser = pytest.mark.needs_system("chromium", "chromedriver")


@in_a_browser
def test_the_first_page_is_the_book(browser, address):
    from selenium.webdriver.support.ui import WebDriverWait

    browser.get(f"{address}/index.html")
    WebDriverWait(browser, 20).until(lambda b: "Start here" in b.title)


@in_a_browser
def test_chapter_4_has_its_title(browser, address):
    browser.get(f"{address}/{CHAPTER}")
    (title,) = browser.find_elements("css selector", "article h1")
    assert title.text.rstrip("#").strip() == "The algorithm"
    assert title.is_displayed()


@in_a_browser
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


@in_a_browser
def test_the_exercises_are_reached_from_chapter_4(browser, address):
    browser.get(f"{address}/{CHAPTER}")
    links = browser.find_elements("css selector", "article a[href*='exercises/04_algorithm']")
    assert links
    browser.get(links[0].get_attribute("href"))
    assert browser.find_elements("css selector", "article h1")
    assert "NotImplementedError" in browser.find_element("css selector", "article").text


@in_a_browser
@pytest.mark.parametrize("page", ["exercises/04_algorithm.html", "exercises/05_backward.html"])
def test_an_exercise_page_shows_no_solution(browser, address, page):
    browser.get(f"{address}/{page}")
    assert "SOLUTION" not in browser.find_element("css selector", "article").text


@in_a_browser
def test_the_page_fits_a_telephone(browser, address):
    browser.set_window_size(400, 800)
    try:
        browser.get(f"{address}/{CHAPTER}")
        wide = browser.execute_script(
            "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    finally:
        browser.set_window_size(1200, 1400)
    assert wide <= 1
