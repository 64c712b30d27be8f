"""The small programs of chapter 12, and what they print: python -m tools.snippets [NAME ...].

A program stands in book/snippets/NAME.py, what it prints in book/snippets/NAME.txt, where the
chapter shows both. Each runs in a process of its own; Keras runs on PyTorch.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bnlib.lab.frameworks import SETTINGS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "book" / "snippets"
# What a program needs besides bnlib, by the beginning of its name.
PACKAGES = {"torch": ("torch",), "keras": ("keras", "torch"), "flax": ("flax", "jax", "optax")}


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def run(name: str) -> str:
    """What a program prints. Raises RuntimeError, with its last words, if it fails."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, FOLDER / f"{name}.py"],
            env={**os.environ, **SETTINGS, "KERAS_HOME": home, "PYTHONPATH": str(ROOT)},
            cwd=home,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise RuntimeError(f"{name}.py failed:\n{done.stderr}")
    return done.stdout


def main() -> None:
    for name in sys.argv[1:] or names():
        text = run(name)
        (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8")
        print(f"{name}.txt:\n{text}")


if __name__ == "__main__":
    main()
