"""A Sphinx extension: a chapter is executed again when what it depends on has changed.

jupyter-cache knows a chapter by its code cells alone, so an edit in bnlib/ would leave yesterday's
outputs in the book. Here each chapter has a cache of its own, whose folder is named by the chapter
and by a hash of the files that it can execute or read (tools/dependencies.py) and of the pinned
versions. Where that hash has changed, Sphinx reads the page again.
"""

from __future__ import annotations

import functools
import hashlib
import os
from pathlib import Path

from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook

from bnlib.figures.interactive import STILL
from bnlib.lab.progress import QUIET
from tools.dependencies import files_of

# Kept in the environment's metadata of a page, to be compared at the next build.
KEY = "depends_on"
FOLDER = Path("_build", ".jupyter_cache")


def library_hash(code: str, root: Path) -> str:
    """A short hash of names and contents of what the code depends on, and of constraints.txt."""
    digest = hashlib.sha256()
    for path in [root / "constraints.txt", *sorted(files_of(code, root))]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:12]


def cache_path(chapter: str, code: str, root: Path) -> Path:
    """Where the outputs of this chapter, with this very library, are kept.

    No two chapters share a folder: jupyter-cache, when it has stored one notebook, can take another
    that a second process is just storing there for one too many, and remove it.
    """
    return root / FOLDER / chapter / library_hash(code, root)


def code_of(text: str) -> str | None:
    """The code cells of a chapter, or None for a page that is not executed."""
    if not is_myst_markdown_notebook(text):
        return None
    return _cells(text)


@functools.cache
def _cells(text: str) -> str:
    cells = read_myst_markdown_notebook(text).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "code")


def set_environment(root: Path) -> None:
    """Kernels inherit it: no progress bars on pages, no widgets; one thread, so that sums come out
    alike."""
    os.environ[QUIET] = os.environ[STILL] = "1"
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # A profile of their own: nobody's startup files run in a chapter, and kernels that run at the
    # same time share no history. They have nothing to say but errors.
    profile = root / FOLDER / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "ipython_kernel_config.py").write_text(
        'c = get_config()\nc.HistoryManager.enabled = False\nc.IPKernelApp.log_level = "ERROR"\n'
    )
    os.environ["IPYTHONDIR"] = str(profile.parent)


def use_own_cache(app, docname: str, content: list[str]) -> None:
    """Before a page is read: name its cache, and remember by what."""
    code = code_of(content[0])
    if code is not None:
        path = cache_path(docname, code, Path(app.srcdir))
        app.env.mystnb_config = app.env.mystnb_config.copy(execution_cache_path=str(path))
        app.env.metadata[docname][KEY] = path.name


def outdated(app, env, added, changed, removed) -> list[str]:
    """Pages that depend on something that is no longer as it was."""
    root, found = Path(app.srcdir), []
    for doc in sorted(env.found_docs - added - changed):
        path = Path(env.doc2path(doc))
        code = code_of(path.read_text("utf-8")) if path.suffix == ".md" else None
        if code is not None and env.metadata[doc].get(KEY) != library_hash(code, root):
            found.append(doc)
    # For those who ask later and rewrite what is made from several chapters (tools/ledger.py).
    changed.update(found)
    return found


def setup(app):
    set_environment(Path(app.srcdir))
    app.connect("source-read", use_own_cache)
    app.connect("env-get-outdated", outdated, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "2"}
