"""All hostile and broken submissions, by what they try."""

from tests.grader.hostile.cases import (
    ending,
    escape,
    files,
    forgery,
    honest,
    memory,
    patching,
    tensors,
    time,
    values,
)

GROUPS = {
    "time": time.CASES,
    "memory": memory.CASES,
    "ending": ending.CASES,
    "escape": escape.CASES,
    "forgery": forgery.CASES,
    "patching": patching.CASES,
    "values": values.CASES,
    "tensors": tensors.CASES,
    "honest": honest.CASES,
    "files": files.CASES,
}
CASES = tuple(case for group in GROUPS.values() for case in group)
