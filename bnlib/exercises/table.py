"""The points table: every exercise with what it is worth, from where the exercises are defined."""

from __future__ import annotations

from bnlib.checks import registry


def points_table() -> str:
    """A table for each notebook and their sum, as MyST Markdown with links into the book."""
    exercises = registry.exercises()
    lines = []
    for notebook in dict.fromkeys(e.notebook for e in exercises):
        own = [e for e in exercises if e.notebook == notebook]
        lines += [
            f"**{{doc}}`../exercises/{notebook}`**",
            "",
            "| exercise | points | difficulty | minutes | practises |",
            "|:---|---:|---:|---:|:---|",
        ]
        lines += [
            f"| {e.title}<br>`{e.name}` | {e.points:g} | {e.difficulty} of 5 | {e.minutes} "
            f"| {{ref}}`{e.section.title} <{e.section.label}>` |"
            for e in own
        ]
        lines += [f"| **sum** | **{_points(own)}** | | **{_minutes(own)}** | |", ""]
    lines.append(
        f"All {len(exercises)} exercises: **{_points(exercises)} points**, about "
        f"{round(_minutes(exercises) / 60)} hours."
    )
    return "\n".join(lines)


def _points(exercises) -> str:
    return f"{sum(e.points for e in exercises):g}"


def _minutes(exercises) -> int:
    return sum(e.minutes for e in exercises)
