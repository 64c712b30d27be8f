"""From the list to a folder of checked files."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from tools.assets.listing import LIST, Asset, read
from tools.assets.roads import CutOff, bring

FOLDER = "BATCHNORM_ASSETS"


def cache_folder() -> Path:
    """Where fetched files stay: the user's cache, or the folder that BATCHNORM_ASSETS names."""
    named = os.environ.get(FOLDER)
    return Path(named).absolute() if named else user_cache_path("batchnorm-course") / "assets"


def fetch(
    name: str,
    *,
    assets: Path = LIST,
    cache: Path | None = None,
    say: Callable[[str], None] = print,
) -> Path | None:
    """The folder with all the files of an asset, each checked; None where some cannot be had.

    What a road brings is compared with the pinned hash: another file is refused, and the next
    road is tried. ``say`` is told what came from where, and what is missing.

    Raises:
        KeyError: the list has no asset of this name.
        ValueError: the list is not as it should be.
    """
    listed = read(assets)
    if name not in listed:
        raise KeyError(f"no asset {name!r} in {assets.name}, which has {', '.join(listed)}")
    asset = listed[name]
    folder = (cache or cache_folder()) / f"{asset.name}-{asset.version}"
    missing = [f for f, digest in asset.files.items() if not _intact(folder / f, digest)]
    if not missing:
        return folder
    missing = _by_roads(asset, folder, missing, say)
    if not missing:
        return folder
    more = f" and {len(missing) - 1} more files" if missing[1:] else ""
    say(f"{asset} is missing ({missing[0]}{more}, of {len(asset.files)}): {asset.without}")
    return None


def is_whole(asset: Asset, folder: Path) -> bool:
    """Whether a folder holds every file of the asset as it is pinned."""
    return all(_intact(folder / file, digest) for file, digest in asset.files.items())


def _by_roads(asset: Asset, folder: Path, missing: list[str], say) -> list[str]:
    """Bring what is missing; what no road has is returned."""
    for road in asset.roads:
        wanted = [file for file in missing if file.startswith(road.at)]
        if not wanted:
            continue
        came = 0
        try:
            for file, content in bring(road, wanted):
                got = hashlib.sha256(content).hexdigest()
                if got != asset.files[file]:
                    say(
                        f"{asset}: refused {file} from {road}:"
                        f" its sha256 is {got[:12]}…, pinned is {asset.files[file][:12]}…"
                    )
                    continue
                _write(folder / file, content)
                missing.remove(file)
                came += 1
        except CutOff as reason:
            say(f"{asset}: {came} of {len(wanted)} files from {road}: {reason}")
        else:
            say(f"{asset}: {came} of {len(wanted)} files from {road}")
    return missing


def _intact(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError:
        return False


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place whole: another process sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        file.write(content)
    try:
        # Not by its owner alone, as a temporary file is: the site that is served holds it.
        os.chmod(file.name, 0o644)
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
        raise
