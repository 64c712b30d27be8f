"""The built book: every link leads somewhere, and a browser shows what a reader should see."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

CHAPTER = "book/04_algorithm.html"


# ---------------------------------------------------------------- links, in all the files


# Attributes that name a file; srcset names several, each with a size behind it.
FILES = ("href", "src", "poster", "data-src")
SETS = ("srcset", "imagesrcset")
URL = re.compile(r"""url\(\s*["']?([^"')]+)["']?\s*\)""")
REFRESH = re.compile(r"\burl=(.+)", re.IGNORECASE)


class Page(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.path, self.links, self.anchors, self.pictures = path, [], set(), []
        self.in_style = False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = {key: value for key, value in attributes if value is not None}
        self.anchors.update(attributes[k] for k in ("id", "name") if attributes.get(k))
        if tag == "base":  # in 404.html where SITE_URL is given: the folder that it lies in
            return
        self.links += [attributes[key] for key in FILES if key in attributes]
        for key in SETS:
            parts = re.split(r",\s+", attributes.get(key, ""))
            self.links += [part.split()[0] for part in parts if part.strip()]
        self.links += URL.findall(attributes.get("style", ""))
        if attributes.get("http-equiv", "").lower() == "refresh":
            self.links += REFRESH.findall(attributes["content"])
        if tag == "img":
            self.pictures.append(attributes)
        self.in_style = tag == "style"

    def handle_data(self, data):
        if self.in_style:
            self.links += URL.findall(data)

    def handle_endtag(self, tag):
        self.in_style = False


def is_linked(page, site):
    """Whether a page is one of the book's, not a part of a package that was copied."""
    return not {"_static", "vendor", "lite"} & set(page.relative_to(site).parts)


@pytest.fixture(scope="module")
def pages(site):
    found = {path: Page(path) for path in sorted(site.rglob("*.html")) if is_linked(path, site)}
    assert len(found) > 5
    return found


def target_of(link, path):
    """The file that a link names, or None for one of another host."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    return target / "index.html" if target.is_dir() else target


def broken_links(pages):
    """(page, link) for each link to a file or an anchor that is not there."""
    broken = []
    for path, page in pages.items():
        for link in page.links:
            target, fragment = target_of(link, path), urlsplit(link).fragment
            if target is None:
                continue
            there = target.is_file()
            if there and fragment and target in pages:
                there = unquote(fragment) in pages[target].anchors
            if not there:
                broken.append((path.name, link))
    return broken


def broken_in_styles(pages):
    """(style sheet, address) for each file that a page's styles name and that is not there."""
    sheets = {target_of(link, path) for path, page in pages.items() for link in page.links}
    waiting = {sheet for sheet in sheets if sheet and sheet.suffix == ".css"}
    broken, seen = [], set()
    while waiting:
        sheet = waiting.pop()
        seen.add(sheet)
        for link in URL.findall(sheet.read_text(encoding="utf-8")):
            target = target_of(link, sheet)
            if target is None or link.startswith("#"):
                continue
            if not target.is_file():
                broken.append((sheet.name, link))
            elif target.suffix == ".css" and target not in seen:
                waiting.add(target)
    return broken


def test_no_link_is_broken(pages):
    assert broken_links(pages) == []
    assert broken_in_styles(pages) == []


def test_a_broken_link_would_be_seen(tmp_path):
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    one.write_text('<a id="here" href="two.html#there"></a><a href="two.html#gone"></a>')
    two.write_text('<a id="there" href="one.html#here"></a><img src="none.png">')
    assert broken_links({p: Page(p) for p in (one, two)}) == [
        ("one.html", "two.html#gone"),
        ("two.html", "none.png"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '<img src="there.png" srcset="there.png 1x, gone.png 2x">',
        '<script src="gone.png"></script>',
        '<link rel="stylesheet" href="gone.png">',
        '<p style="background: url(gone.png)"></p>',
        "<style>p { background: url('gone.png') }</style>",
        '<meta http-equiv="refresh" content="0; url=gone.png">',
    ],
)
def test_a_missing_file_would_be_seen_wherever_it_is_named(tmp_path, text):
    page = tmp_path / "page.html"
    page.write_text(f'<a href="https://host.example/gone.png"></a>{text}')
    (tmp_path / "there.png").write_bytes(b"")
    assert broken_links({page: Page(page)}) == [("page.html", "gone.png")]


def test_a_missing_file_of_a_style_would_be_seen(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<link rel="stylesheet" href="one.css">')
    (tmp_path / "one.css").write_text("@import url(two.css); p { cursor: url(data:,x) }")
    (tmp_path / "two.css").write_text('@font-face { src: url("gone.woff") }')
    assert broken_in_styles({page: Page(page)}) == [("two.css", "gone.woff")]


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
