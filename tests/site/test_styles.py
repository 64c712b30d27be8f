"""The one style sheet gives every element the look that the sheets it is made of give."""

import os
import re
import shutil

import pytest

from tests.site.browsing import settle

pytestmark = pytest.mark.needs_system("chromium", "chromedriver")

PAGES = ("book/04_algorithm.html", "book/api/library.html", "exercises/04_algorithm.html")

# The computed style of each element and of what stands before and after it, as one number each;
# also in states that scripts bring about.
LOOK = """
const [theme, states] = arguments;
document.documentElement.dataset.theme = theme;
if (states) {
  for (const e of document.querySelectorAll("details, dialog")) e.open = true;
  document.body.classList.add("scrolled");
  for (const e of document.querySelectorAll(".dropdown-menu, .bd-sidebar-primary li"))
    e.classList.add("show", "active");
}
const names = ["display", "position", "color", "backgroundColor", "fontFamily", "fontSize",
  "fontWeight", "lineHeight", "margin", "padding", "border", "borderRadius", "width", "maxWidth",
  "height", "overflow", "textAlign", "textDecoration", "visibility", "opacity", "zIndex", "flex",
  "gap", "listStyle", "whiteSpace", "content", "verticalAlign", "boxShadow", "transform", "cursor"];
const look = (e, part) => {
  const style = getComputedStyle(e, part);
  return names.map((name) => style[name]).join("|");
};
return [...document.querySelectorAll("body *:not(script)")].map(e => [
  `${e.tagName} ${e.className}`.slice(0, 80),
  [null, "::before", "::after"].map(part => look(e, part)).join("||")]);
"""
# Puts the sheets of which it is made in the place of the one sheet; resolves when all are there.
APART = """
const done = arguments[0];
const one = document.querySelector("link[data-of]");
const folder = one.href.replace(/site\\.css.*/, "");
Promise.all(one.dataset.of.split(" ").map((name) => new Promise((resolve, reject) => {
  const link = document.createElement("link");
  Object.assign(link, {rel: "stylesheet", href: folder + name});
  link.onload = resolve; link.onerror = () => reject(new Error(name));
  one.before(link);
}))).then(() => { one.remove(); done("") }, error => done(String(error)));
"""


def different(browser, address):
    """The elements that look otherwise with the sheets apart, in both themes and in states."""
    views = [(theme, states) for states in (False, True) for theme in ("light", "dark")]
    browser.get(address)
    settle(browser)
    together = [browser.execute_script(LOOK, *view) for view in views]
    browser.get(address)
    settle(browser)
    assert browser.execute_async_script(APART) == ""
    apart = [browser.execute_script(LOOK, *view) for view in views]
    assert [len(look) for look in together] == [len(look) for look in apart]
    assert len(together[0]) > 100
    return [
        (view, one, other)
        for view, looks, others in zip(views, together, apart, strict=True)
        for one, other in zip(looks, others, strict=True)
        if one != other
    ]


@pytest.mark.parametrize("page", PAGES)
def test_an_element_looks_as_with_the_sheets_apart(browser, host, page):
    assert different(browser, f"{host}/{page}")[:3] == []


def test_a_rule_that_is_missing_would_be_seen(browser, site, tmp_path):
    from tools.static_host import hosted

    page = "exercises/04_algorithm.html"
    shutil.copytree(
        site,
        tmp_path / "site",
        copy_function=os.link,
        ignore=shutil.ignore_patterns("lite", "pyodide", "_images", "_sources"),
    )
    sheet = tmp_path / "site" / "_static" / "site.css"
    text = sheet.read_text("utf-8")
    sheet.unlink()
    cut = re.sub(r"\.bd-sidebar-primary\{[^}]*\}", "", text)
    assert cut != text
    sheet.write_text(cut, "utf-8")
    with hosted(tmp_path / "site") as host:
        assert different(browser, f"{host}/{page}")
