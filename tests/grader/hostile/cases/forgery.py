"""Submissions that find their judge's pipe, and misuse it."""

from tests.grader.hostile.case import (
    FULL,
    RIGHT,
    Case,
    answer,
    first,
    last,
)

NONE = {"standardize_batch": 0}
NOTHING = dict.fromkeys(FULL, 0)

# Finds the pipe as a submission would, and the number of the call that is being made.
PIPE = """\
import gc, os, socket, stat, struct, sys, time
import msgpack
import numpy as np
number = next(n for n in range(3, 64) if stat.S_ISSOCK(os.fstat(n).st_mode))
pipe = socket.socket(fileno=os.dup(number))
def raw(structure, arrays=b""):
    pipe.sendall(struct.pack(">II", len(structure), len(arrays)) + structure + arrays)
def send(*message, arrays=b""):
    raw(msgpack.packb(list(message)), arrays)
def current():
    frame = sys._getframe()
    while "message" not in frame.f_locals or frame.f_code.co_name != "answer":
        frame = frame.f_back
    return frame.f_locals["message"][1]
def read(length):
    got = b""
    while len(got) < length:
        got += pipe.recv(length - len(got))
    return got
def receive():
    one, two = struct.unpack(">II", read(8))
    return msgpack.unpackb(read(one)), read(two)
"""
# The numbers of the cells, which the end of the cells has to name.
RAN = """\
frame = sys._getframe()
while "options" not in frame.f_locals:
    frame = frame.f_back
ran = [number for number, *_ in frame.f_locals["options"]["cells"]]
"""

SPATIAL = """\
def batchnorm_forward_spatial(x, gamma, beta, eps):
    try:
        {body}
    except Exception:
        pass
    return x, None
"""


def _wrong_way(id, tries, body, **more):
    """A first answer that misuses the pipe; what it returns then would be right."""
    data = first(PIPE, standardize_batch=f"import numpy as np\n{RIGHT}\n{answer(body)}")
    return Case(id, tries, data, points=more.pop("points", NONE), **more)


def _asks(id, tries, body, **more):
    """A wrong spatial answer that asks for what it should not get; it is told all it is told."""
    body = "\n        ".join(body.strip().splitlines())
    data = first(PIPE, batchnorm_forward_spatial=SPATIAL.format(body=body))
    return Case(id, tries, data, points={"batchnorm_forward_spatial": 0}, **more)


def _forged(record):
    said = [line.message for line in record.marks[0].lines]
    assert any("something other than an answer" in message for message in said), said


def _small(record):
    assert len(record.to_json()) < 100_000


_VALUE = "send('value', current(), {value}, [])\nreturn right(x, eps)"


def _value(id, tries, value, arrays="b''", **more):
    body = f"send('value', current(), {value}, [], arrays={arrays})\ntime.sleep(.01)\nos._exit(0)"
    return _wrong_way(id, tries, body, **more)


CASES = (
    Case(
        "closed-in-a-cell",
        "closes every file descriptor in a cell",
        first("import os\nos.closerange(0, 100)"),
        raised="ProcessEnded",
    ),
    _wrong_way("closed", "closes the pipe in a function", "os.close(number)"),
    _wrong_way(
        "shut",
        "shuts the pipe down and stays",
        "pipe.shutdown(socket.SHUT_RDWR)\ntime.sleep(60)",
    ),
    _wrong_way(
        "replaced",
        "puts another socket in the pipe's place",
        "a, b = socket.socketpair()\nos.dup2(a.fileno(), number)\npipe.close()\ntime.sleep(60)",
    ),
    Case(
        "flooded-in-a-cell",
        "floods the pipe with random bytes in a cell",
        first(PIPE + "while True:\n    pipe.sendall(os.urandom(1 << 16))"),
        raised="ProcessEnded",
    ),
    _wrong_way(
        "flooded", "floods the pipe with zeros", "while True:\n    pipe.sendall(bytes(1 << 16))"
    ),
    Case(
        "flooded-by-a-thread",
        "leaves a thread that floods the pipe with messages",
        last(
            PIPE
            + "import threading\ndef flood():\n    while True:\n        send('value', 1, 1.0, [])\n"
            "threading.Thread(target=flood, daemon=True).start()"
        ),
        points=None,
    ),
    _wrong_way(
        "half-written",
        "writes half a message and waits",
        "pipe.sendall(struct.pack('>II', 1000, 0) + b'x' * 500)\ntime.sleep(60)",
        status={"standardize_batch": "took too long"},
        endless=True,
    ),
    _wrong_way(
        "byte-by-byte",
        "writes a message so slowly that it never ends",
        "pipe.sendall(struct.pack('>II', 1000, 0))\n"
        "while True:\n    pipe.send(b'x')\n    time.sleep(.1)",
        status={"standardize_batch": "took too long"},
        endless=True,
    ),
    _wrong_way(
        "giant-header",
        "announces 4 GB",
        "pipe.sendall(struct.pack('>II', 2**32 - 1, 2**32 - 1) + bytes(1000))\ntime.sleep(60)",
        mistakes={"standardize_batch": "raised"},
    ),
    _wrong_way(
        "large-frame",
        "gives its right answer in a frame of 65 MB",
        "value = right(x, eps)\n"
        "send('value', current(), ['a', '<f8', list(x.shape), 0], [],"
        " arrays=value.tobytes() + bytes(65 << 20))\nos._exit(0)",
        probe=_forged,
    ),
    _wrong_way(
        "no-messagepack", "sends what is no MessagePack", "raw(b'\\xc1' * 100)\ntime.sleep(9)"
    ),
    _wrong_way(
        "empty-message", "sends messages without anything in them", "raw(b'')\nraw(b'\\x90')"
    ),
    _wrong_way(
        "deep-message",
        "sends lists within lists, 100,000 deep",
        "raw(b'\\x91' * 100_000 + b'\\xc0')\ntime.sleep(9)",
    ),
    _wrong_way(
        "announced-lists",
        "sends lists within lists that announce a million items each",
        "raw((b'\\xdd' + struct.pack('>I', 1 << 20)) * 1000)\ntime.sleep(9)",
    ),
    _wrong_way(
        "extensions",
        "sends MessagePack's extension types and times",
        "raw(b'\\x94\\xa5value\\x01\\xd6\\xff' + bytes(4) + b'\\x90')\ntime.sleep(9)",
    ),
    _wrong_way("other-number", "answers another call", "send('value', 10**6, 1.0, [])"),
    _wrong_way(
        "answer-before-the-question",
        "sends the answer to the next call with that to this one",
        "value = right(x, eps)\n"
        "for n in (current(), current() + 1):\n"
        "    send('value', n, ['a', '<f8', list(x.shape), 0], [], arrays=value.tobytes())\n"
        "return value",
        points={"standardize_batch": None, "batchnorm_forward": None},
    ),
    _wrong_way(
        "unknown-message", "sends a message of another name", "send('full points', current(), 30)"
    ),
    _wrong_way(
        "grade-message",
        "says that its walls failed, that it is ready, that it runs a cell",
        "send('no walls', 'x')\nsend('ready', {})\nsend('cell', 1)",
    ),
    _wrong_way(
        "unjudged",
        "says that it cannot be judged, and then gives its answer",
        "send('unjudged', current(), 'the judge is ill')\nreturn right(x, eps)",
        points={"standardize_batch": 0, "batchnorm_forward": None},
    ),
    Case(
        "no-walls",
        "says in a cell that its walls failed, so that the whole run would end",
        first(PIPE + "send('no walls', 'x')"),
        raised="ProcessEnded",
    ),
    Case(
        "early-ready",
        "says in its first cell that all cells have run",
        first(PIPE + f"send('ready', dict(raised=[], modules=[], callable={list(NOTHING)!r}))"),
        raised="ProcessEnded",
    ),
    Case(
        "other-cells",
        "announces other cells, to win time or to lay its end to them",
        first(PIPE + "for n in range(100):\n    send('cell', n)\nos._exit(1)"),
        raised="ProcessEnded",
    ),
    Case(
        "ready-in-the-last-cell",
        "says in its last cell that all cells have run, before they have",
        last(
            PIPE + RAN + "send('ready', dict(ran=ran, raised=[], modules=[],"
            f" callable={list(NOTHING)!r}))"
        ),
        points=NOTHING,
    ),
    Case(
        "hostile-facts",
        "says things of another form when its cells have run",
        last(
            PIPE + RAN + "send('ready', dict(ran=ran, raised=[[1]], modules=7, callable=[[]]))\n"
            "time.sleep(5)"
        ),
        raised="ProcessEnded",
    ),
    Case(
        "forged-facts",
        "tells of a million cells that raised, and of names that it has not",
        last(
            PIPE + RAN + "send('ready', dict(ran=ran, raised=[[n, 'x' * 9] for n in range(50_000)],"
            " modules=['<script>'] * 999, callable=['os.system', 'standardize_batch']))\n"
        ),
        points=NOTHING,
        probe=_small,
    ),
    # Values that no child sends
    _value("offset-outside", "answers with an array beyond its bytes", "['a', '<f8', [9], 99]"),
    _value(
        "overlapping-arrays",
        "answers with 10,000 arrays on the same 8 MB",
        "['l', [['a', '|u1', [1 << 23], 0]] * 10_000]",
        "bytes(1 << 23)",
    ),
    _value(
        "huge-shape", "answers with a shape of 2**80 numbers", "['a', '<f8', [2**40, 2**40], 0]"
    ),
    _value(
        "negative-shape", "answers with a negative shape", "['a', '<f8', [-1, 3], 0]", "bytes(80)"
    ),
    _value("object-dtype", "answers with raw pointers", "['a', '|O', [9], 0]", "b'\\x41' * 72"),
    _value(
        "huge-integer", "answers with an integer of a million digits", "['i', '0x' + 'f' * 10**6]"
    ),
    _value(
        "unknown-record", "answers with a class of its own choice", "['n', 'Popen', [['true']]]"
    ),
    _value("short-record", "answers with a record of no fields", "['n', 'Cache', []]"),
    _value("many-parts", "answers with a million parts", "['l', [None] * 10**6]"),
    _value(
        "colliding-keys",
        "answers with a dict of colliding keys",
        "['d', [[n * (2**61 - 1), 0] for n in range(900)]]",
    ),
    _value(
        "unhashable-keys", "answers with a dict whose keys are lists", "['d', [[['l', []], 1]]]"
    ),
    _value(
        "forged-handle",
        "answers with handles that it never gave",
        "['h', -(2**60), 'x' * 9**5, None]",
    ),
    _value(
        "handle-classes",
        "answers with 5,000 handles of as many classes, named to be shown",
        "['l', [['h', n, f'<script>{n}\\0', None] for n in range(5000)]]",
        probe=_small,
    ),
    _wrong_way(
        "forged-changes",
        "says that it changed arguments that there are not",
        "value = right(x, eps)\n"
        "send('value', current(), ['a', '<f8', list(x.shape), 0], [99, -7, 'x', 2**60, True, []],"
        " arrays=value.tobytes())\ntime.sleep(.01)\nos._exit(0)",
        points={"standardize_batch": None, "batchnorm_forward": None},
    ),
    # Questions
    _wrong_way(
        "asks-unasked",
        "asks for earlier answers where it was given none",
        "for name in ('standardize_batch', 'batchnorm_forward', '__class__'):\n"
        "    send('ask', name, 'call', ['t', [['a', '<f8', list(x.shape), 0], eps]])\n"
        "    assert receive()[0][0] == 'failed'\nreturn x",
    ),
    _asks(
        "asks-for-others",
        "asks for its own answer and others, in a call that is given another",
        "for name in ('batchnorm_forward_spatial', 'restoring_affine', 'os', '__class__'):\n"
        "    send('ask', name, 'call', ['t', [['a', '<f8', list(x.shape), 0], eps]],"
        " arrays=x.tobytes())\n    (tag, *rest), arrays = receive()\n"
        "    if tag == 'answer':\n        return right",
    ),
    _asks(
        "asks-for-memory",
        "asks the judge for a product of 80 GB, by broadcasting",
        "n = 99_999\n"
        "send('ask', 'batchnorm_forward', 'call', ['t', [['a', '<f8', [n, 1], 0],"
        " ['a', '<f8', [n], 0], ['a', '<f8', [n], 0], 1.0]], arrays=bytes(8 * n))\nreceive()",
    ),
    _asks(
        "asks-with-much",
        "asks with an array of 60 MB",
        "n = 7_500_000\n"
        "send('ask', 'batchnorm_forward', 'call', ['t', [['a', '<f8', [n, 1], 0], 1.0, 1.0, 1.0]],"
        " arrays=bytes(8 * n))\nreceive()",
    ),
    _asks(
        "asks-oddly",
        "asks with huge integers, NaN, handles, nothing, and for methods of a function",
        "for data in (['i', 'f' * 4000], float('nan'), ['h', 1, 'x', None], None, ['t', []],"
        " ['t', [None] * 4], ['t', [['i', 'f' * 4000]] * 4]):\n"
        "    for what in ('call', 'new', '__class__', '__globals__', 'mro'):\n"
        "        send('ask', 'batchnorm_forward', what, data)\n        receive()",
    ),
    _asks(
        "asks-for-ever",
        "asks the same again and again, without reading what comes",
        "while True:\n    send('ask', 'batchnorm_forward', 'call', ['t', []])",
        endless=True,
    ),
    _asks(
        "asks-without-form",
        "asks with a message of another form",
        "send('ask')\nreceive()",
    ),
)
