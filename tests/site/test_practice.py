"""A reader does exercises on a page: writes, is told the mistake, passes, comes back, stops."""

import json

import pytest
from browser import pages
from browser.practising import DEVIATION, FOREVER, VARIANCE, Reader
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.site.browsing import before_each_page, phone, set_theme, sideways
from tools.site.practice_model import page

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

EXERCISE = "standardize_batch"


@pytest.fixture
def reader(browser, address):
    return Reader(browser, address).anew()


def test_a_wrong_answer_is_told_its_mistake_and_the_right_one_stays_passed(reader):
    assert reader.state(EXERCISE) == "Open (6 points)"
    reader.write(EXERCISE, VARIANCE)
    assert reader.state(EXERCISE) == "Started, not checked (6 points)"
    said = reader.check(EXERCISE)
    assert "You divide by the variance." in said
    assert "Not yet: 0 of 6 points" in said
    links = reader.place(EXERCISE).find_elements(By.CSS_SELECTOR, ".practice-rows a")
    assert links
    assert "/book/04_algorithm.html#sec-" in links[0].get_attribute("href")
    spoken = reader.place(EXERCISE).find_element(By.CSS_SELECTOR, "[role=status]")
    assert "You divide by the variance." in spoken.get_attribute("textContent")

    reader.write(EXERCISE, DEVIATION)
    assert "Changed since its check" in reader.state(EXERCISE)
    assert "Passed: 6 of 6 points" in reader.check(EXERCISE)
    assert reader.stored()["verdicts"][EXERCISE]["points"] == 6

    reader.open()
    assert reader.state(EXERCISE) == "Passed: 6 of 6 points"
    assert "np.sqrt(centred.var" in reader.one("#cell-c86dc4fb").text
    assert "6 of 30 points; 1 of 5 exercises passed." in reader.one(".practice-sum").text


def test_a_reset_can_be_taken_back(reader):
    place = reader.place(EXERCISE)
    assert not reader.button("Reset", place).is_enabled()
    reader.write(EXERCISE, VARIANCE)
    reader.press("Reset", place)
    assert "NotImplementedError" in reader.field(EXERCISE).get_attribute("value")
    reader.press("Undo", place)
    assert reader.field(EXERCISE).get_attribute("value") == VARIANCE


def test_a_loop_that_does_not_end_is_stopped_and_the_answer_stays(reader):
    reader.write(EXERCISE, FOREVER)
    place = reader.place(EXERCISE)
    reader.press("Check", place)
    reader.until(lambda d: "Checking" in place.text)
    reader.press("Stop", place)
    reader.until(lambda d: place.find_element(By.CSS_SELECTOR, ".practice-main").is_enabled())
    assert "Stopped." in place.text
    assert reader.field(EXERCISE).get_attribute("value") == FOREVER
    reader.write(EXERCISE, DEVIATION)
    assert "Passed: 6 of 6 points" in reader.check(EXERCISE)


def test_check_all_is_stopped_and_keeps_what_was_judged(reader):
    solved = pages.solutions("04_algorithm")
    reader.write(EXERCISE, solved[EXERCISE])
    endless = "def batchnorm_forward_spatial(x, gamma, beta, eps):\n    while True: pass\n"
    reader.write("batchnorm_forward_spatial", endless)
    desk = reader.one(".practice-desk")
    reader.press("Check all", desk)
    reader.until(lambda d: "batchnorm_forward_spatial, 3 of 5" in reader.line)
    reader.press("Stop", desk)
    reader.until(lambda d: reader.line.startswith("Stopped"))
    assert reader.line.startswith("Stopped: 2 of 5 exercises were checked.")
    assert reader.state(EXERCISE) == "Passed: 6 of 6 points"
    assert "Stopped." in reader.place("batchnorm_forward_spatial").text
    assert reader.button("Check all", desk).is_enabled()


def test_check_all_judges_every_answer(reader):
    record = {"format": 1, "sources": pages.solutions("04_algorithm"), "verdicts": {}}
    keep(reader, "bn:practice:04_algorithm", json.dumps(record))
    reader.open()
    reader.press("Check all", reader.one(".practice-desk"))
    reader.until(lambda d: "exercises were checked" in reader.line)
    assert reader.line == (
        "All 5 exercises were checked. 30 of 30 points; 5 of 5 exercises passed."
    )


def keep(reader, key, text):
    reader.driver.execute_script("localStorage.setItem(arguments[0], arguments[1])", key, text)


def test_a_pass_under_older_checks_is_shown_as_one(reader):
    verdict = {"status": "passed", "points": 6, "possible": 6, "version": "older", "of": ""}
    record = {"format": 1, "sources": {EXERCISE: DEVIATION}, "verdicts": {EXERCISE: verdict}}
    keep(reader, "bn:practice:04_algorithm", json.dumps(record))
    reader.open()
    assert reader.state(EXERCISE) == "Passed under older checks (6 of 6): check again"
    assert reader.one(".practice-sum").text.startswith("0 of 30 points")
    assert "Passed: 6 of 6 points" in reader.check(EXERCISE)


def test_a_figure_is_drawn_by_the_readers_function_and_again_when_a_control_moves(reader):
    solved = pages.solutions("04_algorithm")
    reader.write("batchnorm_forward", solved["batchnorm_forward"])
    place = reader.one(".practice-place[data-cell='6ce07857']")
    reader.press("Run", place)
    (picture,) = reader.until(lambda d: place.find_elements(By.CSS_SELECTOR, "img"))
    assert "Two histograms" in picture.get_attribute("alt")
    before = picture.get_attribute("src")
    slider = place.find_element(By.CSS_SELECTOR, "input[type=range]")
    slider.send_keys(Keys.ARROW_RIGHT)
    reader.until(lambda d: picture.get_attribute("src") != before)
    assert slider.get_attribute("aria-valuetext") == "1.25"


def test_an_error_is_shown_as_in_a_chapter(reader):
    reader.write(EXERCISE, "print('before')\ndef standardize_batch(x, eps)\n    return x\n")
    said = reader.check(EXERCISE)
    assert "The cell raised an error. SyntaxError: expected ':'" in said
    (frame,) = reader.place(EXERCISE).find_elements(By.CSS_SELECTOR, ".live-error li")
    source = "def standardize_batch(x, eps)"
    assert frame.text.splitlines() == ["this cell, line 2:", source, f"{' ' * len(source)}^"]


def test_a_cell_shows_its_text_its_figure_and_its_error_with_the_way_to_it(reader):
    solved = pages.solutions("04_algorithm")
    reader.write("batchnorm_forward", solved["batchnorm_forward"])
    place = reader.one(".practice-place[data-cell='6ce07857']")
    reader.write_in(
        place,
        "import matplotlib.pyplot as plt\nprint('mine')\nplt.subplots(figsize=(2, 1))\n"
        "batchnorm_forward(1, 2, 3, 4)",
    )
    reader.press("Run", place)
    reader.until(lambda d: "AttributeError." in place.text)
    output = place.find_element(By.CSS_SELECTOR, ".live-output")
    kinds = ["stream", "png", "error"]
    marks = {"stream": "stream", "png": "IMG", "error": "live-error"}
    drawn = output.find_elements(By.CSS_SELECTOR, ":scope > *")
    assert len(drawn) == len(kinds)
    for kind, element in zip(kinds, drawn, strict=True):
        assert marks[kind] in f"{element.tag_name.upper()} {element.get_attribute('class')}", kind
    lines = [line.text for line in drawn[-1].find_elements(By.CSS_SELECTOR, "li")]
    assert lines[0] == "this cell, line 4: batchnorm_forward(1, 2, 3, 4)"
    assert lines[1].startswith("the cell of batchnorm_forward, line ")
    assert ", in batchnorm_forward: " in lines[1]


def test_an_exercise_that_needs_torch_says_where_it_can_be_done(reader):
    reader.open("exercises/05_backward.html")
    place = reader.place("BatchNormFunction")
    assert "needs torch, which does not run in a browser" in place.text
    assert "00_start.html" in place.find_element(By.CSS_SELECTOR, "a").get_attribute("href")


def test_it_is_all_done_with_the_keyboard(reader):
    place = reader.place(EXERCISE)
    edit = reader.button("Edit", place)
    reader.driver.execute_script("arguments[0].focus()", edit)
    edit.send_keys(Keys.ENTER)
    reader.until(lambda d: d.switch_to.active_element.tag_name == "textarea")
    field = reader.driver.switch_to.active_element
    field.send_keys(Keys.CONTROL, "a")
    reader.driver.execute_cdp_cmd("Input.insertText", {"text": DEVIATION})
    field.send_keys(Keys.CONTROL, Keys.ENTER)
    reader.until(lambda d: "Passed: 6 of 6" in place.text)
    # And out of the field again.
    field.send_keys(Keys.ESCAPE)
    field.send_keys(Keys.TAB)
    assert reader.driver.switch_to.active_element.tag_name == "button"


# ---------------------------------------------------------------- where keeping fails


REFUSE = """
Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError"); };
"""
NONE = """
Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no", "SecurityError"); },
});
"""


@pytest.mark.parametrize(("script", "why"), [(REFUSE, "is full"), (NONE, "no storage")])
def test_storage_that_fails_is_said_and_the_page_works_on(reader, script, why):
    with before_each_page(reader.driver, script):
        try:
            reader.open()
            warning = reader.one(".practice-warning[role=alert]")
            # Where nothing can be kept at all it is said before anything is written.
            assert warning.is_displayed() is (script == NONE)
            reader.write(EXERCISE, DEVIATION)
            assert "Passed: 6 of 6 points" in reader.check(EXERCISE)
            assert warning.is_displayed()
            assert "What you write is not kept" in warning.text
            assert why in warning.text
            assert reader.field(EXERCISE).get_attribute("value") == DEVIATION
            assert "6 of 30 points" in reader.one(".practice-sum").text
        finally:
            leave(reader)


def leave(reader):
    """Away from a page that would ask whether what is not kept may be lost."""
    reader.driver.execute_script(
        "addEventListener('beforeunload', (e) => e.stopImmediatePropagation(), {capture: true})"
    )
    reader.driver.get("about:blank")


def test_a_record_that_cannot_be_read_is_put_aside(reader):
    keep(reader, "bn:practice:04_algorithm", "{broken")
    reader.open()
    assert "cannot be read" in reader.one(".practice-warning").text
    reader.write(EXERCISE, DEVIATION)
    reader.check(EXERCISE)
    aside = "return localStorage.getItem('bn:practice:04_algorithm:unreadable')"
    assert reader.driver.execute_script(aside) == "{broken"
    assert reader.stored()["sources"] == {EXERCISE: DEVIATION}


# ---------------------------------------------------------------- pages


def test_the_sources_on_a_page_are_those_of_its_notebook(reader):
    script = """
        return [...document.querySelectorAll('[id^="cell-"] .cell_input pre')].map(
            (pre) => [pre.closest('[id^="cell-"]').id, pre.textContent.replace(/\\n$/, "")]);
    """
    for notebook in sorted(pages.ROOT.glob("exercises/*.ipynb")):
        reader.open(f"exercises/{notebook.stem}.html")
        shown = dict(reader.driver.execute_script(script))
        assert shown == {f"cell-{c.id}": c.source for c in page(notebook).cells}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_a_telephone(reader, theme):
    with phone(reader.driver):
        set_theme(reader.driver, theme)
        reader.write(EXERCISE, VARIANCE)
        reader.check(EXERCISE)
        wide = """
            return [...document.querySelectorAll('.practice-place *, .practice-desk *')].filter(
                (e) => !e.closest('pre, textarea, [class*=editor]')
                    && e.getBoundingClientRect().right > 361).map((e) => e.outerHTML.slice(0, 80));
        """
        assert reader.driver.execute_script(wide) == []
        small = """
            return [...document.querySelectorAll('.practice-place button, .practice-desk button')]
                .filter((e) => e.offsetParent && e.offsetHeight < 24).map((e) => e.textContent);
        """
        assert reader.driver.execute_script(small) == []
        assert sideways(reader.driver) <= 1
