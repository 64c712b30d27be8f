"""Packages of this very environment, packed as wheels for the kernel in the browser.

What the notebooks import there is what they import here: bnlib as it stands in the tree, and the
installed ipywidgets and anywidget, whose versions constraints.txt pins. All are pure Python; of a
package that brings compiled modules beside its sources, the sources go.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from importlib.metadata import distribution
from io import BytesIO
from pathlib import Path, PurePosixPath

# Any fixed moment, so that the same files give the same wheel.
MOMENT = (1980, 1, 1, 0, 0, 0)
# What a notebook of the course never reaches: the grader and the tools of authors.
LEFT_OUT = {"grader", "commands", "authoring"}


def pack(name: str, version: str, files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """File name and bytes of a pure Python wheel.

    Args:
        files: contents by path, such as "bnlib/cache.py".
    """
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    wheel = "Wheel-Version: 1.0\nGenerator: tools.lite\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": wheel.encode(),
    }
    record = "".join(
        f"{path},sha256={_digest(content)},{len(content)}\n" for path, content in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return f"{stem}-py3-none-any.whl", packed.getvalue()


def library(root: Path) -> dict[str, bytes]:
    """What of bnlib a notebook can reach, by path: modules and the data beside them."""
    package = root / "bnlib"
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(package.rglob("*"))
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.relative_to(package).parts[0] not in LEFT_OUT
    }


def installed(name: str) -> tuple[str, dict[str, bytes]]:
    """Version and files of an installed distribution, without scripts and compiled modules.

    Raises:
        importlib.metadata.PackageNotFoundError: it is not installed.
    """
    found = distribution(name)
    files = {
        path.as_posix(): Path(found.locate_file(path)).read_bytes()
        for path in sorted(found.files or ())
        if _is_source(path)
    }
    return found.version, files


def _is_source(path: PurePosixPath) -> bool:
    top = path.parts[0]
    return (
        not top.startswith((".", "/"))
        and not top.endswith((".dist-info", ".data", ".so", ".pth"))
        and not {"__pycache__", "tests", "labextension", "nbextension"} & set(path.parts)
        and path.suffix not in {".pyc", ".so", ".pyd"}
    )


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
