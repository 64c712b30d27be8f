"""Figures of the book, one module a chapter: they take plain data and return a Figure."""
