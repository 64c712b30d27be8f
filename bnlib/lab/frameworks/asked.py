"""Ask one library everything: python -m bnlib.lab.frameworks.asked MODULE prints rows as JSON."""

from __future__ import annotations

import importlib
import json
import sys

from bnlib.lab.frameworks import alike
from bnlib.lab.frameworks.questions import QUESTIONS


def rows(module) -> list[dict]:
    """One row a question that the module, or all libraries alike, can be asked."""
    common = {ask.__name__: ask for ask in alike.ALIKE}
    found = []
    for key, question in QUESTIONS.items():
        own = getattr(module, key, None)
        if own is not None:
            answer, how = own(), own.__doc__
        elif key in common:
            answer, how = common[key](module.make), common[key].__doc__
        else:
            continue
        how = " ".join(how.split())
        row = {"version": module.VERSION, "key": key, "question": question}
        found.append({**row, "answer": answer, "how": how})
    return found


if __name__ == "__main__":
    print(json.dumps(rows(importlib.import_module(f"bnlib.lab.frameworks.{sys.argv[1]}"))))
