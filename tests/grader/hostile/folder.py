"""What lies in a hostile folder: honest work, hostile work under hostile names, and tricks."""

import contextlib
import io
import os
import socket
import stat
import zipfile
from pathlib import Path

from tests.grader.hostile.case import first, notebook, solved
from tests.grader.hostile.cases import CASES
from tests.grader.hostile.harness import HONEST as NEIGHBOURS

BY_ID = {case.id: case for case in CASES}
RIGHT = NEIGHBOURS["right"]
HONEST = {
    "abe.ipynb": RIGHT,
    "max.ipynb": NEIGHBOURS["mistaken"],
    "zoe/04_algorithm.ipynb": notebook(solved(streaming_mean_var="pass")),
}
# A student's name, and the case that is handed in under it.
ATTACKERS = {
    "<img src=x onerror=window.ran=1>": "raises-html",
    '"><svg onload=window.ran=1>': "named-to-be-shown",
    "<script>window.ran=1<": "sleep",
    "javascript:window.ran=1": "script-in-outputs",
    "`<b onmouseover=window.ran=1>`": "pickle",
    "{{ 7 * 7 }}{% raw %}": "second-call",
    '=HYPERLINK("http:x","y")': "patched-check",
    "[bold red]'; DROP TABLE records; --": "fork-bomb",
    "two\nlines\r\x1b[31m\x07": "kill-everybody",
    "\u202egpj.olleh": "deletes-everything",
    "Abe": "broken-cells",
    "x" * 200: "loop",
    "con": "exit-in-a-function",
    "-rf": "output",
    "gradebook.sqlite": "gradebook",
    "grades.csv": "exit-in-a-cell",
    "c:\\windows": "flooded",
    "%2e%2e%2fclass": "right-values-wrong-shape",
    "Å\u0301\u0302\u0303\u0304\u0305\u0306": "many-arrays",
    "Andr\udce9": "float32",  # a byte that is not UTF-8, as Python holds it
    "04": "truncated",
    "dots..": "stub",
    "empty": "empty-file",
    "large": "fifty-megabytes",
}
# What becomes of it as the id of a student: what cannot be stored is written out.
IDS = {"Andr\udce9": "Andr\\udce9"}
FORGER = """\
import os, pathlib
for place in {places!r}:
    place = pathlib.Path(place)
    for name in ("grades.csv", "gradebook.sqlite", "class.html", "results.json", "hostile.txt"):
        try:
            place.mkdir(parents=True, exist_ok=True)
            (place / name).write_text("forger,30")
        except OSError:
            pass
"""

# Graded besides: the archives that hold a notebook.
PACKED = {"climber": 30, "disguised": 23, "deep": 30}
# Not graded, and what is said of each.
REFUSED = {
    "link": "link.ipynb is a symbolic link",
    "key": "key.ipynb is a symbolic link",
    "thief": "thief.ipynb is a symbolic link",
    "lane": "lane is a symbolic link",
    "endless": "endless.ipynb is a symbolic link",
    "itself": "itself.ipynb is a symbolic link",
    "pipe": "pipe.ipynb is a FIFO",
    "socket": "socket.ipynb is a socket",
    "box": "box.ipynb is a folder, not a file",
    "bomb": "04_algorithm.ipynb unpacks to more than 300 times its size",
    "broken": "broken.zip cannot be unpacked",
    "y" * 240: "is no id",
    "climber's": "'../../escaped.ipynb' leads out of the archive",
    "climber's other": "'/outside.ipynb' leads out of the archive",
}
DEVICE = "device.ipynb is a device"


def fill_honestly(folder: Path) -> None:
    """Hand in the honest work."""
    for name, data in HONEST.items():
        put(folder, name, data)


def fill_hostilely(folder: Path, outside: Path, within: list[Path]) -> socket.socket:
    """Hand in everything else.

    Args:
        outside: a folder that links lead to. within: where the forger looks for grades.

    Returns:
        what listens at a socket in the folder, to be closed.
    """
    put(outside, "key.ipynb", RIGHT)
    for name, case in ATTACKERS.items():
        put(folder, f"{name}.ipynb", BY_ID[case].data())
    forged = FORGER.format(places=[str(place) for place in (*within, folder, outside, "/tmp")])
    wrong = "def standardize_batch(x, eps):\n    return x\n"
    put(folder, "forger.ipynb", first(forged, standardize_batch=wrong)())
    return _add_tricks(folder, outside)


def put(folder, name, data):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def _add_tricks(folder: Path, outside: Path) -> socket.socket:
    """Links, archives and files that are none; the socket is to be closed."""
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    (folder / "key.ipynb").symlink_to(outside / "key.ipynb")
    (folder / "thief.ipynb").symlink_to("abe.ipynb")
    (folder / "lane").symlink_to("zoe")
    (folder / "endless.ipynb").symlink_to("/dev/zero")
    (folder / "itself.ipynb").symlink_to("itself.ipynb")
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "box.ipynb").mkdir()
    put(folder / "box.ipynb", "04_algorithm.ipynb", RIGHT)
    put(folder, "y" * 240 + ".ipynb", RIGHT)
    listener = socket.socket(socket.AF_UNIX)
    descriptor = os.open(folder, os.O_RDONLY)
    try:  # the whole path may be too long for a socket's address
        listener.bind(f"/proc/self/fd/{descriptor}/socket.ipynb")
    finally:
        os.close(descriptor)
    # Root alone may, and not in every container.
    with contextlib.suppress(PermissionError):
        os.mknod(folder / "device.ipynb", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    deep = io.BytesIO()
    with zipfile.ZipFile(deep, "w") as inner:
        inner.writestr("04_algorithm.ipynb", RIGHT)
    for name, members in {
        "climber": {
            "../../escaped.ipynb": RIGHT,
            "/outside.ipynb": RIGHT,
            "04_algorithm.ipynb": RIGHT,
        },
        "disguised": {"abe/04_algorithm.ipynb": NEIGHBOURS["mistaken"]},
        "bomb": {"04_algorithm.ipynb": bytes(60 << 20)},
        "deep": {"a.zip": deep.getvalue()},
    }.items():
        with zipfile.ZipFile(folder / f"{name}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for member, data in members.items():
                archive.writestr(member, data)
    put(folder, "broken.zip", b"PK\3\4" + bytes(5000))
    return listener
