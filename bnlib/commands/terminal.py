"""Texts of strangers on a terminal."""


def printable(text: str) -> str:
    """Without what would steer a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)[:300]
