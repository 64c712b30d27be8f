"""What lies in JupyterLite's folder: the exercises and no solution, and links that lead back."""

import json
import re
from pathlib import Path

from bnlib.authoring.regions import BEGIN, END
from tools.lite.notebooks import SITE

ROOT = Path(__file__).resolve().parents[2]


def solution_lines():
    """Lines of more than a few letters that stand in a solution and nowhere in its exercise."""
    lines = set()
    for path in (ROOT / "solutions").glob("*.md"):
        for region in re.findall(f"{BEGIN}(.*?){END}", path.read_text("utf-8"), re.DOTALL):
            lines |= {line.strip() for line in region.partition("### INSTEAD")[0].splitlines()}
    given = "".join(
        "".join(cell["source"])
        for path in (ROOT / "exercises").glob("*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]
    )
    return {line for line in lines if len(line) > 12 and line not in given}


def test_no_solution_is_in_its_files(lite):
    lines = solution_lines()
    assert len(lines) > 100
    names = {path.name for path in (lite / "files").rglob("*") if path.is_file()}
    assert names == {path.name for path in (ROOT / "exercises").glob("*.ipynb")}
    for name in names:
        text = (lite / "files" / name).read_text("utf-8")
        cells = json.loads(text)["cells"]
        source = "\n".join("".join(cell["source"]) for cell in cells)
        assert "SOLUTION" not in text
        assert not [line for line in lines if line in source]


def test_nothing_is_there_that_nobody_loads(lite):
    assert not list(lite.rglob("*.map"))
    assert {path.name for path in (lite / "wheels").glob("bnlib-*")} == {
        "bnlib-0.1.0-py3-none-any.whl"
    }
    assert sum(p.stat().st_size for p in lite.rglob("*") if p.is_file()) < 25e6


def test_the_links_of_the_notebooks_lead_to_the_site(lite, site):
    found = set()
    for path in (lite / "files").glob("*.ipynb"):
        text = path.read_text("utf-8")
        assert "](../" not in text
        found |= set(re.findall(re.escape(SITE) + r"([^)\s\"]+)\)", text))
    assert found
    for link in found:
        page, _, anchor = link.partition("#")
        if (site / page).is_file():
            assert not anchor or f'id="{anchor}"' in (site / page).read_text("utf-8"), link
        else:
            assert (ROOT / page).with_suffix(".md").is_file(), link
