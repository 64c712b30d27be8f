"""Every interactive figure, in a browser: its room, its words, its keys, and what stays without."""

import pytest

from tests.figures.interactive.test_base import FIGURES as KINDS
from tests.site import shifts
from tests.site.browsing import CONTRAST, pale, set_screen, set_theme, sideways, until
from tests.site.interactive import ARROWS, Hands, shown

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

FIGURES = {name: kind() for name, kind in KINDS.items()}
# The place is 312 pixels wide on a telephone of 360, and 656 on a screen of 1280.
WIDTHS = (*range(304, 760, 24), 312, 478, 482, 638, 642, 656)
SLACK = 50  # pixels of the room that a figure may leave empty


@pytest.fixture(params=FIGURES)
def name(request):
    return request.param


@pytest.fixture
def hands(opened, name):
    return opened(name)


def measured(hands, width):
    """(height, room) in a place of this width."""
    hands.driver.execute_async_script(
        """
        const done = arguments[1];
        document.querySelector('main').style.width = `${arguments[0]}px`;
        requestAnimationFrame(() => requestAnimationFrame(done));  // ResizeObserver has spoken
        """,
        width,
    )
    return hands.heights()


def test_the_room_is_what_it_needs_at_every_width(hands):
    sizes = {width: measured(hands, width) for width in WIDTHS}
    assert {w: s for w, s in sizes.items() if not s[0] - 1 <= s[1]} == {}
    assert {w: s for w, s in sizes.items() if w in (312, 656) and s[1] > s[0] + SLACK} == {}


def test_nothing_reaches_beyond_a_narrow_place(hands):
    for width in (304, 312, 480):
        measured(hands, width)
        beyond = hands.driver.execute_script(
            """
            const edge = document.querySelector('.bn-live').getBoundingClientRect();
            const parts = '.bn-live :is(td, th, text, label, output, button)';
            return [...document.querySelectorAll(parts)].map(e => [e, e.getBoundingClientRect()])
                .filter(([, box]) => box.right > edge.right + 2 || box.left < edge.left - 2)
                .map(([e]) => e.textContent);
            """
        )
        assert beyond == [], width


def test_its_height_does_not_depend_on_what_is_chosen(hands):
    for width in (312, 656):
        before = measured(hands, width)[0]
        for way in ("min", "max"):
            hands.driver.execute_script(
                """
                for (const input of document.querySelectorAll('.bn-live input[type=range]')) {
                    input.value = input[arguments[0]];
                    input.dispatchEvent(new Event('input', {bubbles: true}));
                }
                """,
                way,
            )
            assert abs(measured(hands, width)[0] - before) <= 1, (width, way)
        for choice in hands.driver.find_elements("css selector", ".bn-live [type=radio]"):
            hands.driver.execute_script("arguments[0].click()", choice)
            assert abs(measured(hands, width)[0] - before) <= 1, choice.get_attribute("value")


@pytest.mark.parametrize("width", [360, 700, 1280])
def test_nothing_jumps_when_it_starts(browser, figure_pages, name, width):
    set_screen(browser, width)
    with shifts.watched(browser):
        browser.get(figure_pages[name])
        Hands(browser).wait(".interactive.moves .bn-plot")
        assert shifts.shift(browser) < 0.005
    assert sideways(browser) <= 0


def test_it_starts_without_a_word_of_error(hands):
    assert [e for e in hands.driver.get_log("browser") if e["level"] == "SEVERE"] == []


def test_every_control_answers_to_the_keyboard_and_reset_brings_all_back(hands):
    def picture():
        return hands.driver.execute_script(
            "return document.querySelector('.bn-stage').innerHTML +"
            " document.querySelector('.bn-readout').innerHTML"
        )

    first = picture()
    controls = hands.driver.find_elements("css selector", ".bn-live :is([role=slider], input)")
    assert controls
    for control in controls:
        if control.get_attribute("type") == "radio" and control.is_selected():
            continue
        before = picture()
        if control.get_attribute("type") in ("radio", "checkbox"):
            hands.press(control, " ")
        else:
            hands.press(control, ARROWS["right"])
            if picture() == before:  # at the end of its way
                hands.press(control, ARROWS["left"])
        assert picture() != before, control.get_attribute("outerHTML")
        assert hands.driver.switch_to.active_element == control
    buttons = hands.driver.find_elements("css selector", ".bn-live .bn-button")
    (reset,) = (b for b in buttons if b.text.startswith("Reset"))
    hands.press(reset, "\n")
    unfocused = hands.driver.execute_script("document.activeElement.blur()")
    assert unfocused is None
    assert picture() == first


def test_what_can_be_reached_has_a_name_and_a_value_in_words(hands):
    assert (
        hands.driver.execute_script(
            """
        const name = e => e.getAttribute('aria-label') || [...(e.labels ?? [])].map(
            l => l.textContent).join() || e.textContent;
        return [...document.querySelectorAll('.bn-live :is([tabindex], input, button)')].filter(
            e => name(e).trim().length < 1).map(e => e.outerHTML)
        """
        )
        == []
    )
    for slider in hands.driver.find_elements("css selector", ".bn-live [role=slider]"):
        assert len(slider.get_attribute("aria-valuetext")) > 1
        assert slider.get_attribute("aria-valuenow") not in (None, "", "NaN")


def test_moving_a_point_is_said(hands):
    points = hands.driver.find_elements("css selector", ".bn-live [role=slider]")
    for point in points[:1]:
        hands.press(point, ARROWS["up"], ARROWS["left"])
        assert any(c.isalpha() for c in hands.said())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_told_from_its_ground(hands, theme):
    set_theme(hands.driver, theme)
    texts = "text, th, td, caption, label, output, legend, button, p"
    assert pale(hands.driver, f".bn-live :is({texts})") == []


def test_a_series_can_be_told_from_the_ground_in_both_themes(hands):
    for theme in ("light", "dark"):
        set_theme(hands.driver, theme)
        low = hands.driver.execute_script(
            CONTRAST
            + """
            const paper = getComputedStyle(document.body).backgroundColor;
            const probe = document.createElement('i');
            document.querySelector('.bn-live').append(probe);
            const found = ['--bn-s0', '--bn-s1', '--bn-s2', '--bn-s3', '--bn-focus'].map(v => {
                probe.style.color = `var(${v})`;
                return [v, contrast(getComputedStyle(probe).color, paper)];
            });
            probe.remove();
            return found.filter(([, found]) => found < 3);
            """
        )
        assert low == [], theme


def test_without_scripts_the_picture_is_there_and_takes_its_own_room(browser, figure_pages, name):
    set_screen(browser, 360)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(figure_pages[name])
        picture = browser.find_element("css selector", "img.bn-still")
        assert picture.is_displayed()
        assert picture.get_attribute("alt") == FIGURES[name].alt
        assert browser.find_elements("css selector", ".bn-live") == []
        after = browser.find_element("css selector", "#after")

        def settled(_):  # the style sheet may come a moment after the text
            box = picture.rect
            return box["width"] <= 328 and after.rect["y"] - box["y"] - box["height"] < 60

        until(browser, settled)
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_in_print_the_picture_is_shown(hands):
    assert not hands.driver.find_element("css selector", "img.bn-still").is_displayed()
    hands.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert hands.driver.find_element("css selector", "img.bn-still").is_displayed()
        assert not hands.driver.find_element("css selector", ".bn-live").is_displayed()
        loaded = hands.driver.execute_script(
            "const p = document.querySelector('img.bn-still'); return p.complete && p.naturalWidth"
        )
        assert loaded > 300
    finally:
        hands.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


@pytest.mark.parametrize("module", [None, "export default { render() { throw Error('no'); } }"])
def test_where_the_module_is_missing_or_fails_the_picture_stays(browser, tmp_path, module):
    folder = tmp_path / "page"
    with shown(FIGURES["batch"], folder) as address:
        path = folder / "_static" / "figures" / "batch.js"
        path.unlink() if module is None else path.write_text(module)
        set_screen(browser, 360)
        browser.get(address)
        Hands(browser).wait(".interactive[data-started=failed]")
        assert browser.find_element("css selector", "img.bn-still").is_displayed()
        assert browser.find_elements("css selector", ".interactive.moves, .bn-live") == []
        assert browser.find_elements("css selector", ".bn-room > div") == []
        browser.get_log("browser")
