"""The command group that the others belong to."""

from __future__ import annotations

import gc
import importlib

import click

import bnlib as library

# Where each command is, in what it says of itself, and the extra that brings what it imports.
_COMMANDS = {
    "check": ("bnlib.commands.notebook", "Run a notebook and print its score table.", "check"),
    "checks": ("bnlib.commands.catalogue", "Look after the exercises and their checks.", "check"),
    "export": ("bnlib.commands.export", "Make what other grading systems take in.", "grade"),
    "grade": ("bnlib.commands.grade", "Grade a folder of submissions.", "grade"),
}


class _Lazy(click.Group):
    """Imports a command when it is run: none needs the libraries of another."""

    def list_commands(self, context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, context, name: str):
        if name not in _COMMANDS:
            return None
        module, _, extra = _COMMANDS[name]
        try:
            return getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "bnlib":
                raise
            raise click.ClickException(
                f"{error.name} is missing: pip install 'batchnorm-course[{extra}]'"
            ) from None
        finally:
            gc.enable()

    def format_commands(self, context, formatter) -> None:
        """Name the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in self.list_commands(context)])


@click.group(cls=_Lazy)
@click.version_option(library.__version__, package_name="batchnorm-course")
def bnlib() -> None:
    """Batch normalization: check your notebook, grade a class, look after the exercises."""
