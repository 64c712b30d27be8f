"""Formulas are typeset when the site is built, by MathJax in V8, so that a page comes with them.

In the reader's browser a chapter's formulas would take a second of a telephone's time and move
the text around them. A formula is typeset once: a file beside the site keeps all. Where MathJax
cannot be had here, the pages keep the script that does it in the browser.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from tools.assets import fetch

STYLES = "_static/formulas.css"
KEPT = "formulas.json"
FONTS = "../vendor/mathjax/es5/output/chtml/fonts/woff-v2"
PARTS = (
    "loader",
    "core",
    "adaptors/liteDOM",
    "input/tex-full",
    "output/chtml",
    "output/chtml/fonts/tex",
    "a11y/assistive-mml",
)
FORMULA = re.compile(
    r'(<(span|div) class="math notranslate nohighlight"[^>]*>(?:<span class="eqno">.*?</span>)?)'
    r"\s*\\([(\[])(.*?)\\[)\]]\s*(</\2>)",
    re.DOTALL,
)
# Formulas of another form than Sphinx gives them.
LEFT = re.compile(r'class="[^"]*\bmath\b[^"]*"[^>]*>\s*\\(?:[(\[]|begin)')
SCRIPTS = re.compile(
    r"[ \t]*<script>window\.MathJax = [^<]*</script>\n"
    r"|[ \t]*<script\b[^>]*tex-chtml\.js[^>]*></script>\n"
)

# A letter may be a brace.
RULE = re.compile(r'[^{}]+\{(?:[^{}"]|"(?:[^"\\]|\\.)*")*\}')
LETTER = re.compile(r'\bclass="(mjx-c[0-9A-F][^"]*)"')
CLASS = re.compile(r"\.([A-Za-z][\w-]*)")
# What is done to make the sheet; another number makes it anew.
SHEET = 2

SETUP = """
const _ = MathJax._;
const adaptor = _.adaptors.liteAdaptor.liteAdaptor();
_.a11y["assistive-mml"].AssistiveMmlHandler(_.handlers.html_ts.RegisterHTMLHandler(adaptor));
const font = new _.output.chtml.fonts.tex_ts.TeXFont({fontURL: FONTS});
// All of the font's letters: what this build typesets is not all that the pages show.
const output = new _.output.chtml_ts.CHTML({font, adaptiveCSS: false});
const input = new _.input.tex_ts.TeX({packages: ["base", "ams", "newcommand"]});
const pages = _.mathjax.mathjax.document("", {InputJax: input, OutputJax: output});
const typeset = (tex, display) => adaptor.outerHTML(pages.convert(tex, {display}));
const styles = () => adaptor.textContent(output.styleSheet(pages));
"""


class Typesetter:
    """TeX to HTML. ``folder``: MathJax's files (asset ``typesetter``)."""

    def __init__(self, folder: Path):
        from py_mini_racer import MiniRacer

        self._v8 = MiniRacer()
        self._v8.eval(
            "var MathJax = {startup: {typeset: false}, loader: {load: []}};"
            f"var setTimeout = () => 0, FONTS = {json.dumps(FONTS)};"
        )
        for part in PARTS:
            self._v8.eval((folder / "es5" / f"{part}.js").read_text("utf-8") + "\n;0")
        self._v8.eval(SETUP + "0")

    def typeset(self, tex: str, display: bool) -> str:
        """The HTML of a formula, with MathML for a screen reader.

        Raises:
            ValueError: this is not TeX.
        """
        typeset = self._v8.eval(f"typeset({json.dumps(tex)}, {json.dumps(display)})")
        wrong = re.search(r'data-mjx-error="([^"]*)"', typeset)
        if wrong:
            raise ValueError(f"a formula: {html.unescape(wrong[1])} In: {tex}")
        return typeset

    def styles(self, formulas: Iterable[str]) -> str:
        """The style sheet of these formulas; its addresses are relative to ``_static``."""
        shown = {value for formula in formulas for value in LETTER.findall(formula)}
        return with_letters(self._v8.eval("styles()"), shown)


def with_letters(css: str, shown: set[str]) -> str:
    """A style sheet without the rules of letters that are not shown.

    shown: values of ``class`` of letters, such as "mjx-c1D465 TEX-I".
    """
    there = [set(value.split()) for value in shown]

    def kept(rule: re.Match) -> str:
        classes = set(CLASS.findall(rule[0].partition("{")[0]))
        is_letter = any(name.startswith("mjx-c") for name in classes)
        return rule[0] if not is_letter or any(classes <= one for one in there) else ""

    return RULE.sub(kept, css)


class Formulas:
    """The formulas of a site, kept from build to build in ``KEPT``, beside the site's folder."""

    def __init__(self, site: Path, folder: Path | None):
        """``folder``: the asset ``typesetter``, or None where it cannot be had."""
        self._site, self._folder = site, folder
        self._file = site.parent / KEPT
        self._kept: dict[str, str] = {}
        sheet = SHEET
        if self._file.is_file():
            kept = json.loads(self._file.read_text("utf-8"))
            if folder is None or kept.get("of") == folder.name:
                self._kept, sheet = kept["formulas"], kept.get("sheet")
        self._new = folder is not None and bool(self._kept) and sheet != SHEET

    @cached_property
    def _typesetter(self) -> Typesetter:
        return Typesetter(self._folder)

    def __call__(self, page: str, path: Path) -> str:
        """The page with its formulas typeset, and without the script that would do it."""
        if self._folder is None or not FORMULA.search(page):
            return page

        def typeset(match: re.Match) -> str:
            opening, kind, _, tex, closing = match.groups()
            return opening + self._one(html.unescape(tex).strip(), kind == "div") + closing

        page = FORMULA.sub(typeset, page)
        link = f'<link rel="stylesheet" href="{self._root(path)}{STYLES}" />\n'
        title = page.index("<title>")
        page = page[:title] + link + page[title:]
        return page if LEFT.search(page) else SCRIPTS.sub("", page)

    def _root(self, path: Path) -> str:
        return "../" * (len(path.relative_to(self._site).parts) - 1)

    def _one(self, tex: str, display: bool) -> str:
        key = f"{'display' if display else 'inline'} {tex}"
        if key not in self._kept:
            self._kept[key] = self._typesetter.typeset(tex, display)
            self._new = True
        return self._kept[key]

    def keep(self) -> None:
        """Write what was typeset, and the style sheet where it is not there."""
        if self._folder is None or not self._kept:
            return
        styles = self._site.parent / "formulas.css"
        if self._new or not styles.is_file():
            styles.write_text(self._typesetter.styles(self._kept.values()), "utf-8")
            kept = {"of": self._folder.name, "sheet": SHEET, "formulas": self._kept}
            self._file.write_text(json.dumps(kept, ensure_ascii=False), "utf-8")
        target = self._site / STYLES
        if not target.is_file() or target.read_bytes() != styles.read_bytes():
            target.write_bytes(styles.read_bytes())


def formulas(site: Path, say=print) -> Formulas:
    """What typesets the formulas of a site, if MathJax and V8 can be had."""
    try:
        import py_mini_racer  # noqa: F401
    except ImportError:
        say("mini-racer is missing: formulas are typeset in the reader's browser")
        return Formulas(site, None)
    return Formulas(site, fetch("typesetter", say=say))
