"""python -m tools.pdf: print the built site as one PDF, and link it from the site."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import yaml

from tools.pdf.assembling import Assembled
from tools.pdf.contents import pages
from tools.pdf.finishing import finish
from tools.pdf.printing import printed
from tools.site import licence
from tools.site.printed import NAME, link

ROOT = Path(__file__).resolve().parents[2]


def said() -> dict[str, str]:
    """What the book says of itself: title, author and licence."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    return {"title": config["title"], "author": config["author"], "licence": licence.line()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.pdf", description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html")
    parser.add_argument("--toc", type=Path, default=ROOT / "_toc.yml")
    parser.add_argument("--out", type=Path, help=f"default: {NAME} in the site")
    arguments = parser.parse_args()
    target = arguments.out or arguments.site / NAME
    start = time.perf_counter()
    book = Assembled(arguments.site, pages(arguments.toc, arguments.site), **said())
    count = finish(printed(book, arguments.site), target, book.outline, **said())
    link(arguments.site)
    size, seconds = target.stat().st_size / 1e6, time.perf_counter() - start
    print(f"{target}: {count} pages, {size:.1f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
