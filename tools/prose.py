"""The text of the book without its code and formulas, and what a linter says of it.

    python -m tools.prose [FILE ...]

MyST's own parser finds the text. It keeps its line; formulas, code and roles leave a sign that no
check knows. proselint and the list of unwanted words (prose.toml) read the rest. Prints
file:line: message; exit code 1 if there is any.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils.parsers.rst import Directive
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = tomllib.loads((ROOT / "tools" / "prose.toml").read_text("utf-8"))
NO_TEXT = frozenset(SETTINGS["no_text"])
GAP = "□"  # where something stood that is no text


class Piece(NamedTuple):
    """A part of a block: a text, or something else by its kind ("role", "link", "code", ...)."""

    line: int
    kind: str
    content: str
    role: str = ""


class Block(NamedTuple):
    """A heading, a paragraph (of a list or table too), or the beginning of a directive."""

    line: int
    kind: str
    pieces: tuple[Piece, ...]


class _AnyDirective(Directive):
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec = {"any": True}  # noqa: RUF012  (that there are options at all)
    has_content = True


def blocks(source: str, first_line: int = 1) -> Iterator[Block]:
    """All blocks of a MyST text, in order; lines are counted from 1."""
    kind = "paragraph"
    for token in _parser().parse(source, {}):
        if token.type in ("heading_open", "heading_close"):
            kind = "heading" if token.type == "heading_open" else "paragraph"
        elif token.type == "inline":
            line = first_line + token.map[0]
            yield Block(line, kind, tuple(_pieces(token.children, line)))
        elif token.type in ("fence", "colon_fence") and token.info.startswith("{"):
            yield from _directive(token, first_line + token.map[0])


def _parser():
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    extensions = config["parse"]["myst_enable_extensions"]
    return create_md_parser(MdParserConfig(enable_extensions=extensions), RendererHTML)


def _directive(token: Token, line: int) -> Iterator[Block]:
    name, _, argument = token.info.partition("}")
    name = name.removeprefix("{")
    inner = list(blocks(argument.strip(), line)) if name not in NO_TEXT else []
    yield Block(line, f"directive {name}", tuple(p for block in inner for p in block.pieces))
    if name not in NO_TEXT:
        parsed = parse_directive_text(_AnyDirective, "", token.content, validate_options=False)
        yield from blocks("\n".join(parsed.body), line + 1 + parsed.body_offset)


def _pieces(children: list[Token], line: int) -> Iterator[Piece]:
    links = 0
    for token in children:
        if token.type in ("softbreak", "hardbreak"):
            line += 1
        elif token.type in ("link_open", "link_close"):
            links += token.nesting
        elif token.type == "text":
            yield Piece(line, "link" if links else "text", token.content)
        elif token.type == "myst_role":
            yield Piece(line, "role", token.content, token.meta["name"])
        elif token.nesting == 0:
            yield Piece(line, token.type, token.content)


def text_of(source: str) -> str:
    """The text alone, each part on the line on which it stands in the source."""
    lines = [""] * (source.count("\n") + 1)
    for block in blocks(source):
        for piece in block.pieces:
            lines[piece.line - 1] += piece.content if piece.kind in ("text", "link") else GAP
        if block.pieces:  # a word that begins the next block repeats none of this one
            lines[block.pieces[-1].line - 1] += f" {GAP} "
    return "\n".join(lines)


def faults(text: str) -> list[tuple[int, str]]:
    """(line, message) of all that proselint and the unwanted words find in a text."""
    from proselint.checks import __register__
    from proselint.config import DEFAULT
    from proselint.registry import CheckRegistry
    from proselint.tools import LintFile

    registry = CheckRegistry()
    if not registry.checks:
        registry.register_many(__register__)
    # The first name that fits a check decides.
    checks = dict.fromkeys(SETTINGS["off"], False) | DEFAULT["checks"]
    file = LintFile("text", text)
    found = []
    for result in file.lint({"max_errors": 1000, "checks": checks}):
        start, end = result.check_result.span
        seen = file.content[start:end].strip()
        if seen.lower() in SETTINGS["allowed"]:
            continue
        if "illusion" in result.check_result.check_path and _is_no_illusion(seen):
            continue
        found.append((_line(file.content, start), result.check_result.message))
    for word in SETTINGS["unwanted"]:
        pattern = r"\b" + r"\s+".join(map(re.escape, word.split())) + r"\b"
        for match in re.finditer(pattern, file.content, re.IGNORECASE):
            if not file.is_quoted_pos(match.start()):
                found.append((_line(file.content, match.start()), f"unwanted: {word}"))
    return sorted(found)


def _is_no_illusion(seen: str) -> bool:
    """65 504 repeats no word, nor does a term whose definition begins with it on the next line."""
    first, _, second = seen.partition("\n")
    return not re.search("[a-z]", seen) or (second.strip()[:1].isupper() and first != second)


def _line(content: str, position: int) -> int:
    # proselint sets a line break before the text.
    return content.count("\n", 0, position)


def main(names: list[str]) -> int:
    """Print the faults of these files, or of all that prose.toml names; 1 if there are any."""
    paths = [Path(name) for name in names] or [
        path for pattern in SETTINGS["files"] for path in sorted(ROOT.glob(pattern))
    ]
    count = 0
    for path in paths:
        source = path.read_text("utf-8")
        for line, message in faults(text_of(source)):
            count += 1
            name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
            print(f"{name}:{line}: {message}")
    print(f"prose: {len(paths)} files, {count} faults")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
