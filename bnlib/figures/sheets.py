"""Tables that a page shows: HTML in a browser, text elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bnlib.lab.tables import Table


class Sheet:
    """Rows of text under heads, the first column a head as well."""

    def __init__(self, heads: Sequence[str], rows: Sequence[Sequence[str]], caption: str):
        self.heads, self.rows, self.caption = list(heads), [list(row) for row in rows], caption

    def __repr__(self) -> str:
        lines = [self.caption, " | ".join(self.heads)]
        return "\n".join(lines + [" | ".join(row) for row in self.rows])

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in self.heads)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>'
            + "".join(f"<td>{escape(text)}</td>" for text in others)
            + "</tr>"
            for first, *others in self.rows
        )
        # A phone scrolls the table and not the page. The class is for course.css.
        return (
            '<div style="overflow-x: auto" tabindex="0"><table class="sheet">'
            f"<caption>{escape(self.caption)}</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def side_by_side(table: Table, keys: Sequence[str]) -> Sheet:
    """The answers of several frameworks to some questions, one column a framework.

    table: with the columns framework, version, key, question and answer, such as the stored one
    named "frameworks". A question that was not put to a framework is answered by a dash.
    """
    frameworks = table.values("framework")
    versions = [table.column("version", framework=name)[0] for name in frameworks]
    answers = {(row["key"], row["framework"]): str(row["answer"]) for row in table.rows}
    rows = [
        [
            str(table.column("question", key=key)[0]),
            *(answers.get((key, f), "–") for f in frameworks),
        ]
        for key in keys
    ]
    heads = [f"{name} {version}" for name, version in zip(frameworks, versions, strict=True)]
    return Sheet(["question", *heads], rows, "What was observed when each library was run")
