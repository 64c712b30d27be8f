"""All pages of the site as one HTML document, made for paper.

What belongs to a screen goes: buttons, links to a page's own headings, what scripts fill in. What
is folded is printed: hints at the end of their exercises and the answers of a quiz at the end of
its chapter, so that a reader is not told before asking.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

from tools.pdf.contents import Page, key

STYLE = Path(__file__).with_name("book.css")
# What has no place on paper.
SCREEN = (
    "script, style, noscript, button, .headerlink, .d-print-none, .prev-next-area, .lite-link, "
    ".practice-desk, .practice-tools, .practice-place, .live-tools, [hidden]"
)
HEADINGS = ("h1", "h2")


class Assembled:
    """The document, and what the contents and the bookmarks are made of.

    Attributes:
        html: the document as text.
        outline: (level, title, id) of each part, page and section; parts are at level 0, their
            pages at 1 (the first page, which is in no part, at 0), sections at 2.
    """

    def __init__(self, site: Path, chapters: list[Page], title: str, author: str, licence: str):
        self._site, self._names = site, {page.name for page in chapters}
        self.outline: list[tuple[int, str, str]] = []
        self._styles: dict[str, None] = {}  # of all pages, in the order of their first mention
        articles, part = [], ""
        for page in chapters:
            if page.part != part:
                part = page.part
                name = f"part-{part.lower().replace(' ', '-')}"
                self.outline.append((0, part, name))
                articles.append(_part(part, name))
            articles.append(self._chapter(page))
        _drop_dead_links(articles)
        front = _front(title, author, licence) + self._contents()
        body = front + "\n".join(map(str, articles))
        self.html = _document(title, self._styles, body)

    def _chapter(self, page: Page) -> Tag:
        text = (self._site / f"{page.name}.html").read_text("utf-8")
        soup = BeautifulSoup(text, "html.parser")
        self._note_styles(soup, page.name)
        article = soup.find("article")
        for element in article.select(SCREEN):
            if not element.decomposed:
                element.decompose()
        _answers_last(soup, article)
        _hints_last(soup, article)
        for picture in article.find_all("img"):
            picture.attrs.pop("loading", None)
        self._readdress(article, page.name)
        self._note_headings(article, page)
        article["class"], article["id"] = ["bd-article", "chapter"], key(page.name)
        return article

    def _readdress(self, article: Tag, name: str) -> None:
        """Make ids unique in the whole, and links lead to them."""
        for element in article.find_all(id=True):
            element["id"] = key(name, element["id"])
        for label in article.find_all(["label", "output"], attrs={"for": True}):
            label["for"] = key(name, label["for"])
        for link in article.find_all("a", href=True):
            target = self.target(link["href"], name)
            if target is None:
                del link["href"]
            else:
                link["href"] = target
                link.attrs.pop("title", None)
        for element in article.find_all(src=True):
            source = element["src"]
            if not urlsplit(source).scheme:
                element["src"] = _resolved(source, name)

    def target(self, href: str, name: str) -> str | None:
        """Where a link of a page leads in the document; None where the book has no such place."""
        parts = urlsplit(href)
        if parts.scheme or parts.netloc:
            return href
        if not parts.path:
            return f"#{key(name, unquote(parts.fragment))}" if parts.fragment else None
        page = _resolved(unquote(parts.path), name).removesuffix(".html")
        if page not in self._names:
            return None
        return f"#{key(page, unquote(parts.fragment))}"

    def _note_headings(self, article: Tag, page: Page) -> None:
        for heading in article.find_all(HEADINGS):
            title = " ".join(heading.get_text().split())
            if heading.name == "h1":
                level = 1 if page.part else 0
                self.outline.append((level, page.title or title, key(page.name)))
                continue
            if not heading.get("id"):
                heading["id"] = key(page.name, f"heading-{len(self.outline)}")
            self.outline.append((2, title, heading["id"]))

    def _contents(self) -> str:
        rows = [
            f'<li class="level{level}"><a href="#{name}"><span>{_escaped(title)}</span>'
            f'<span class="page" data-page-of="{name}">000</span></a></li>'
            for level, title, name in self.outline
        ]
        return (
            f'<nav class="contents" id="contents"><h1>Contents</h1><ul>{"".join(rows)}</ul></nav>'
        )

    def _note_styles(self, soup: BeautifulSoup, name: str) -> None:
        for link in soup.select('link[rel~="stylesheet"]'):
            if not urlsplit(link["href"]).netloc:
                self._styles.setdefault(_resolved(link["href"], name))


def _part(title: str, name: str) -> Tag:
    text = f'<section class="part" id="{name}"><h1>{_escaped(title)}</h1></section>'
    return BeautifulSoup(text, "html.parser").section


def _drop_dead_links(articles: list[Tag]) -> None:
    """Links to what is not printed become text."""
    there = {article["id"] for article in articles}
    there |= {e["id"] for article in articles for e in article.find_all(id=True)}
    for article in articles:
        for link in article.select('a[href^="#"]'):
            if link["href"][1:] not in there:
                del link["href"]


def _answers_last(soup: BeautifulSoup, article: Tag) -> None:
    """A quiz as questions with lettered choices, and its answers at the chapter's end."""
    answers = []
    for quiz in article.select(".quiz"):
        for number, question in enumerate(quiz.find_all("fieldset"), 1):
            choices, said = soup.new_tag("ol", attrs={"class": "choices"}), []
            for letter, details in zip("abcdefghij", question.find_all("details"), strict=False):
                choice = soup.new_tag("li")
                choice.extend(list(details.summary.contents))
                choices.append(choice)
                entry = soup.new_tag("li", attrs={"class": details.get("class", [""])[0]})
                entry.append(f"{number}{letter}. ")
                for part in details.find_all("p", recursive=False):
                    part.name = "span"
                    entry.append(part)
                said.append(entry)
                details.decompose()
            question.append(choices)
            answers += said
    if answers:
        section = soup.new_tag("section", attrs={"class": "answers"})
        heading = soup.new_tag("h2")
        heading.string = "Answers to the quiz"
        section.append(heading)
        listed = soup.new_tag("ul")
        listed.extend(answers)
        section.append(listed)
        article.append(section)


def _hints_last(soup: BeautifulSoup, article: Tag) -> None:
    """Hints in a list at the end of the page, by exercise; what else is folded, in its place."""
    hints: dict[str, list[Tag]] = {}
    for details in article.find_all("details"):
        summary = details.summary.extract() if details.summary else None
        said = " ".join(summary.get_text().split()) if summary else ""
        if said.startswith("Hint"):
            heading = details.find_previous(["h1", "h2", "h3"])
            entry = soup.new_tag("li")
            entry.append(f"{said}. ")
            entry.extend(list(details.contents))
            hints.setdefault(" ".join(heading.get_text().split()), []).append(entry)
            details.decompose()
        else:
            details.name = "div"
            details["class"] = ["unfolded"]
            if said and "code cell" not in said:
                title = soup.new_tag("p", attrs={"class": "unfolded-title"})
                title.string = said
                details.insert(0, title)
    if hints:
        section = soup.new_tag("section", attrs={"class": "hints"})
        heading = soup.new_tag("h2")
        heading.string = "Hints"
        section.append(heading)
        for title, entries in hints.items():
            name = soup.new_tag("h3")
            name.string = title
            listed = soup.new_tag("ul")
            listed.extend(entries)
            section.extend([name, listed])
        article.append(section)


def _resolved(path: str, name: str) -> str:
    """A path on a page as one from the site's root."""
    path, mark, query = path.partition("?")
    return normpath(str(PurePosixPath(name).parent / path)) + mark + query


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _front(title: str, author: str, licence: str) -> str:
    lines = (f'<p class="author">{_escaped(author)}</p>', f'<p class="licence">{licence}</p>')
    return f'<header class="front"><h1>{_escaped(title)}</h1>{"".join(lines)}</header>'


def _document(title: str, sheets: Iterable[str], body: str) -> str:
    styles = "".join(f'<link rel="stylesheet" href="{sheet}">' for sheet in sheets)
    classes = "tex2jax_process|mathjax_process|math|output_area"
    mathjax = json.dumps({"options": {"processHtmlClass": classes, "enableMenu": False}})
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light" data-mode="light"><head>'
        f'<meta charset="utf-8"><title>{_escaped(title)}</title>{styles}'
        f'<link rel="stylesheet" href="{STYLE.name}">'
        f"<script>window.MathJax = {mathjax};</script>"
        f'<script defer src="vendor/mathjax/es5/tex-chtml.js"></script></head>'
        f'<body class="printed">{body}</body></html>'
    )
