"""The ledger is made from what chapters measured: a small book of two chapters is built."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tools.small_book import write

ROOT = Path(__file__).resolve().parents[2]

CONF = """
import sys
sys.path.insert(0, {root!r})
extensions = ["myst_nb", "sphinxcontrib.bibtex", "tools.ledger"]
bibtex_bibfiles = ["book/references.bib"]
nb_execution_mode = "force"
nb_execution_raise_on_error = True
"""
CLAIMS = """
[[claim]]
number = 1
name = "faster"
said = "It is faster."

[[claim]]
number = 2
name = "smoother"
said = "It is smoother."
"""
PAPERS = """
[[statement]]
claims = [2]
key = "one2000"
where = "abstract"
says = "It was 7 times as smooth."
read = "abstract"
"""
REFERENCES = """
@misc{one2000, author = {One, A.}, title = {On It}, year = {2000}, eprint = {0001.0001}}
"""
CHAPTER = """---
file_format: mystnb
kernelspec: {{name: python3, display_name: Python 3, language: python}}
---
# {title}

See {{claim}}`1`.

```{{code-cell}} ipython3
from bnlib.lab.claims import Finding
from bnlib.lab.notebook import claim
from bnlib.lab.paired import Estimate

value = Estimate({low} + 0.2, {low}, {low} + 0.4, 2.0, 1.0, 5)
findings = [Finding("{setting}", "ratio", value, "above", 1.0)]
claim({number}, findings, reading="What it comes to.")
```
"""
LEDGER = "# Ledger\n\n```{verdicts}\n```\n\n```{ledger}\n```\n\n```{bibliography}\n```\n"


def chapter(title, number, setting, low):
    return CHAPTER.format(title=title, number=number, setting=setting, low=low)


@pytest.fixture
def book(tmp_path):
    files = {
        "conf.py": CONF.format(root=str(ROOT)),
        "index.md": "# Index\n\n```{toctree}\nbook/01_one\nbook/02_two\nbook/13_ledger\n```\n",
        "book/claims.toml": CLAIMS,
        "book/papers.toml": PAPERS,
        "book/references.bib": REFERENCES,
        "book/01_one.md": chapter("One", 1, "small net", 1.5),
        "book/02_two.md": chapter("Two", 2, "large net", 0.2),
        "book/13_ledger.md": LEDGER,
    }
    return write(tmp_path, files)


def build(book):
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-q", book, book / "_html"],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(book)},
    )
    page = book / "_html" / "book" / "13_ledger.html"
    return done, page.read_text() if page.exists() else ""


def row(page, number):
    return page.split(f'id="claim-{number}"')[1].split("</tr>")[0]


def test_each_claim_has_its_findings_its_papers_and_its_verdict(book):
    done, page = build(book)
    assert done.returncode == 0, done.stderr
    one, two = row(page, 1), row(page, 2)
    assert "It is faster." in one
    assert "small net: ratio 1.7 (1.5 to 1.9)" in one
    assert "1 for" in one
    assert "What it comes to." in one
    assert 'class="verdict holds"' in one
    assert 'href="01_one.html#shown-1"' in one
    assert "none read" in one
    assert "7 times as smooth" in two
    assert "#id" in two, "the paper is cited"
    assert 'class="verdict refuted"' in two
    assert re.search(
        r"<strong>holds</strong>: 1\. <a [^>]*href=\"#claim-1\"[^>]*>faster \(1\)", page
    )
    assert re.search(r"<strong>depends</strong>: 0\.", page)
    shown = (book / "_html" / "book" / "02_two.html").read_text()
    assert 'href="13_ledger.html#claim-1"' in shown
    assert "claim 1 (faster)" in shown
    assert 'id="shown-2"' in shown

    # A chapter that measures anew changes the ledger, though the ledger's text is what it was.
    (book / "book" / "02_two.md").write_text(chapter("Two", 1, "large net", 0.2))
    done, page = build(book)
    assert 'class="verdict depends"' in row(page, 1)
    assert "small net" in row(page, 1)
    assert "large net" in row(page, 1)
    assert "no chapter measured claim 2" in done.stderr
    assert done.returncode != 0


def test_a_claim_that_is_none_is_an_error(book):
    path = book / "book" / "01_one.md"
    path.write_text(path.read_text().replace("{claim}`1`", "{claim}`77`"))
    done, _ = build(book)
    assert "no claim '77'" in done.stderr
    assert done.returncode != 0


def test_the_claims_of_the_book_are_the_26_in_order():
    claims = tomllib.loads((ROOT / "book" / "claims.toml").read_text())["claim"]
    assert [c["number"] for c in claims] == list(range(1, 27))
    assert len({c["name"] for c in claims}) == 26


def test_every_paper_that_speaks_is_in_the_bibliography_with_where_and_how_it_was_read():
    statements = tomllib.loads((ROOT / "book" / "papers.toml").read_text())["statement"]
    known = (ROOT / "book" / "references.bib").read_text()
    spoken = {number for s in statements for number in s["claims"]}
    for s in statements:
        assert f"{{{s['key']}," in known, s["key"]
        assert s["where"].strip()
        assert s["read"].strip()
        assert s["says"].rstrip().endswith("."), s["says"]
    assert spoken == set(range(1, 27))
