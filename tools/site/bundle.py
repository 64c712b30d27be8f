"""What the page's worker loads: the library as one archive, and the list of all parts with sizes.

The archive is named with a hash of its contents, and Pyodide's files are asked for with theirs, so
that no cache serves an old one in place of a new one.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

LIBRARY = "bnlib"
# What needs files of a submission, a sandbox or a command line.
LEFT_OUT = ("grader", "commands")
MANIFEST = "manifest.js"
# From _static/live/, where the list lies, to the root of the site, and from there.
SCRIPTS = "_static/live"
PYODIDE = "vendor/pyodide"
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
PACKAGES = {
    "numpy": ("numpy",),
    # Without what only its other back ends need: fonttools, pytz, matplotlib-pyodide.
    "matplotlib": (
        "matplotlib",
        "contourpy",
        "cycler",
        "kiwisolver",
        "packaging",
        "pillow",
        "pyparsing",
        "python-dateutil",
        "six",
    ),
}

_DATE = (1980, 1, 1, 0, 0, 0)


def archive(root: Path) -> bytes:
    """The library as a zip archive, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for path in sorted((root / LIBRARY).rglob("*")):
            name = path.relative_to(root)
            if path.is_file() and name.parts[1] not in LEFT_OUT and path.suffix != ".pyc":
                info = zipfile.ZipInfo(name.as_posix(), _DATE)
                package.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def manifest(pyodide: Path, bundle: str, content: bytes) -> dict:
    """All that the worker downloads: each file as [address, bytes, hash], by what it is for.

    pyodide: the folder of its files. bundle: the archive's name, and its content. Addresses are
    relative to ``root``, which is relative to the list's own place. ``version`` is a hash of all.

    Raises:
        FileNotFoundError: a file that the worker needs is not in the folder.
    """
    lock = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
    rows = {
        group: [_row(pyodide, lock["packages"][name]["file_name"]) for name in names]
        for group, names in PACKAGES.items()
    }
    parts = {
        "info": lock["info"],
        "core": [_row(pyodide, name) for name in CORE],
        "packages": {
            LIBRARY: [[f"{SCRIPTS}/{bundle}", len(content), short_hash(content)]],
            **rows,
        },
    }
    version = short_hash(json.dumps(parts).encode())
    return {"root": "../../", "pyodide": f"{PYODIDE}/", "version": version, **parts}


def _row(folder: Path, name: str) -> list:
    content = (folder / name).read_bytes()
    return [f"{PYODIDE}/{name}", len(content), short_hash(content)]


def write(root: Path, pyodide: Path | None, site: Path) -> None:
    """Lay the archive and the list beside the runtime's scripts in the built site.

    Without Pyodide the list is null, and nothing can be run.
    """
    target = site / SCRIPTS
    target.mkdir(parents=True, exist_ok=True)
    content = archive(root)
    bundle = f"{LIBRARY}-{short_hash(content)}.zip"
    for old in target.glob(f"{LIBRARY}-*.zip"):
        if old.name != bundle:
            old.unlink()
    listed = None
    if pyodide is not None:
        (target / bundle).write_bytes(content)
        listed = manifest(pyodide, bundle, content)
    text = json.dumps(listed, separators=(",", ":"))
    (target / MANIFEST).write_text(f"export const manifest = {text};\n", "utf-8")
