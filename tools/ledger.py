"""A Sphinx extension: the ledger of claims, made from what the chapters have measured.

``{claim}`4` `` in a text links to the ledger's row of claim 4. The directive ``{ledger}`` is the
table: what people say (claims.toml), what the chapters' cells left (``claim(4, ...)``, through
MyST-NB's glue files), what papers report (papers.toml), and the verdict that follows from the
findings of all chapters together. A claim that no chapter measured is a warning, which fails the
build.
"""

from __future__ import annotations

import ast
import json
import tomllib
from collections import Counter
from pathlib import Path

from docutils import nodes
from myst_nb.ext.glue.crossref import read_glue_cache
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.nodes import make_refnode

from bnlib.lab.claims import DEPENDS, HOLDS, OPEN, REFUTED, WORDS, verdict

LOG = logging.getLogger(__name__)
HEADS = ("Claim", "Measured here", "Papers", "Verdict")
# How many findings of a chapter, and papers of a claim, are shown before the rest is unfolded.
FIRST = 3
SPEAKS = {word: sign for sign, word in WORDS.items()}


class Measured(nodes.General, nodes.Element):
    """Stands for the findings on a claim until all chapters have been read."""


class Verdict(nodes.General, nodes.Element):
    """Stands for the verdict on a claim until all chapters have been read."""


def load(folder: Path) -> tuple[list[dict], list[dict]]:
    """The claims, by number, and the statements of papers."""
    claims = tomllib.loads((folder / "claims.toml").read_text("utf-8"))["claim"]
    papers = tomllib.loads((folder / "papers.toml").read_text("utf-8"))["statement"]
    numbers = [claim["number"] for claim in claims]
    if numbers != list(range(1, len(claims) + 1)):
        raise ValueError(f"claims.toml: claims must be numbered from 1 without gaps, got {numbers}")
    for paper in papers:
        unknown = set(paper["claims"]) - set(numbers)
        if unknown:
            raise ValueError(f"papers.toml: {paper['key']} speaks of claims {sorted(unknown)}")
    return claims, papers


class Unfolded(nodes.General, nodes.Element):
    """What is shown when the reader unfolds it."""


def unfolded(content: list[nodes.Node], count: int) -> list[Unfolded]:
    """``count`` more things behind a line that unfolds them, or nothing if there are none."""
    return [Unfolded("", *content, said=f"{count} more")] if count > 0 else []


def visit_unfolded(self, node):
    self.body.append(f"<details><summary>{node['said']}</summary>")


def depart_unfolded(self, node):
    self.body.append("</details>")


class Verdicts(nodes.General, nodes.Element):
    """Stands for the list of claims by verdict until all chapters have been read."""


class ClaimRole(SphinxRole):
    """{claim}`4`: a link "claim 4 (vanishing and exploding gradients)" to the ledger."""

    def run(self):
        claims, _ = load(Path(self.env.srcdir) / "book")
        names = {str(claim["number"]): claim["name"] for claim in claims}
        number = self.text.strip()
        if number not in names:
            message = self.inliner.reporter.error(f"no claim {number!r}", line=self.lineno)
            return [self.inliner.problematic(self.rawtext, self.rawtext, message)], [message]
        text = f"claim {number} ({names[number]})"
        link = addnodes.pending_xref(
            "",
            nodes.inline("", text, classes=["std", "std-ref"]),
            refdomain="std",
            reftype="ref",
            reftarget=f"claim-{number}",
            refexplicit=True,
            refwarn=True,
            refdoc=self.env.docname,
        )
        return [link], []


class LedgerDirective(SphinxDirective):
    """{ledger}: the table of all claims. {verdicts}: the claims by verdict, a line each."""

    def run(self):
        folder = Path(self.env.srcdir) / "book"
        for name in ("claims.toml", "papers.toml"):
            self.env.note_dependency(str(folder / name))
        claims, papers = load(folder)
        if self.name == "verdicts":
            return [Verdicts(claims={claim["number"]: claim["name"] for claim in claims})]
        table = nodes.table(classes=["ledger"])
        group = nodes.tgroup(cols=len(HEADS))
        table += group
        for width in (22, 38, 30, 10):
            group += nodes.colspec(colwidth=width)
        head, body = nodes.thead(), nodes.tbody()
        group += head
        group += body
        head += nodes.row("", *(nodes.entry("", nodes.paragraph(text=h)) for h in HEADS))
        for claim in claims:
            body += self.row(claim, [p for p in papers if claim["number"] in p["claims"]])
        return [table]

    def row(self, claim: dict, papers: list[dict]) -> nodes.row:
        number, name = claim["number"], f"claim-{claim['number']}"
        row = nodes.row(ids=[name])
        std = self.env.get_domain("std")
        std.anonlabels[name] = self.env.docname, name
        std.labels[name] = self.env.docname, name, f"claim {number}"
        said = nodes.paragraph("", "", nodes.strong(text=f"{number}. "), nodes.Text(claim["said"]))
        row += nodes.entry("", said)
        row += nodes.entry("", Measured(number=number))
        said = [
            self.parse_text_to_nodes(f"{p['says']} {{cite}}`{p['key']}`, {p['where']}")
            for p in papers
        ]
        first = [node for one in said[:FIRST] for node in one]
        rest = [node for one in said[FIRST:] for node in one]
        cell = nodes.entry("", *(first or [nodes.paragraph(text="none read")]))
        cell += unfolded(rest, len(said) - FIRST)
        row += cell
        row += nodes.entry("", Verdict(number=number))
        return row


class FillLedger(SphinxPostTransform):
    """Put findings and verdicts where they belong, once every chapter has been executed."""

    default_priority = 5

    def run(self, **kwargs):
        for place in list(self.document.findall(Measured)):
            place.replace_self(self.measured(place["number"]))
        for place in list(self.document.findall(Verdict)):
            text = self.verdict(place["number"])
            mark = nodes.strong(text=text, classes=["verdict", text.split()[0]])
            counts = Counter(f["speaks"] for _, f in self.findings(place["number"]))
            of = ", ".join(f"{counts[word]} {word}" for word in WORDS.values() if counts[word])
            lines = [nodes.paragraph("", "", mark), nodes.paragraph(text=of)]
            place.replace_self(lines)

        for place in list(self.document.findall(Verdicts)):
            place.replace_self(self.by_verdict(place["claims"]))

    def by_verdict(self, names: dict[int, str]) -> nodes.Element:
        """How many claims have each verdict, and which."""
        found: dict[str, list[int]] = {word: [] for word in (HOLDS, DEPENDS, REFUTED, OPEN)}
        for number in names:
            found.setdefault(self.verdict(number), []).append(number)
        items = nodes.bullet_list()
        for word, numbers in found.items():
            line = nodes.paragraph("", "", nodes.strong(text=word), nodes.Text(f": {len(numbers)}"))
            for place, number in enumerate(numbers):
                line += nodes.Text(", " if place else ". ")
                text = nodes.Text(f"{names[number]} ({number})")
                line += nodes.reference("", "", text, refid=f"claim-{number}", internal=True)
            line += nodes.Text(".")
            items += nodes.list_item("", line)
        return items

    def verdict(self, number: int) -> str:
        said = [SPEAKS[f["speaks"]] for _, f in self.findings(number)]
        return verdict(said) if said else "not measured"

    def findings(self, number: int) -> list[tuple[str, dict]]:
        """(document, finding) of every chapter that measured the claim, in the book's order."""
        return [
            (doc, finding)
            for doc in sorted(self.env.found_docs)
            for finding in self.read(number, doc)["findings"]
        ]

    def read(self, number: int, doc: str) -> dict:
        """What a chapter's cell left of a claim; no findings where it left nothing."""
        folder = str(self.env.mystnb_config.output_folder)
        data = read_glue_cache(folder, doc).get(f"claim-{number}")
        if not data:
            return {"reading": "", "findings": []}
        return json.loads(ast.literal_eval(data["data"]["text/plain"]))

    def measured(self, number: int) -> nodes.Element:
        found = self.findings(number)
        if not found:
            LOG.warning("no chapter measured claim %s", number, location=self.env.docname)
            return nodes.paragraph(text="not measured")
        whole = nodes.container()
        for doc in dict.fromkeys(doc for doc, _ in found):
            title = nodes.Text(self.env.titles[doc].astext())
            link = make_refnode(self.app.builder, self.env.docname, doc, f"shown-{number}", title)
            reading = self.read(number, doc)["reading"]
            text = nodes.Text(f": {reading}" if reading else ":")
            whole += nodes.paragraph("", "", link, text)
            items = [self.item(f) for d, f in found if d == doc]
            whole += nodes.bullet_list("", *items[:FIRST], classes=["findings"])
            rest = items[FIRST:]
            whole += unfolded([nodes.bullet_list("", *rest, classes=["findings"])], len(rest))
        return whole

    @staticmethod
    def item(finding: dict) -> nodes.list_item:
        text = "{setting}: {quantity} {value} ({interval})".format_map(finding)
        mark = nodes.inline(text=f"{finding['speaks']}: ", classes=["speaks", finding["speaks"]])
        return nodes.list_item("", nodes.paragraph("", "", mark, nodes.Text(text)))


def rewrite_ledger(app, env, added, changed, removed):
    """The page with the ledger is read again whenever a chapter is."""
    pages = {doc for doc in env.found_docs if doc.endswith("_ledger")}
    return pages if (added | changed | removed) - pages else []


def setup(app):
    app.add_role("claim", ClaimRole())
    app.add_directive("ledger", LedgerDirective)
    app.add_directive("verdicts", LedgerDirective)
    app.add_post_transform(FillLedger)
    app.add_node(Measured)
    app.add_node(Verdict)
    app.add_node(Verdicts)
    app.add_node(Unfolded, html=(visit_unfolded, depart_unfolded))
    app.connect("env-get-outdated", rewrite_ledger)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
