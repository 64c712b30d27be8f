"""Grading a class: submissions go in, a gradebook and pages of feedback come out.

The judge runs the same checks as the notebook; the student's code runs in a sandbox, in a process
of its own, and is reached over a pipe. See ``book/threat_model.md`` for what that promises.
"""

# The one store of grades, in the folder of results.
GRADEBOOK = "gradebook.sqlite"
