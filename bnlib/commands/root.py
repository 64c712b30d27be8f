"""The command group that the others belong to."""

import click

import bnlib as library
from bnlib.commands.catalogue import checks
from bnlib.commands.grade import grade
from bnlib.commands.notebook import check


@click.group()
@click.version_option(library.__version__, package_name="batchnorm-course")
def bnlib() -> None:
    """Batch normalization: check your notebook, grade a class, look after the exercises."""


bnlib.add_command(check)
bnlib.add_command(checks)
bnlib.add_command(grade)
