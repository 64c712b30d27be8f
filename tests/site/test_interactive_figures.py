"""Every interactive figure, in a browser: its room, its words, its keys, and what stays without."""

import contextlib

import pytest
from selenium.webdriver.support.ui import WebDriverWait

from tests.figures.interactive.test_base import FIGURES
from tests.site.interactive import ARROWS, Hands, set_screen, set_theme, shown

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

# The place is 312 pixels wide on a telephone of 360, and 656 on a screen of 1280.
WIDTHS = (*range(304, 760, 24), 312, 478, 482, 638, 642, 656)
SLACK = 50  # pixels of the room that a figure may leave empty


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    from tools.browser import opened

    with opened(tmp_path_factory.mktemp("profile"), offline=True) as found:
        yield found


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(shown(kind(), tmp_path_factory.mktemp(name)))
            for name, kind in FIGURES.items()
        }


@pytest.fixture(params=FIGURES)
def name(request):
    return request.param


@pytest.fixture
def hands(driver, addresses, name):
    return Hands(driver).open(addresses[name])


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
def test_nothing_jumps_when_it_starts(driver, addresses, name, width):
    set_screen(driver, width)
    watch = (
        "window.jumps = 0; new PerformanceObserver(list => {"
        "for (const e of list.getEntries()) window.jumps += e.value})"
        ".observe({type: 'layout-shift', buffered: true});"
    )
    script = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": watch})
    try:
        driver.get(addresses[name])
        Hands(driver).wait(".interactive.moves .bn-plot")
        driver.execute_async_script(
            "const done = arguments[0];"
            "requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)))"
        )
        assert driver.execute_script("return window.jumps") < 0.005
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
    finally:
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


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
    low = hands.driver.execute_script(
        """
        // Relative luminance and contrast as WCAG 2 defines them.
        const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
            .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const ground = (e) => {
            const c = getComputedStyle(e).backgroundColor;
            return /, 0\\)$/.test(c) && e.parentElement ? ground(e.parentElement) : c;
        };
        const under = (e) => e.classList.contains('in')
            ? getComputedStyle(document.querySelector('.cell.in')).fill : ground(e);
        const colour = (e) => getComputedStyle(e)[e.closest('svg') ? 'fill' : 'color'];
        const texts = [...document.querySelectorAll(
            '.bn-live :is(text, th, td, caption, label, output, legend, button, p)')];
        return texts.filter(e => e.textContent.trim()).map(e => {
            const pair = [colour(e), under(e)].map(light).sort((a, b) => b - a);
            return [e.textContent, (pair[0] + 0.05) / (pair[1] + 0.05)];
        }).filter(([, contrast]) => contrast < 4.5);
        """
    )
    assert low == []


def test_a_series_can_be_told_from_the_ground_in_both_themes(hands):
    for theme in ("light", "dark"):
        set_theme(hands.driver, theme)
        low = hands.driver.execute_script(
            """
            const light = (c) => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
            const paper = getComputedStyle(document.body).backgroundColor;
            const probe = document.createElement('i');
            document.querySelector('.bn-live').append(probe);
            const found = ['--bn-s0', '--bn-s1', '--bn-s2', '--bn-s3', '--bn-focus'].map(v => {
                probe.style.color = `var(${v})`;
                const both = [getComputedStyle(probe).color, paper];
                const pair = both.map(light).sort((a, b) => b - a);
                return [v, (pair[0] + 0.05) / (pair[1] + 0.05)];
            });
            probe.remove();
            return found.filter(([, contrast]) => contrast < 3);
            """
        )
        assert low == [], theme


def test_without_scripts_the_picture_is_there_and_takes_its_own_room(driver, addresses, name):
    set_screen(driver, 360)
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver.get(addresses[name])
        picture = driver.find_element("css selector", "img.bn-still")
        assert picture.is_displayed()
        assert picture.get_attribute("alt") == FIGURES[name].alt
        assert driver.find_elements("css selector", ".bn-live") == []
        after = driver.find_element("css selector", "#after")

        def settled(_):  # the style sheet may come a moment after the text
            box = picture.rect
            return box["width"] <= 328 and after.rect["y"] - box["y"] - box["height"] < 60

        WebDriverWait(driver, 10).until(settled)
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


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


def test_where_the_module_is_missing_the_picture_stays(driver, tmp_path):
    folder = tmp_path / "page"
    with shown(FIGURES["batch"](), folder) as address:
        (folder / "_static" / "figures" / "batch.js").unlink()
        set_screen(driver, 360)
        driver.get(address)
        Hands(driver).wait(".interactive[data-started=failed]")
        assert driver.find_element("css selector", "img.bn-still").is_displayed()
        assert driver.find_elements("css selector", ".interactive.moves, .bn-live") == []
        driver.get_log("browser")
