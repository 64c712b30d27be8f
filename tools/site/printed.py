"""A Sphinx extension: the site links the book as one PDF, where `make pdf` has printed it."""
