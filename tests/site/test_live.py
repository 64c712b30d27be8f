"""Live cells as a reader uses them, on the page of chapter 4."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.site.browsing import before_each_page, pale, phone, set_theme, sideways
from tests.site.live_page import LivePage

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

# Of chapter 4: defines a function; prints with it; draws a figure; the batch that both use.
BATCH, DEFINES, PRINTS, DRAWS = 1, 2, 3, 4


@pytest.fixture(scope="module")
def loaded(browser, address):
    """The page, for tests that leave it as it was."""
    return LivePage(browser, address)


@pytest.fixture
def page(loaded):
    """The page, opened anew, with nothing kept."""
    loaded.open()
    loaded.forget()
    return loaded.open()


def test_nothing_of_python_is_loaded_before_a_hand_comes_near(page):
    loaded = page.driver.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    live = {
        name.rpartition("/")[2].partition("?")[0]
        for name in loaded
        if "/live/" in name or "/vendor/pyodide" in name or "/vendor/editor" in name
    }
    # The style may have been put together with others.
    assert live - {"live.css"} == {"cells.js", "store.js"}


def test_the_road_of_a_reader(page):
    """Run a cell, edit one above it, see the figure change, reload, go back to the original."""
    before = page.output(PRINTS)
    assert page.run(PRINTS) == "Done, after 3 earlier cells that it needs."
    assert page.output(PRINTS).split() == before.split()

    assert page.run(DRAWS) == "Done."
    first = page.picture(DRAWS)
    text = page.driver.find_element("css selector", f".cell.live-{DRAWS} img").get_attribute("alt")
    assert first.startswith("data:image/png")
    assert text.startswith("Three dot plots")

    page.edit(BATCH, old="90.0", new="9000.0")
    assert page.says(BATCH) == "Edited; not run yet."
    page.run(BATCH)
    assert "older state" in page.output(DRAWS)
    assert "older state" in page.output(PRINTS)
    assert page.run(DRAWS) == "Done, after 1 earlier cell that it needs."
    assert page.picture(DRAWS) not in ("", first)
    assert "older state" not in page.output(DRAWS)
    caption = f".cell.live-{DRAWS} figcaption"
    assert page.driver.find_element("css selector", caption).is_displayed()

    page.open()
    page.until("return document.querySelector(arguments[0])", f".cell.live-{BATCH} textarea")
    assert "9000.0" in page.code(BATCH)
    assert "kept from before" in page.says(BATCH)
    page.press(None, "Back to the original")
    assert "9000.0" not in page.code(BATCH)
    kept = page.driver.execute_script("return Object.keys(localStorage)")
    assert not [key for key in kept if key.startswith("bn:")]
    page.open()
    assert not page.driver.find_elements("css selector", ".cell textarea")


def test_an_error_has_the_readers_line_and_no_other(page):
    page.edit(PRINTS, text="import numpy as np\n\nplain_batch_norm(np.zeros(3), 1, 2, 3, 4, 5)")
    assert page.run(PRINTS) == "TypeError."
    error = page.driver.find_element("css selector", f".cell.live-{PRINTS} .live-error").text
    assert "(line 3)" in error
    assert "takes from 3 to 4 positional arguments" in error
    assert "pyodide" not in error
    assert "session" not in error
    # The cells are not harmed.
    page.press(PRINTS, "Reset")
    assert page.run(PRINTS).startswith("Done")


def test_a_wrong_syntax_has_its_place_and_a_magic_its_reason(page):
    page.edit(PRINTS, text="x = 1\nif x\n    print(x)")
    assert page.run(PRINTS) == "SyntaxError."
    lines = page.output(PRINTS).splitlines()
    at = lines.index("if x")
    assert lines[at - 1 : at + 2] == ["this cell, line 2:", "if x", "    ^"]
    page.edit(PRINTS, text="%timeit 1")
    page.run(PRINTS)
    assert "works in Jupyter" in page.output(PRINTS)


def test_a_flood_is_cut_before_it_ends(page):
    page.edit(PRINTS, text="while True:\n    print('0123456789')")
    page.press(PRINTS, "Run")
    page.until(
        "return document.querySelector('.live-output')?.innerText.includes('rest is not shown')"
    )
    page.press(PRINTS, "Stop")
    page.ended(PRINTS)
    assert 20_000 <= len(page.output(PRINTS)) < 21_000


def test_an_error_above_is_said_to_be_above(page):
    page.edit(BATCH, text="x = 1 / 0")
    assert page.run(PRINTS) == "A cell above, which this one needs, ends in an error."
    assert "ZeroDivisionError" in page.output(PRINTS)


def test_warnings_are_shown(page):
    page.edit(PRINTS, text="import warnings\nwarnings.warn('mind the step')")
    page.run(PRINTS)
    assert "UserWarning in line 2: mind the step" in page.output(PRINTS)


def test_a_loop_without_end_is_stopped_and_the_next_run_starts_anew(page):
    page.run(DEFINES)
    page.edit(PRINTS, text="while True:\n    pass")
    page.press(PRINTS, "Run")
    page.until(
        "return document.querySelector(arguments[0]).textContent.startsWith('Running')",
        f".cell.live-{PRINTS} .live-status",
    )
    page.press(PRINTS, "Stop")
    assert "is gone" in page.ended(PRINTS)
    page.no_worker_is_left()
    page.press(PRINTS, "Reset")
    assert page.run(PRINTS) == "Done, after 3 earlier cells that it needs."


def test_one_cell_is_reset_with_its_output(page):
    before = page.output(PRINTS)
    page.edit(PRINTS, text="print('other')")
    page.edit(BATCH, old="90.0", new="91.0")
    page.run(PRINTS)
    assert page.output(PRINTS).split() == ["other"]
    page.press(PRINTS, "Reset")
    assert page.output(PRINTS).split()[-20:] == before.split()[-20:]
    assert "91.0" in page.code(BATCH)


def test_the_keyboard_is_enough_and_no_tab_is_trapped(page):
    driver = page.driver
    run = page.until(
        "return document.querySelector(arguments[0])", f".cell.live-{PRINTS} .live-bar button"
    )
    driver.execute_script("arguments[0].focus()", run)
    run.send_keys(Keys.TAB)
    edit = driver.switch_to.active_element
    assert edit.text == "Edit"
    edit.send_keys(Keys.ENTER)
    area = page.until("return document.activeElement.matches('textarea') && document.activeElement")
    area.send_keys(Keys.CONTROL, Keys.END)
    area.send_keys(Keys.ENTER, "print('typed')", Keys.SHIFT + Keys.ENTER)
    page.until("return document.querySelector('.live-output')?.innerText.includes('typed')")
    page.ended(PRINTS)
    # Tab indents; after Escape it leaves.
    area.send_keys(Keys.TAB)
    assert driver.switch_to.active_element == area
    assert area.get_attribute("value").endswith(" ")
    area.send_keys(Keys.ESCAPE)
    area.send_keys(Keys.TAB)
    assert driver.switch_to.active_element.text == "Run"
    hint = area.get_attribute("aria-describedby")
    assert "Escape, then Tab" in driver.find_element("id", hint).text


def test_what_changes_is_announced(page):
    page.run(DEFINES)
    lines = page.driver.find_elements("css selector", ".live-status")
    assert all(line.get_attribute("role") == "status" for line in lines)
    unnamed = page.driver.execute_script(
        """return [...document.querySelectorAll(".live-bar button, .live-page button")]
               .filter(b => !b.ariaLabel).length"""
    )
    assert unnamed == 0


def test_a_cell_that_needs_torch_says_so_and_where_to_run_it(browser, address):
    page = LivePage(browser, address, "book/08_why.html").open()
    why = browser.find_elements("css selector", ".cell.live-off .live-why")
    assert why
    assert all("PyTorch" in line.text for line in why)
    link = why[0].find_element("css selector", "a").get_attribute("href")
    path, _, anchor = link.partition("#")
    browser.get(path)
    page.until("return document.getElementById(arguments[0])", anchor)


def test_where_the_repository_is_known_such_a_cell_leads_to_binder(browser, address):
    launch = "https://binder.example/v2/gh/someone/course/main?urlpath=lab/tree/book/08_why.md"
    # Before the page's modules run.
    script = """document.addEventListener("readystatechange", () => {
      if (document.readyState === "interactive")
        document.querySelector(".live-page").dataset.binder = "%s";
    });"""
    with before_each_page(browser, script % launch):
        LivePage(browser, address, "book/08_why.html").open()
        why = browser.find_element("css selector", ".cell.live-off .live-why")
        links = why.find_elements("css selector", "a")
        assert why.text.endswith("run this chapter on Binder, or on your machine.")
        assert links[0].get_attribute("href") == launch
        assert links[1].get_attribute("href").endswith("00_start.html#sec-use")


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_fits_a_telephone(page, mode):
    driver = page.driver
    set_theme(driver, mode)
    with phone(driver):
        page.edit(
            PRINTS, text="x = 'a long line of code ' + 'that is wider than a telephone' * 4\n1/0"
        )
        page.run(PRINTS)
        wide = sideways(driver)
        small = driver.execute_script(
            """return [...document.querySelectorAll(".live-bar button")]
                   .filter(b => b.offsetHeight && b.offsetHeight < 24).length"""
        )
    assert wide <= 1
    assert small == 0


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_can_be_told_from_its_ground(page, mode):
    page.edit(PRINTS, text="# a comment\ndef f(a=1, b='s'):\n    raise ValueError(a)\nf()")
    page.run(PRINTS)
    page.edit(PRINTS, old="ValueError", new="KeyError")
    set_theme(page.driver, mode)
    texts = ".live-bar button, .live-status, .live-hint, .live-error p, .live-error li, .token"
    assert pale(page.driver, texts) == []


def test_an_edit_of_a_text_that_has_changed_is_offered_and_not_lost(page):
    page.driver.execute_script(
        """localStorage.setItem("bn:live:book/04_algorithm:3",
               JSON.stringify({ text: "print('mine')", original: "an older text" }));"""
    )
    page.open()
    offer = page.until("return document.querySelector('.live-lost summary')")
    assert "mine" not in page.code(PRINTS)
    offer.click()
    page.driver.find_element("css selector", ".live-lost button").click()
    page.until("return document.querySelector('.cell.live-3 textarea')?.value.includes('mine')")
    page.run(PRINTS)
    assert page.output(PRINTS).split() == ["mine"]
    page.open()
    assert page.until("return document.querySelector('.cell.live-3 textarea')")
    assert not page.driver.find_elements("css selector", ".live-lost")


def test_an_edit_follows_its_cell_to_another_place(page):
    page.driver.execute_script(
        """localStorage.setItem("bn:live:book/04_algorithm:17", JSON.stringify(
               { text: "print('moved')", original: arguments[0] }));""",
        page.code(PRINTS),
    )
    page.open()
    page.until("return document.querySelector('.cell.live-3 textarea')?.value.includes('moved')")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (
            "Storage.prototype.setItem = "
            "() => { throw new DOMException('', 'QuotaExceededError') }",
            "is full",
        ),
        (
            "Object.defineProperty(window, 'localStorage', "
            "{ get() { throw new DOMException('', 'SecurityError') } })",
            "no storage",
        ),
    ],
    ids=["full", "forbidden"],
)
def test_without_storage_cells_run_and_it_is_said(page, broken, why):
    driver = page.driver
    with before_each_page(driver, f"if (location.hash === '#broken') {{ {broken} }}"):
        driver.get("about:blank")
        driver.get(f"{page.address}/{page.page}#broken")
        page.until("return document.querySelector('.live-bar')")
        page.edit(PRINTS, text="print('still')")
        assert "This edit is not kept" in page.says(PRINTS)
        assert why in page.says(PRINTS)
        page.run(PRINTS)
        assert page.output(PRINTS).split() == ["still"]
