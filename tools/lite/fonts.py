"""The list of fonts in Pyodide's matplotlib, mended, so that the first figure comes at once.

The wheel brings a list that names the version of another matplotlib. This one does not take it,
looks at each font for seconds, and prints a warning in red below the reader's first figure.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile

LIST, CODE = "matplotlib/fontlist.json", "matplotlib/font_manager.py"


def mended(wheel: bytes) -> bytes:
    """The wheel with a list of fonts that its own code takes.

    Raises:
        ValueError: the wheel has no such list, or names no version of it where it was looked for.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        entries = {info.filename: (info, archive.read(info)) for info in archive.infolist()}
    if LIST not in entries or CODE not in entries:
        raise ValueError(f"matplotlib's wheel has not both {LIST} and {CODE}")
    version = re.search(rb"^    __version__ = (\d+)$", entries[CODE][1], re.MULTILINE)
    if version is None:
        raise ValueError(f"{CODE} does not say which version of the list it takes")
    info, content = entries[LIST]
    content, count = re.subn(rb'("_version": )\d+', rb"\g<1>" + version[1], content)
    if count != 1:
        raise ValueError(f'{LIST} has "_version" {count} times, expected once')
    entries[LIST] = (info, content)
    for name, (info, text) in list(entries.items()):
        if name.endswith(".dist-info/RECORD"):
            entries[name] = (info, _recorded(text, content))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, text in entries.values():
            archive.writestr(info, text)
    return packed.getvalue()


def _recorded(record: bytes, content: bytes) -> bytes:
    """The wheel's list of its files, with the new list of fonts."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    line = f"{LIST},sha256={digest},{len(content)}"
    return re.sub(rf"^{re.escape(LIST)},[^\r\n]*".encode(), line.encode(), record, flags=re.M)
