"""python -m tools.lighthouse [PAGE ...]: Lighthouse on pages of the built site.

A page is named as in the site, ``book/04_algorithm.html``; without any, all chapters are measured.
Exit code 1 where a category lies below 95.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.lighthouse import BAR, install, scores

BUILD = Path(__file__).resolve().parents[2] / "_build"


def main(names: list[str]) -> int:
    site = BUILD / "html"
    chapters = sorted((site / "book").glob("[0-9][0-9]_*.html"))
    pages = names or [path.relative_to(site).as_posix() for path in chapters]
    missing = [page for page in pages if not (site / page).is_file()]
    if missing or not pages:
        print(f"not in {site}: {', '.join(missing) or 'chapters'}; make book", file=sys.stderr)
        return 1
    short = False
    for page, found in scores(site, pages, install(BUILD / "lighthouse")).items():
        shown = "  ".join(f"{name} {score:3}" for name, score in found["scores"].items())
        times = "  ".join(f"{name} {value:.3g}" for name, value in found["metrics"].items())
        print(f"{page:32} {shown}\n{'':32} {times}")
        for audit in found["failed"]:
            print(f"{'':32} {audit['id']}: {audit['title']} {audit['items']}")
        short |= min(found["scores"].values()) < BAR
    return int(short)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
