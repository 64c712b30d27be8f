"""What runs inside the sandbox: a warm parent, and one child of it for each submission.

Nothing here, and nothing that it imports, holds an answer: see ``sandbox.view`` for the list of
files that a submission can read.
"""
