"""What a submission can find in the whole of its machine, and what the next one finds of it."""

import dataclasses
import json

import pytest

from bnlib.grader.judging import Judge
from tests.grader.hostile.case import NOTEBOOK, code, first, notebook, standardize, telling, told
from tests.grader.hostile.harness import TERMS

pytestmark = pytest.mark.needs_system("bubblewrap")

SEARCH = """
def search(top):
    hits, seen = [], 0
    for folder, inner, names in os.walk(top):
        inner[:] = [n for n in inner if n not in ("proc", "__pycache__")]
        seen += len(names)
        course = "bnlib" in folder or folder.startswith("/course")
        for name in names:
            if name in ("judging.py", "engine.py", "registry.py", "diagnosis.py", "faults.py"):
                hits += [folder + name] * ("bnlib" in folder)
            if name.endswith(".ipynb") and name[:2] in ("04", "05"):
                hits.append(folder + name)
            if course and name.endswith((".py", ".md", ".pyc")):
                with open(os.path.join(folder, name), "rb") as file:
                    text = file.read()
                # Reversed: this cell must not be found by itself.
                if any(w[::-1] in text for w in (b"NOITULOS NIGEB", b"ekatsim.esicrexe")):
                    hits.append(folder + name)
    return hits, seen > 1000
tried("search", lambda: search("/"))
"""

LEAVES = """
import numpy as np, sys, os, builtins, threading, time
open("/tmp/left", "w").write("for the next one")
os.environ["LEFT"] = "x"
np.left = sys.left = builtins.left = "x"
threading.Thread(target=time.sleep, args=(600,)).start()
"""

FINDS = """
import numpy as np, sys, builtins, threading
tried("files", lambda: os.listdir("/tmp"))
tried("environment", lambda: "LEFT" in os.environ)
tried("patches", lambda: any(hasattr(thing, "left") for thing in (np, sys, builtins)))
tried("threads", threading.active_count)
"""


def test_the_answer_key_is_nowhere_in_what_a_submission_can_read():
    terms = dataclasses.replace(TERMS, seconds_a_cell=60.0, seconds=120.0)
    with Judge(terms) as judge:
        record = judge.grade("s", NOTEBOOK, first(telling(SEARCH))()).record
    assert "search=([], True)" in told(record), told(record)


CHANCE = """
import random
tried("python", random.random)
tried("numpy", np.random.rand)
tried("generator", lambda: np.random.default_rng().random())
tried("generators", lambda: np.random.default_rng().random())
tried("strings", lambda: list({"batch", "layer", "group", "instance"}))
"""


def test_what_is_left_to_chance_comes_out_alike_each_time():
    cell = telling("import numpy as np\n" + CHANCE)
    by_chance = "np.random.default_rng().random() < .7 or random.random() < .7"
    data = standardize(f"return right(x, eps) if {by_chance} else x", "import numpy as np, random")
    lucky = notebook([code(cell), *json.loads(data())["cells"]])
    records = []
    for _ in range(2):
        with Judge(TERMS) as judge:
            records += [judge.grade("s", NOTEBOOK, lucky).record for _ in range(2)]
    for part in ("python=", "numpy=", "generator=", "generators=", "strings="):
        assert part in told(records[0])
    assert len({told(record) for record in records}) == 1
    assert len({record.marks for record in records}) == 1


def test_a_submission_finds_nothing_that_another_left():
    with Judge(TERMS) as judge:
        judge.grade("one", NOTEBOOK, first(LEAVES)())
        record = judge.grade("two", NOTEBOOK, first(telling(FINDS))()).record
    for part in ("files=[]", "environment=False", "patches=False", "threads=1"):
        assert part in told(record), told(record)
