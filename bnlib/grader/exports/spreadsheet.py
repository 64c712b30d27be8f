"""CSV files that a spreadsheet opens without harm, written whole or not at all."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable
from pathlib import Path

# What makes Excel, LibreOffice or Google Sheets compute a cell rather than show it; the wide
# forms do so in Japanese and Chinese versions. Tab and carriage return are replaced before.
_TRIGGERS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
# At the start of the text, and behind whatever some spreadsheet takes for the end of a cell: one
# set to semicolons splits our cells at theirs, and starts one anew behind a quotation mark.
_FORMULA = re.compile(rf"(^|[;,|\"])(\s*)(?=[{_TRIGGERS}])")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
# C0 and C1 controls, and the two separators that count as line ends.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class ExportError(Exception):
    """The file cannot be made; the message says why. A file of that name is as it was."""


def text(value: str) -> str:
    """A text as a cell shows it, never computed.

    An apostrophe goes before whatever would start a formula (the remedy of OWASP's "CSV
    injection"); control characters become spaces. Plain numbers and usual ids, names and
    addresses come back unchanged.
    """
    shown = _CONTROLS.sub(" ", value).encode("utf-8", "replace").decode("utf-8")
    if _NUMBER.fullmatch(shown):
        return shown
    return _FORMULA.sub(r"\1'\2", shown)


def number(value: float) -> str:
    """Points to four decimals, without an exponent or needless zeros: "7.5", "24", "0"."""
    return f"{value + 0.0:.4f}".rstrip("0").rstrip(".")


def write(path: Path, rows: Iterable[Iterable[str]]) -> None:
    """Write rows as CSV (RFC 4180, UTF-8), in place of a file of that name.

    The rows may come from a generator; where it raises, or the process ends, the earlier file is
    still there and whole.

    Raises:
        ExportError: the folder or the disk does not take it, or the file is held open.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        try:
            with open(part, "w", newline="", encoding="utf-8") as file:
                csv.writer(file, lineterminator="\r\n").writerows(rows)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(
            f"cannot write {path}: {error.strerror}; is it open in a spreadsheet?"
        ) from error
