"""The quizzes of the built book, in a browser that reaches no other machine."""

import json
import re
from pathlib import Path

import pytest

from tests.site.browsing import pale, phone, set_theme

BOOK = Path(__file__).resolve().parents[2] / "book"
NAME = "04_algorithm"

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")


@pytest.fixture
def page(browser, address):
    browser.get(f"{address}/book/{NAME}.html")
    return browser


@pytest.fixture(scope="module")
def questions():
    # Without numeric questions, whose answers are shown in another order than written.
    return json.loads((BOOK / "quizzes" / f"{NAME}.json").read_text("utf-8"))


def answers_of(page, number):
    return page.find_elements("css selector", f".quiz fieldset:nth-of-type({number}) details")


def feedback_of(answer):
    return answer.find_element("css selector", "p")


def words(text):
    """The words of a text, without its formulas."""
    return re.findall(r"[a-z]{2,}", re.sub(r"\$[^$]*\$", "", text).lower())


def test_five_questions_and_no_feedback_before_a_click(page, questions):
    assert len(page.find_elements("css selector", ".quiz legend")) == len(questions) == 5
    assert not any(p.is_displayed() for p in page.find_elements("css selector", ".quiz details p"))


def test_a_click_shows_what_belongs_to_that_answer_and_nothing_else(page, questions):
    for number, question in enumerate(questions, 1):
        parts = answers_of(page, number)
        for answer, part in zip(question["answers"], parts, strict=True):
            before = [feedback_of(p).is_displayed() for p in parts]
            part.find_element("css selector", "summary").click()
            after = [feedback_of(p).is_displayed() for p in parts]
            assert [p for p, b, a in zip(parts, before, after, strict=True) if a != b] == [part]
            shown = feedback_of(part).text.lstrip("✓✗\xa0 ")
            assert shown.startswith("Right." if answer["correct"] else "Not this one.")
            assert set(words(answer["feedback"])) <= set(words(shown))


def test_the_keyboard_is_enough_and_what_opens_is_announced(page):
    from selenium.webdriver.common.keys import Keys

    first, second, *_ = answers_of(page, 1)
    first.find_element("css selector", "summary").send_keys(Keys.TAB)
    chosen = page.switch_to.active_element
    assert chosen == second.find_element("css selector", "summary")
    chosen.send_keys(Keys.ENTER)
    assert feedback_of(second).is_displayed()
    assert not feedback_of(first).is_displayed()
    spoken = page.find_element("css selector", ".quiz [role=status].spoken")
    assert spoken.get_attribute("textContent") == feedback_of(second).get_attribute("textContent")


def test_the_first_try_counts(page, questions):
    score = page.find_element("css selector", ".quiz [role=status].score")
    assert score.text == ""
    for number, question in enumerate(questions, 1):
        # In the first question a wrong answer before the right one, in the others the right one.
        order = sorted(
            range(len(question["answers"])),
            reverse=number > 1,
            key=lambda i, q=question: q["answers"][i]["correct"],
        )
        for place in order[: 2 if number == 1 else 1]:
            answers_of(page, number)[place].find_element("css selector", "summary").click()
    assert score.text == "At the first try: 4 of 5 right."


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_of_the_quiz_can_be_told_from_its_ground(page, mode):
    set_theme(page, mode)
    for answer in answers_of(page, 1):
        answer.find_element("css selector", "summary").click()
    assert pale(page, ".quiz :is(legend, summary, p, strong, code)") == []


def test_it_fits_a_telephone(page):
    with phone(page):
        for answer in page.find_elements("css selector", ".quiz details"):
            page.execute_script("arguments[0].open = true", answer)
        wide = page.execute_script(
            """
            const parts = document.querySelectorAll(
                ".quiz :is(fieldset, legend, summary, details p)");
            return [...parts].filter(e => e.getBoundingClientRect().right > 361
                || e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 60));
            """
        )
    assert wide == []
