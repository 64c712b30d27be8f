"""The folder lite/ of the site: JupyterLite's files, the notebooks, and what they import."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import bnlib
from tools.lite import program
from tools.lite.fonts import mended
from tools.lite.locking import START, canonical, entry, lock
from tools.lite.notebooks import handed_out
from tools.lite.wheels import installed, library, pack

# What each package of this environment needs beside itself, and by what it is imported.
DEPENDS = {
    "typing_extensions": (),
    "psygnal": (),
    "comm": (),
    "jupyterlab_widgets": (),
    "ipywidgets": ("comm", "ipython", "traitlets", "jupyterlab_widgets", "widgetsnbextension"),
    "anywidget": ("ipywidgets", "psygnal", "typing_extensions"),
}
# Of the kernel's own wheels.
KERNEL = {
    "piplite": ("micropip",),
    "pyodide_kernel": ("ipython",),
    "ipykernel": (),
    "widgetsnbextension": (),
}
MOMENT = "1980-01-01T00:00:00Z"
WHEELS, STAMP, PROGRAM = "wheels", "course.stamp", "program.stamp"


def stamp(root: Path, pyodide: Path) -> str:
    """Changes when notebooks, packages or the lock file would come out different."""
    digest = hashlib.sha256(program.stamp(START).encode())
    parts = [*sorted(Path(__file__).parent.glob("*.py")), pyodide / "pyodide-lock.json"]
    parts += sorted((root / "exercises").glob("*.ipynb"))
    for path in parts:
        digest.update(path.name.encode() + path.read_bytes())
    for name, content in library(root).items():
        digest.update(name.encode() + content)
    for name in DEPENDS:
        digest.update(f"{name} {installed(name)[0]}\n".encode())
    return digest.hexdigest()


def assemble(target: Path, root: Path, pyodide: Path) -> bool:
    """Bring the folder up to date.

    Args:
        target: the folder lite/ of the site.
        root: the repository.
        pyodide: Pyodide's files, in vendor/pyodide/ beside the folder.

    Returns:
        Whether there was anything to do.
    """
    now = stamp(root, pyodide)
    if _read(target / STAMP) == now:
        return False
    (target / STAMP).unlink(missing_ok=True)
    if _read(target / PROGRAM) != program.stamp(START):
        program.install(target, START)
        (target / PROGRAM).write_text(program.stamp(START))
    _write_packages(target, root, pyodide)
    _write_notebooks(target, root)
    (target / STAMP).write_text(now)
    return True


def _write_packages(target: Path, root: Path, pyodide: Path) -> None:
    folder = target / WHEELS
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def keep(name, version, files):
        file, content = pack(name, version, files)
        (folder / file).write_bytes(content)
        return f"../../{target.name}/{WHEELS}/{file}", content

    own = {}
    for name, depends in DEPENDS.items():
        own[canonical(name)] = entry(name, *keep(name, *installed(name)), depends, [name])
    wheels = target / program.KERNEL
    for name, depends in KERNEL.items():
        wheel = max(wheels.glob(f"{name}-*.whl"))
        path = f"../../{target.name}/{program.KERNEL}/{wheel.name}"
        own[canonical(name)] = entry(name, path, wheel.read_bytes(), depends, [name])
    needs = ("numpy", "matplotlib", "ipywidgets", "anywidget")
    own["bnlib"] = entry(
        "bnlib", *keep("bnlib", bnlib.__version__, library(root)), needs, ["bnlib"]
    )

    given = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))
    matplotlib = given["packages"]["matplotlib"]
    fonts = mended((pyodide / matplotlib["file_name"]).read_bytes())
    # It needs matplotlib, and so it is unpacked over it.
    own["matplotlib-fonts"] = entry(
        "matplotlib-fonts", *keep("matplotlib-fonts", matplotlib["version"], fonts), ["matplotlib"]
    )
    text = lock(given, own, keep("empty", "0", {}), pyodide)
    (folder / "pyodide-lock.json").write_text(text, "utf-8")


def _write_notebooks(target: Path, root: Path) -> None:
    files, listing = target / "files", target / "api" / "contents" / "all.json"
    for folder in (files, listing.parent):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    listed = []
    common = {"created": MOMENT, "last_modified": MOMENT, "content": None, "writable": True}
    for name, text in handed_out(root).items():
        (files / name).write_text(text, "utf-8")
        kind = {"type": "notebook", "format": "json", "mimetype": None}
        listed.append({"name": name, "path": name, "size": len(text.encode()), **kind, **common})
    top = {"name": "", "path": "", "type": "directory", "format": "json", "mimetype": None}
    listing.write_text(json.dumps({**common, **top, "size": None, "content": listed}), "utf-8")


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
