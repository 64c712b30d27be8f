"""The whole book as one PDF, printed from the built site by a headless Chromium.

    python -m tools.pdf [--site FOLDER] [--toc FILE] [--out FILE]

The articles of all pages are put into one document (assembling.py), so that links between pages
are links inside it and fonts and pictures are in it once; Chromium prints it twice, the second time
with the page numbers of the contents (printing.py); bookmarks and metadata follow (finishing.py).
"""
