"""The list of fonts in Pyodide's matplotlib, mended, so that the first figure comes at once.

The wheel brings a list that names the version of another matplotlib. This one does not take it,
looks at each font for seconds, and prints a warning in red below the reader's first figure. A small
wheel that is installed after matplotlib's puts the list with the right version in its place.
"""

from __future__ import annotations

import io
import re
import zipfile

LIST, CODE = "matplotlib/fontlist.json", "matplotlib/font_manager.py"


def mended(wheel: bytes) -> dict[str, bytes]:
    """The list that the code in a wheel of matplotlib takes, by its path.

    Raises:
        ValueError: the wheel has no such list, or names no version of it where it was looked for.
    """
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        if not {LIST, CODE} <= set(archive.namelist()):
            raise ValueError(f"matplotlib's wheel has not both {LIST} and {CODE}")
        fonts, code = archive.read(LIST), archive.read(CODE)
    version = re.search(rb"^    __version__ = (\d+)$", code, re.MULTILINE)
    if version is None:
        raise ValueError(f"{CODE} does not say which version of the list it takes")
    fonts, count = re.subn(rb'("_version": )\d+', rb"\g<1>" + version[1], fonts)
    if count != 1:
        raise ValueError(f'{LIST} has "_version" {count} times, expected once')
    return {LIST: fonts}
