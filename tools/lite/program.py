"""JupyterLite's own files: jupyterlite-core unpacks and configures them, with two applications.

Notebook's page for one notebook, and the list of notebooks that its menu leads to. The build takes
some seconds, and is done anew only where a version or a setting has changed.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

SETTINGS = Path(__file__).with_name("jupyter-lite.json")
LINKS = Path(__file__).with_name("site_links.js")
APPLICATIONS = ("notebooks", "tree")
# Of what JupyterLab finds installed, what the notebooks need: the kernel, and widgets.
EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@jupyterlite/pyodide-kernel-extension",
    "anywidget",
)
KERNEL = "extensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
PACKAGES = (
    "anywidget",
    "jupyterlab_widgets",
    "jupyterlite-core",
    "jupyterlite-pyodide-kernel",
)


def stamp(start: tuple[str, ...]) -> str:
    """Changes when the files of a kernel that starts with these would come out different."""
    digest = hashlib.sha256(" ".join(start).encode())
    for name in PACKAGES:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in (SETTINGS, LINKS, Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def settings(start: tuple[str, ...]) -> dict:
    """jupyter-lite.json; the kernel starts with these packages."""
    written = json.loads(SETTINGS.read_text("utf-8"))
    plugins = written["jupyter-config-data"]["litePluginSettings"]
    plugins["@jupyterlite/pyodide-kernel-extension:kernel"]["loadPyodideOptions"] = {
        "lockFileURL": "./wheels/pyodide-lock.json",
        "packages": list(start),
    }
    return written


def install(target: Path, start: tuple[str, ...]) -> None:
    """Write JupyterLite into a folder, which is emptied before.

    Raises:
        RuntimeError: jupyterlite-core failed; with what it printed.
    """
    extensions = Path(sys.prefix, "share", "jupyter", "labextensions")
    with tempfile.TemporaryDirectory() as folder:
        lite = Path(folder)
        (lite / "jupyter-lite.json").write_text(json.dumps(settings(start)), "utf-8")
        configuration = {
            "LiteBuildConfig": {
                "apps": APPLICATIONS,
                "disable_addons": ["archive", "contents", "report", "serve"],
                "federated_extensions": [str(extensions / name) for name in EXTENSIONS],
                "ignore_sys_prefix": ["federated_extensions"],
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
                "output_dir": str(target),
            }
        }
        (lite / "jupyter_lite_config.json").write_text(json.dumps(configuration), "utf-8")
        # A process of its own: it keeps its records in the working folder, and prints much.
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", folder]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"jupyterlite-core failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    _add_links(target)


def _add_links(target: Path) -> None:
    (target / LINKS.name).write_bytes(LINKS.read_bytes())
    page = target / "notebooks" / "index.html"
    text = page.read_text("utf-8")
    script = f'<script type="module" src="../{LINKS.name}"></script>'
    # Named here too: a browser that finds none at once asks the root of the host for one.
    icon = '<link rel="icon" href="favicon.ico">'
    page.write_text(text.replace("</head>", f"  {icon}\n    {script}\n  </head>", 1), "utf-8")
