"""A Sphinx extension: chapters are executed again when the library has changed.

jupyter-cache knows a chapter by its code cells alone, so an edit in bnlib/ would leave yesterday's
outputs in the book. Here the cache's folder is named by a hash of the library and the pinned
versions; a new name is also a new setting, for which Sphinx reads every page again.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def library_hash(root: Path) -> str:
    """A short hash of names and contents of bnlib/ and of constraints.txt."""
    digest = hashlib.sha256()
    files = [p for p in (root / "bnlib").rglob("*") if p.is_file() and p.suffix != ".pyc"]
    for path in [root / "constraints.txt", *sorted(files)]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def cache_path(root: Path) -> Path:
    """Where the executed chapters of this very library are kept."""
    return root / "_build" / ".jupyter_cache" / library_hash(root)


def set_cache_path(app, config) -> None:
    config.nb_execution_cache_path = str(cache_path(Path(app.srcdir)))


def setup(app):
    app.connect("config-inited", set_cache_path)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
