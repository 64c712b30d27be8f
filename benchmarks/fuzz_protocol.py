"""Fuzz the judge's end of the pipe, guided by coverage: `tests/grader/test_fuzz.py` for longer.

    python -m venv fuzzing && fuzzing/bin/pip install atheris==3.0.0 numpy msgpack pyseccomp
    fuzzing/bin/python -m benchmarks.fuzz_protocol --seconds 3600 [--write benchmarks/fuzz.csv]

An input is a conversation: what a submission's process says, as frames of structures with arrays,
or as bytes. The judge must come to an end that is documented (an outcome, or one of the exceptions
of ``Session.call``), in time. Whatever else comes out is a crash: its input is written to the
folder of --corpus. Runs from the project's root; nothing but atheris is needed beyond bnlib.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import atheris

with atheris.instrument_imports(include=["bnlib.grader", "bnlib.checks"]):
    from bnlib.checks import adapters, engine, registry  # noqa: F401 - instrumented
    from bnlib.checks.report import Report
    from bnlib.grader import remote
    from bnlib.grader.remote import RemoteCallee, Session
    from bnlib.grader.sandbox.warm import SandboxFailed
    from bnlib.grader.verdicts import Verdicts
    from bnlib.grader.wire import encoding, frames  # noqa: F401 - instrumented

from tests.grader import puppets

SECONDS = 0.2  # that a submission is waited for
PATIENCE = 60.0
SILENCE = 0.02  # that one is waited for that says no more and does not hang up
KNOWN = Verdicts(1 << 20)  # of all inputs: what one says must not change another's report
MOST_SECONDS = 5.0  # for one input, on a busy machine
MOST_MEMORY = 1024  # MiB, of the whole process
# What libFuzzer says at its end.
FIGURES = {
    "executions": r"number_of_executed_units: (\d+)",
    "executions a second": r"average_exec_per_sec: +(\d+)",
    "edges covered": r"cov: (\d+)",
    "inputs kept": r"corp: (\d+)",
    "slowest input in seconds": r"slowest_unit_time_sec: +(\d+)",
    "peak MiB": r"peak_rss_mb: +(\d+)",
}
TAGS = ["value", "raised", "stub", "late", "unjudged", "ask", "cell", "ready", "no walls", ""]
KINDS = ["a", "m", "s", "l", "t", "d", "n", "i", "c", "o", "h", "x"]
DTYPES = ["<f8", ">f8", "<f4", "<i8", "|b1", "<c16", "<f2", "|O", "<U9999", "<M8[ns]", "<f16", "?"]
NAMES = [
    "Cache",
    "Probe",
    "WeightNormCache",
    "DyTCache",
    "double",
    "Counter",
    "call",
    "new",
    "step",
]
EDGES = [-1, 0, 1, 2, 3, 6, 24, 2**20, 2**31, 2**40, 2**63 - 1, 2**64 - 1]


def integer(data) -> int:
    if data.ConsumeBool():
        return EDGES[data.ConsumeIntInRange(0, len(EDGES) - 1)]
    return data.ConsumeIntInRange(-10, 300)


def one_of(data, choices: list):
    return choices[data.ConsumeIntInRange(0, len(choices) - 1)]


def anything(data, depth: int = 0):
    """MessagePack-able data."""
    kind = data.ConsumeIntInRange(0, 7 if depth < 5 else 5)
    if kind == 0:
        return None
    if kind == 1:
        return integer(data)
    if kind == 2:
        return data.ConsumeFloat()
    if kind == 3:
        return data.ConsumeBytes(data.ConsumeIntInRange(0, 24))
    if kind == 4:
        return data.ConsumeUnicodeNoSurrogates(data.ConsumeIntInRange(0, 24))
    if kind == 5:
        return data.ConsumeBool()
    count = data.ConsumeIntInRange(0, 6)
    if kind == 6:
        return [anything(data, depth + 1) for _ in range(count)]
    return {one_of(data, NAMES): anything(data, depth + 1) for _ in range(count)}


def values(data, depth: int) -> list:
    return [value(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 5))]


def value(data, depth: int = 0):
    """A value as the wire has it, or nearly so."""
    if depth > 6 or data.ConsumeIntInRange(0, 9) == 0:
        return anything(data, 4)
    tag = one_of(data, KINDS)
    if tag in "am":
        shape = [integer(data) for _ in range(data.ConsumeIntInRange(0, 4))]
        return [tag, one_of(data, DTYPES), shape, integer(data)]
    if tag == "o":
        shape = [integer(data) for _ in range(data.ConsumeIntInRange(0, 4))]
        return [tag, one_of(data, DTYPES), shape]
    if tag == "s":
        return [tag, one_of(data, DTYPES), data.ConsumeBytes(data.ConsumeIntInRange(0, 16))]
    if tag in "lt":
        return [tag, values(data, depth)]
    if tag == "d":
        count = data.ConsumeIntInRange(0, 4)
        return [tag, [[value(data, depth + 1), value(data, depth + 1)] for _ in range(count)]]
    if tag == "n":
        return [tag, one_of(data, NAMES), values(data, depth)]
    if tag == "h":
        items = [data.ConsumeBool(), values(data, depth)] if data.ConsumeBool() else None
        return [tag, integer(data), one_of(data, NAMES), items]
    if tag == "i":
        return [tag, data.ConsumeUnicodeNoSurrogates(data.ConsumeIntInRange(0, 24))]
    return [tag, anything(data, 4), anything(data, 4)]


def question(data) -> list:
    """What a stand-in asks: of a function, for an object, or one that there may be."""
    way = data.ConsumeIntInRange(0, 3)
    if way == 0:
        return [one_of(data, NAMES), one_of(data, NAMES), ["t", values(data, 0)]]
    if way == 1:
        return ["double", "call", ["t", values(data, 0)]]
    if way == 2:
        return ["Counter", "new", ["t", [one_of(data, [0, 1.5, ["a", "<f8", [2], 0]])]]]
    state = [[one_of(data, ["values", "steps", "step"]), value(data)] for _ in range(2)]
    return ["Counter", "step", ["t", [integer(data), ["d", state], *values(data, 5)]]]


def message(data, call: int):
    """A message, mostly in the form that its tag has."""
    if data.ConsumeIntInRange(0, 7) == 0:
        return anything(data)
    tag = one_of(data, TAGS)
    if tag == "value":
        return [
            tag,
            call,
            value(data),
            [integer(data) for _ in range(data.ConsumeIntInRange(0, 3))],
        ]
    if tag == "ask":
        return [tag, *question(data)]
    if tag == "cell":
        return [tag, integer(data)]
    if tag == "ready":
        return [tag, {key: anything(data) for key in ("raised", "callable", "modules")}]
    return [tag, call, *(anything(data, 4) for _ in range(data.ConsumeIntInRange(0, 4)))]


def conversation(data) -> list[bytes]:
    """What a child says, turn by turn: the judge speaks in between."""
    turns = [puppets.ready()] if data.ConsumeBool() else []
    call = 1
    for _ in range(data.ConsumeIntInRange(0, 6)):
        if data.ConsumeIntInRange(0, 9) == 0:
            turns.append(data.ConsumeBytes(data.ConsumeIntInRange(0, 64)))
            break  # half a frame may be waited for
        structure = message(data, call)
        try:
            said = puppets.framed(structure, data.ConsumeBytes(data.ConsumeIntInRange(0, 64)))
        except (ValueError, OverflowError):  # of a number that MessagePack does not have
            continue
        # After a question the same call is still to be answered.
        call += not (isinstance(structure, list) and structure[:1] == ["ask"])
        if turns and data.ConsumeIntInRange(0, 9) == 0:
            turns[-1] += said  # before it was asked for
        else:
            turns.append(said)
    return turns


def judged(said: bytes | list[bytes]) -> None:
    """A whole exercise on what was said, to a report: twice, and by what is known of others."""
    reports = [
        report
        for judge in (_judged_anew, _judged_by_verdicts, _judged_by_verdicts)
        if (report := _report(said, judge)) is not None
    ]
    if len({repr(report) for report in reports}) > 1:
        raise AssertionError(f"one conversation, several reports: {reports}")
    for report in reports:
        if not 0 <= report.points < report.possible:
            raise AssertionError(f"{report.points} points for noise")


def _report(said: bytes | list[bytes], judge) -> Report | None:
    parent = puppets.Parent(said)
    # It hangs up, so nothing is waited for; on a busy machine nothing may be late either.
    with Session(parent, puppets.CELLS, puppets.NAMES, PATIENCE, PATIENCE) as session:
        try:
            session.facts()
        except SandboxFailed:
            return None
        return judge(session)


def _judged_anew(session) -> Report:
    exercise = registry.lookup("standardize_batch")
    return engine.run(exercise.name, RemoteCallee(session, exercise, seconds=PATIENCE), 3)


def _judged_by_verdicts(session: Session) -> Report:
    return KNOWN.report("standardize_batch", session, _judged_anew)


def one(raw: bytes) -> None:
    """One input: bytes in, and a documented end."""
    begun = time.monotonic()
    data = atheris.FuzzedDataProvider(raw)
    way = data.ConsumeIntInRange(0, 9)
    said = data.ConsumeBytes(sys.maxsize) if way == 0 else conversation(data)
    if way == 1:
        judged(said)
    elif way == 2:
        puppets.talk(puppets.Parent(said, stays=True), SILENCE)
    else:
        puppets.talk(puppets.Parent(said), SECONDS)
    seconds = time.monotonic() - begun
    if seconds > MOST_SECONDS:
        raise AssertionError(f"{seconds:.1f} seconds")


def fuzz(corpus: Path, seconds: int) -> None:
    """Run libFuzzer in this process, which it ends."""
    # Noise to begin with, long enough that each branch of the grammar is drawn from.
    drawn = random.Random(0)
    for number in range(200):
        (corpus / f"seed-{number}").write_bytes(drawn.randbytes(drawn.randrange(16, 600)))
    remote._GRACE = 0.02
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=60", "-print_final_stats=1"]
    options += [f"-rss_limit_mb={MOST_MEMORY}", f"-artifact_prefix={corpus}/crash-"]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--corpus", type=Path, help="folder of inputs, kept; a new one unless told")
    parser.add_argument("--write", type=Path, help="a CSV of the figures")
    parser.add_argument("--in-this-process", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    corpus = arguments.corpus or Path(tempfile.mkdtemp(prefix="fuzz-protocol-"))
    corpus.mkdir(parents=True, exist_ok=True)
    if arguments.in_this_process:
        fuzz(corpus, arguments.seconds)
    command = [sys.executable, "-m", "benchmarks.fuzz_protocol", "--in-this-process"]
    command += ["--seconds", str(arguments.seconds), "--corpus", str(corpus)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, errors="replace")
    said = []
    for line in process.stderr:
        if line.startswith("#") and line.split()[1] in ("pulse", "DONE"):
            print(line.strip(), flush=True)
        said = [*said[-199:], line]
    crashed = process.wait() != 0
    text = "".join(said)
    row = {"seconds": arguments.seconds, "crashes": int(crashed)}
    for name, pattern in FIGURES.items():
        found = re.findall(pattern, text)
        row[name] = found[-1] if found else ""
    for name, figure in row.items():
        print(f"{name:<28}{figure:>12}")
    if arguments.write:
        python = f"Python {platform.python_version()}"
        head = f"# benchmarks.fuzz_protocol --seconds {arguments.seconds}; one process, {python}"
        lines = (head, ",".join(row), ",".join(map(str, row.values())))
        arguments.write.write_text("\n".join(lines) + "\n", encoding="utf-8")
    if crashed:
        print(text)
        sys.exit(f"a crash: its input is in {corpus}")


if __name__ == "__main__":
    main()
