"""The command line: `bnlib check NOTEBOOK`, and `bnlib checks` for who writes exercises."""

import sys


def main() -> None:
    """Run the command line, or say what it needs."""
    try:
        from bnlib.commands.root import bnlib
    except ImportError as error:
        sys.exit(f"{error.name} is missing: pip install 'batchnorm-course[check]'")
    bnlib()
