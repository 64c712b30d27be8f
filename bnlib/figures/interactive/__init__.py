"""Figures that move under the hand: on the site, in JupyterLab and in JupyterLite alike.

A figure is a module with a class and a JavaScript file of the same name. Nothing is imported here,
so that a chapter depends on the figures that it shows and on no other:

    from bnlib.figures.interactive.batch import Batch
    Batch()
"""

# A variable of the environment, set where a page of the site is made (tools/execution_cache.py):
# there is a kernel, but no front-end for widgets.
STILL = "BNLIB_STILL_FIGURES"
