"""A Sphinx extension: an edit of a style or a script alone reaches the site.

Sphinx copies static files only where it has a page to write, and a page names the files that it
loads with a hash of their content. So pages are written anew when a file under html_static_path
has changed; they are not read again, and nothing is executed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(folders: list[Path]) -> str:
    """A hash of names and contents of all the files in these folders."""
    whole = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
            whole.update(content)
    return whole.hexdigest()[:12]


def remember(app, config) -> None:
    config.static_digest = digest([Path(app.srcdir, name) for name in config.html_static_path])


def setup(app):
    app.add_config_value("static_digest", "", "html")
    # Before extensions add folders of their own, which change with their versions alone.
    app.connect("config-inited", remember, priority=50)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
