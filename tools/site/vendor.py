"""A Sphinx extension: the assets lie in the site, in vendor/NAME/; no page asks another host.

They are laid there before the pages are written, so also where no page has changed. An asset that
cannot be had is said and left out; `vendored(app)` tells others which ones there are.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.util import logging

from tools.assets import Asset, fetch, is_whole, read

LOG = logging.getLogger(__name__)
FOLDER = "vendor"


def vendored(app) -> dict[str, str]:
    """Name and version of each asset that the site has."""
    return dict(name.split(" ", 1) for name in app.config.vendored)


def collect(app, config) -> None:
    """Fetch the assets of the site; pages are written anew when there are others than before."""
    config.vendored, app.asset_folders = [], {}
    for name, asset in read().items():
        if not asset.site:
            continue
        folder = fetch(name, say=LOG.info)
        there = Path(app.outdir, FOLDER, name)
        if folder is None and is_whole(asset, there):
            LOG.info("%s is taken from the build before", asset)
            folder = there
        if folder is not None:
            config.vendored.append(str(asset))
            app.asset_folders[name] = folder


def lay_all(app) -> None:
    """Bring vendor/ of the site up to date."""
    if app.builder.format != "html":
        return
    listed = read()
    for name, folder in app.asset_folders.items():
        lay(listed[name], folder, Path(app.outdir, FOLDER, name))


def lay(asset: Asset, source: Path, target: Path) -> None:
    """Copy the asset's files that have changed, and remove what is none of them.

    Copies and no hard links: nothing that is done to the site's files reaches the cache.
    """
    if source == target:
        return
    for name in asset.files:
        old, new = source / name, target / name
        if not _same(old, new):
            new.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, new)
    for path in target.rglob("*"):
        if path.is_file() and path.relative_to(target).as_posix() not in asset.files:
            path.unlink()


def _same(old: Path, new: Path) -> bool:
    if not new.is_file():
        return False
    one, two = old.stat(), new.stat()
    return (one.st_size, one.st_mtime_ns) == (two.st_size, two.st_mtime_ns)


def setup(app):
    app.add_config_value("vendored", [], "html")
    app.connect("config-inited", collect)
    app.connect("builder-inited", lay_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
