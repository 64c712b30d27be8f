"""What runs in the reader's browser, under Pyodide: cells, their order, and what they show.

Pure Python on the standard library alone, so that the same code is tested in CPython.
"""
