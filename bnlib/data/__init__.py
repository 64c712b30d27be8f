"""Data that come with the package."""

from bnlib.data.handwriting import digits

__all__ = ["digits"]
