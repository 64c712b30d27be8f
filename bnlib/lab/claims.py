"""A claim about batch norm, what was measured of it, and the verdict that follows.

A verdict is computed, by one rule for all claims. Each finding has a side on which the claim puts
it. A finding supports the claim if its whole interval lies on that side, contradicts it if the
whole interval lies on the other side, and is undecided if the interval holds the border.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Literal, NamedTuple

from bnlib.lab.paired import Estimate

Side = Literal["above", "below", "near"]
HOLDS, DEPENDS, REFUTED, OPEN = "holds", "depends", "refuted in this setting", "undecided"
WORDS = {1: "for", -1: "against", 0: "undecided"}


class Finding(NamedTuple):
    """One measurement that speaks for or against a claim.

    Attributes:
        setting: where it was measured, in a few words.
        quantity: what was measured, with its unit: "steps without / with", "accuracy, points".
        value: the estimate over seeds.
        side: where the claim puts it: above or below the border, or near it.
        border: the value at which the claim says nothing: 1 for a ratio, 0 for a difference; with
            "near" the value that theory gives.
        within: with "near", the relative distance from the border that still counts as equal.
        digits: how the numbers are printed, a format specification.
    """

    setting: str
    quantity: str
    value: Estimate
    side: Side
    border: float
    within: float = 0.05
    digits: str = ".3g"

    @property
    def effect(self) -> str:
        """The effect size as it is printed; a distance from theory has none."""
        if self.side == "near":
            return "–"
        return "exact" if abs(self.value.effect) > 1e4 else f"{self.value.effect:.1f}"

    @property
    def speaks(self) -> int:
        """1 for the claim, -1 against it, 0 if undecided."""
        low, high = self.value.low, self.value.high
        if self.side == "near":
            reach = self.within * abs(self.border)
            inside = self.border - reach <= low and high <= self.border + reach
            outside = high < self.border - reach or low > self.border + reach
            return int(inside) - int(outside)
        if self.side not in ("above", "below"):
            raise ValueError(f"side must be above, below or near, got {self.side!r}")
        return (int(low > self.border) - int(high < self.border)) * (
            1 if self.side == "above" else -1
        )


def verdict(said: Sequence[int]) -> str:
    """What findings say together, each 1 for the claim, -1 against it, or 0.

    All support: holds. None does, and one at least contradicts: refuted in this setting. None
    speaks: undecided. Else: depends.
    """
    if not said:
        raise ValueError("a verdict needs a finding")
    if all(s > 0 for s in said):
        return HOLDS
    if any(s > 0 for s in said):
        return DEPENDS
    return REFUTED if any(s < 0 for s in said) else OPEN


class Result(NamedTuple):
    """The findings on one claim; shown as a table, kept for the ledger as JSON.

    Attributes:
        number: the claim's. findings: the most telling first; the ledger shows three at once.
        reading: a sentence of what they come to, without numbers.
    """

    number: int
    findings: tuple[Finding, ...]
    reading: str = ""

    @property
    def verdict(self) -> str:
        return verdict([f.speaks for f in self.findings])

    def rows(self) -> list[dict]:
        """One dictionary of texts a finding: what the table and the ledger print."""
        rows = []
        for f in self.findings:
            e, d = f.value, f.digits
            rows.append(
                {
                    "setting": f.setting,
                    "quantity": f.quantity,
                    "value": format(e.mean, d),
                    "interval": f"{format(e.low, d)} to {format(e.high, d)}",
                    "effect": f.effect,
                    "seeds": f"{round(e.share * e.seeds)} of {e.seeds}",
                    "speaks": WORDS[f.speaks],
                }
            )
        return rows

    def to_json(self) -> str:
        kept = {"claim": self.number, "reading": self.reading, "findings": self.rows()}
        return json.dumps(kept, ensure_ascii=False)

    def __repr__(self) -> str:
        lines = [f"Claim {self.number}: {self.verdict}"]
        for r in self.rows():
            lines.append(
                f"  {r['setting']}: {r['quantity']} {r['value']} [{r['interval']}], "
                f"effect {r['effect']}, {r['seeds']} seeds, {r['speaks']}"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = {
            "setting": "setting",
            "quantity": "measured",
            "value": "mean",
            "interval": "95 % interval",
            "effect": "effect size",
            "seeds": "seeds on that side",
            "speaks": "the claim",
        }
        # Roles, because a style sheet that stacks the cells on a telephone takes them away.
        head = "".join(f'<th scope="col" role="columnheader">{h}</th>' for h in heads.values())
        body = "".join(
            '<tr role="row">'
            + "".join(
                f'<td role="cell" data-label="{h}">{escape(row[key])}</td>'
                for key, h in heads.items()
            )
            + "</tr>"
            for row in self.rows()
        )
        title = f"Claim {self.number}: {escape(self.verdict)}"
        kind = self.verdict.split()[0]
        # The ledger links here.
        return (
            f'<table class="claim" role="table" id="shown-{self.number}">'
            f'<caption><span class="verdict {kind}">{title}</span></caption>'
            f'<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
            f'<tbody role="rowgroup">{body}</tbody></table>'
        )
