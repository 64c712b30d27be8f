"""Experiments of the book, one module a chapter: they return plain data and draw nothing."""
