"""Nothing jumps where a reader scrolls by an interactive figure, or comes to it by a link."""

import pytest

from tests.site import shifts
from tests.site.browsing import loaded, set_screen, until
from tests.site.page_files import ROOT, chapters
from tools.browser import served

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

# Where a link leads into a page, the browser goes there before all above has its last height, and
# once more after: on a busy machine 0.053 was seen. What web vitals call good.
BY_LINK = 0.1
SIZES = {360: 800, 1280: 900}  # of screens, in pixels
MOVING = [
    page
    for page in chapters()
    if "bnlib.figures.interactive" in (ROOT / page).with_suffix(".md").read_text("utf-8")
]
# The figures of a page, and those of them that run.
STARTED = """
const count = (selector) => document.querySelectorAll(selector).length;
return [count(".interactive[data-figure]"), count(".interactive.moves .bn-live")];
"""
ANCHOR = "return document.querySelector('.interactive').closest('[id]').id"


@pytest.fixture(scope="module", params=SIZES)
def screen(request, browser):
    set_screen(browser, request.param, SIZES[request.param])
    with shifts.watched(browser):
        yield browser


def by_scrolling(browser, address):
    """(shift, figures, figures that run) once a page has been scrolled through."""
    browser.get("about:blank")  # where only the anchor differs, nothing would be loaded
    browser.get(address)
    shifts.scroll_through(browser)
    until(browser, lambda b: len(set(b.execute_script(STARTED))) == 1)
    return shifts.shift(browser), *browser.execute_script(STARTED)


def test_there_are_such_pages():
    assert len(MOVING) >= 8


@pytest.mark.parametrize("page", MOVING)
def test_nothing_jumps_while_a_reader_scrolls_by(screen, host, page):
    shift, figures, running = by_scrolling(screen, f"{host}/{page}")
    assert figures == running > 0
    assert shift <= shifts.LARGEST


@pytest.mark.parametrize("page", MOVING)
def test_nothing_jumps_where_a_link_leads_to_the_figure(screen, host, page):
    screen.get(f"{host}/{page}")
    anchor = screen.execute_script(
        "return document.querySelector('.interactive').closest('[id]').id"
    )
    screen.get("about:blank")
    screen.get(f"{host}/{page}#{anchor}")
    loaded(screen)
    until(screen, "return document.querySelector('.interactive.moves .bn-live')")
    assert shifts.shift(screen) <= BY_LINK
    top = "return document.getElementById(arguments[0]).getBoundingClientRect().top"
    assert 0 <= screen.execute_script(top, anchor) < SIZES[360] / 2


GROWS = """<!DOCTYPE html><meta name="viewport" content="width=device-width"><title>t</title>
<link rel="icon" href="data:,"><p style="height: 1500px">Before.</p><div id="late"></div>
<p style="height: 300px">After.</p><p style="height: 1500px">More.</p><script>
const inSight = ([{isIntersecting}]) => { if (isIntersecting) late.style.height = "400px"; };
new IntersectionObserver(inSight, {rootMargin: "-400px 0px 0px"}).observe(late);
</script>"""


def test_what_grows_in_sight_would_be_seen(screen, tmp_path):
    (tmp_path / "index.html").write_text(GROWS)
    with served(tmp_path) as address:
        shift, *_ = by_scrolling(screen, address)
    assert shift > shifts.LARGEST
