"""The command line: `bnlib check NOTEBOOK`, and `bnlib checks` for who writes exercises."""

import gc
import sys


def main() -> None:
    """Run the command line, or say what it needs."""
    gc.disable()  # while a command is imported, of which nothing goes; `root` ends it
    try:
        from bnlib.commands.root import bnlib
    except ImportError as error:
        sys.exit(f"{error.name} is missing: pip install 'batchnorm-course[check]'")
    try:
        bnlib()
    finally:
        # Python ends by looking several times through all that there is for what refers to
        # itself; it takes longer than to free it. What is open was closed before.
        gc.freeze()
