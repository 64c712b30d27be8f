"""Ask every other host that the book links to whether the page is there.

    python -m tools.links [--toc FILE]

Sphinx's own link checker, on the pages as the last build read them. Links inside of the site are
tested with the pages (tests/site/test_pages.py). Says each link that is broken or has moved for
good; exit code 1 where one is broken. A host that refuses machines, or does not answer in time, is
named too and is no failure: only a reader can say.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OPTIONS = {
    "linkcheck_timeout": 20,
    "linkcheck_retries": 2,
    "linkcheck_workers": 4,
    # Anchors of other hosts are made by their scripts more often than not.
    "linkcheck_anchors": False,
    "linkcheck_allow_unauthorized": True,
    "linkcheck_report_timeouts_as_broken": False,
}
# What a host answers that turns machines away; the page may be there.
REFUSALS = ("403", "405", "418", "429", "503")


def check(root: Path, toc: Path, output: Path) -> list[dict]:
    """What Sphinx found of each link: filename, lineno, status, uri, info and more.

    Raises:
        SystemExit: the pages could not be read.
    """
    from jupyter_book.sphinx import build_sphinx

    folder = output / "linkcheck"
    result = build_sphinx(
        root,
        folder,
        doctreedir=output / ".doctrees",
        path_config=root / "_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": toc.as_posix(),
            "latex_individualpages": False,
            "nitpicky": True,
            **OPTIONS,
        },
        builder="linkcheck",
    )
    found = folder / "output.json"
    # Exit code 1 is that of a broken link.
    if result not in (0, 1) or not found.is_file():
        raise SystemExit("the pages could not be read")
    return [json.loads(line) for line in found.read_text("utf-8").splitlines()]


def is_broken(link: dict) -> bool:
    """Whether nobody will find the page; a host that turns machines away says nothing of it."""
    return link["status"] == "broken" and not link["info"].startswith(REFUSALS)


def report(links: list[dict]) -> list[str]:
    """A line for each link that someone should look at, the broken ones first."""
    lines = []
    for link in sorted(links, key=lambda link: (not is_broken(link), link["filename"])):
        place = f"{link['filename']}:{link['lineno']}: {link['uri']}"
        if is_broken(link):
            lines.append(f"BROKEN   {place}: {link['info']}")
        elif link["status"] in ("broken", "timeout"):
            lines.append(f"not sure {place}: {link['info']}")
        elif link["status"] == "redirected" and link.get("code") in (301, 308):
            lines.append(f"moved    {place} to {link['info']}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.links", description=__doc__)
    parser.add_argument("--toc", type=Path, default=ROOT / "_toc.yml")
    links = check(ROOT, parser.parse_args().toc.absolute(), ROOT / "_build")
    asked = [link for link in links if link["status"] not in ("unchecked", "local", "ignored")]
    print("\n".join(report(asked)))
    broken = sum(map(is_broken, asked))
    print(f"{len(asked)} links to other hosts, {broken} of them broken")
    if asked and broken == len(asked):
        print("None was found: is there a network?")
    sys.exit(broken > 0)


if __name__ == "__main__":
    main()
