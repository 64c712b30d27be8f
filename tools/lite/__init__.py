"""JupyterLite in the site: the exercises as notebooks that need nothing installed.

`assemble` writes the folder `lite/` of a built site: JupyterLab's Notebook from jupyterlite-core,
the Pyodide kernel, the students' notebooks, and the packages that these import. Pyodide itself is
the site's own copy, in vendor/pyodide/.
"""

from tools.lite.assembling import assemble, stamp

__all__ = ["assemble", "stamp"]
