"""Style sheets without the rules that nothing on the site can match.

A rule stays while every class and id of its selector is a word that a page or a script uses. What
stands in a function such as ``:not(...)`` is not looked at, nor are the names of elements.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import tinycss2
from tinycss2 import ast

NESTED = {"media", "supports", "layer", "container"}
DROPPED = {"charset"}


def purge(css: str, words: set[str]) -> str:
    """The style sheet without rules whose classes and ids are not among the words."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return _rules(rules, words)


def _rules(rules: list, words: set[str]) -> str:
    kept = []
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"a style sheet, line {rule.source_line}: {rule.message}")
        if rule.type == "at-rule":
            kept.append(_at_rule(rule, words))
        else:
            selectors = [s for s in _selectors(rule.prelude) if _matches(s, words)]
            if selectors:
                heads = ",".join(_text(s).strip() for s in selectors)
                kept.append(f"{heads}{{{_body(rule.content)}}}\n")
    return "".join(kept)


def _at_rule(rule: ast.AtRule, words: set[str]) -> str:
    name = rule.lower_at_keyword
    if name in DROPPED:
        return ""
    head = f"@{rule.at_keyword}{_text(rule.prelude)}".rstrip()
    if rule.content is None:
        return f"{head};\n"
    if name in NESTED:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        body = _rules(inner, words)
        return f"{head}{{{body}}}\n" if body else ""
    return f"{head}{{{_body(rule.content)}}}\n"


def _text(tokens: list) -> str:
    return tinycss2.serialize(t for t in tokens if t.type != "comment")


def _body(tokens: list) -> str:
    return re.sub(r"\s*\n\s*", " ", _text(tokens)).strip()


def _selectors(prelude: list) -> list[list]:
    """The prelude of a rule, parted at its commas."""
    parts = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _matches(selector: list, words: set[str]) -> bool:
    """Whether all classes and ids of a selector are in use."""
    before = None
    for token in selector:
        if token.type == "hash" and token.value not in words:
            return False
        is_class = before is not None and before.type == "literal" and before.value == "."
        if token.type == "ident" and is_class and token.value not in words:
            return False
        before = token
    return True


def relocated(css: str, folder: PurePosixPath) -> str:
    """The style sheet with addresses as seen from the folder that its own folder lies in."""

    def moved(match: re.Match) -> str:
        address = match[2]
        if not address or address.startswith(("#", "/")) or urlsplit(address).scheme:
            return match[0]
        parts: list[str] = []
        for part in (folder / address).parts:
            if part == ".." and parts and parts[-1] != "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        return f'url("{"/".join(parts)}")'

    return re.sub(r"""url\(\s*(["']?)([^"')]*)\1\s*\)""", moved, css)
