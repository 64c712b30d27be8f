"""Fetch all assets, or those that are named, and say what came from where."""

from __future__ import annotations

import argparse
import sys

from tools.assets import LIST, cache_folder, fetch, read


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.assets", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of tools/assets.toml; or all")
    names = parser.parse_args().names
    listed = read(LIST)
    if unknown := set(names) - set(listed):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(listed)}")
    missing = []
    for name in names or listed:
        folder = fetch(name)
        if folder is None:
            missing.append(name)
        else:
            size = sum((folder / file).stat().st_size for file in listed[name].files)
            count = len(listed[name].files)
            print(f"{listed[name]}: {count} files, {size / 1e6:.1f} MB, checked, in {folder}")
    if missing:
        sys.exit(f"missing: {', '.join(missing)} (cache: {cache_folder()})")


if __name__ == "__main__":
    main()
