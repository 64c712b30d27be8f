"""`python -m bnlib.commands`: the command line, where the script is not on the path."""

from bnlib.commands import main

main()
