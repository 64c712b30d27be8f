"""How exercises are written: one text a notebook, with the solutions marked in it.

Whatever is made of these texts needs the repository: the installed package does not hold them.
"""
