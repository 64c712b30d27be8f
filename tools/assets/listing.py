"""The pinned list as data: what each asset consists of, and the roads to it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

LIST = Path(__file__).resolve().parents[1] / "assets.toml"
KINDS = ("cdn", "npm", "wheel")


class Road(NamedTuple):
    """Where files of an asset may come from.

    kind: "cdn" (``source`` is an address), "npm" or "wheel" (``source`` is name@version).
    folder: what stands before a file's name there, inside of the package.
    at: the road has only the asset's files below this folder, and without it in their names.
    """

    kind: str
    source: str
    folder: str = ""
    at: str = ""

    def __str__(self) -> str:
        return self.source if self.kind == "cdn" else f"{self.kind} {self.source}"


class Asset(NamedTuple):
    """Files, by their names in the asset's folder, each with its sha256, and the roads to them.

    without: what the site does where the asset is missing, as a sentence.
    site: whether the built site has it; else it is for tests or tools.
    """

    name: str
    version: str
    without: str
    roads: tuple[Road, ...]
    files: dict[str, str]
    site: bool = True

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def read(path: Path = LIST) -> dict[str, Asset]:
    """The assets of a list, by name.

    Raises:
        ValueError: something in the list is not as it should be; the message says where.
    """
    entries = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _asset(name, entry) for name, entry in entries.items()}


def _asset(name: str, entry: dict) -> Asset:
    expected = {"version", "without", "roads", "files"}
    if set(entry) - {"site"} != expected:
        raise ValueError(f"asset {name}: keys are {sorted(entry)}, expected {sorted(expected)}")
    for file, digest in entry["files"].items():
        parts = PurePosixPath(file).parts
        if not parts or ".." in parts or PurePosixPath(file).is_absolute() or "\\" in file:
            raise ValueError(f"asset {name}: {file!r} is no relative path without '..'")
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise ValueError(f"asset {name}: {file} has {digest!r}, expected a sha256 in hex")
    roads = tuple(_road(name, road) for road in entry["roads"])
    return Asset(
        name, entry["version"], entry["without"], roads, entry["files"], entry.get("site", True)
    )


def _road(name: str, road: dict) -> Road:
    kinds = [kind for kind in KINDS if kind in road]
    if len(kinds) != 1 or set(road) - {*KINDS, "folder", "at"}:
        raise ValueError(
            f"asset {name}: a road has one of {', '.join(KINDS)}, and may have folder and at;"
            f" this one has {sorted(road)}"
        )
    (kind,) = kinds
    if kind != "cdn" and "@" not in road[kind][1:]:
        raise ValueError(f"asset {name}: {road[kind]!r} is no name@version")
    return Road(kind, road[kind], road.get("folder", ""), road.get("at", ""))
