"""Frames and values: what goes in comes out, and what is no value takes neither time nor memory."""

from __future__ import annotations

import enum
import math
import socket
import struct
import threading
import time
import tracemalloc
from collections import namedtuple

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from bnlib.cache import Cache, DyTCache, WeightNormCache
from bnlib.checks.probes import Probe
from bnlib.grader.wire import encoding, frames
from bnlib.grader.wire.encoding import Decoder, Encoder, Handle, TooLarge, make_handle
from bnlib.grader.wire.frames import ARRAYS, STRUCTURE, Connection, Gone, Late, Violation
from tests.strategies import repeatable

MEBIBYTE = 1 << 20


def over(value, keep=None):
    """The value as it arrives, by way of MessagePack; what was kept is found again."""
    kept: list = []

    def keep_it(one) -> int:
        kept.append(one)
        return len(kept) - 1

    encoder = Encoder(keep_it)
    data = msgpack.unpackb(msgpack.packb(encoder.encode(value)), strict_map_key=True)
    return Decoder(encoder.arrays, make_handle).decode(data), kept


def same(a, b) -> bool:
    if isinstance(a, np.ndarray):
        return (
            type(a) is type(b)
            and (a.dtype, a.shape) == (b.dtype, b.shape)
            and a.tobytes() == b.tobytes()
        )
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, np.generic):
        return type(a) is type(b) and a.tobytes() == b.tobytes()
    if isinstance(a, float | complex):
        return type(a) is type(b) and (a == b or a != a)
    return type(a) is type(b) and a == b


# ---------------------------------------------------------------- there and back

DTYPES = sorted(encoding._NUMBERS)
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: hnp.arrays(
        np.dtype(dtype), hnp.array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=4)
    )
)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**200), 2**200),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.sampled_from(DTYPES)
    .flatmap(lambda d: hnp.from_dtype(np.dtype(d)))
    .map(np.asarray)
    .map(lambda a: a[()]),
)
keys = st.one_of(st.integers(), st.text(), st.tuples(st.integers(), st.text()))
values = st.recursive(
    st.one_of(scalars, arrays),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
        st.tuples(*[inner] * 5).map(lambda five: Cache(*five)),
    ),
    max_leaves=10,
)


@repeatable
@given(values)
def test_a_value_comes_back_as_it_was(value):
    came, kept = over(value)
    assert same(value, came)
    assert not kept


@repeatable
@given(arrays, st.sampled_from(["F", "read-only", "reversed", "transposed", "broadcast"]))
def test_an_array_comes_back_whatever_its_memory(array, form):
    if form == "F":
        array = np.asfortranarray(array)
    elif form == "read-only":
        array.flags.writeable = False
    elif form == "reversed" and array.ndim:
        array = array[::-1]
    elif form == "transposed":
        array = array.T
    elif form == "broadcast":
        array = np.broadcast_to(array, (2, *array.shape))
    came, _ = over(array)
    assert same(np.ascontiguousarray(array).reshape(array.shape), came)
    assert came.flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        Cache(*(np.full(2, i) for i in range(5))),
        WeightNormCache(*range(len(WeightNormCache._fields))),
        DyTCache(*range(len(DyTCache._fields))),
        Probe("tanh of x @ w", (np.ones((2, 2)),)),
    ],
)
def test_a_record_keeps_its_class(value):
    assert same(value, over(value)[0])


def test_every_dtype_of_numbers_crosses():
    for name in ("bool", "int8", "uint64", "float16", "float32", "float64", "complex128"):
        for order in "<>":
            dtype = np.dtype(name).newbyteorder(order)
            assert same(np.ones(3, dtype), over(np.ones(3, dtype))[0])


class Shade(enum.IntEnum):
    GREY = 3


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ("\ud800 alone", "? alone"),
        (Shade.GREY, 3),
        (np.str_("text"), "text"),
        (2**64, 2**64),
        (-(2**63) - 1, -(2**63) - 1),
        (math.inf, math.inf),
    ],
)
def test_what_has_a_plain_form_crosses_in_it(value, came):
    assert same(over(value)[0], came)


def test_a_masked_array_stays_one_without_its_mask():
    masked = np.ma.MaskedArray([1.0, 2.0], [True, False])
    came, _ = over(masked)
    assert isinstance(came, np.ma.MaskedArray)
    assert came.shape == (2,)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.array(["one", "two"]), "<U3"),
        (np.array([None, object()]), "|O"),
        (np.array([b"x"]), "|S1"),
        (np.array(["2020-01-01"], "M8[D]"), "<M8[D]"),
        (np.ones(2, np.longdouble), np.dtype(np.longdouble).str),
        (np.zeros(2, [("a", "f8"), ("b", "i4")]), "|V12"),
    ],
)
def test_an_array_of_no_numbers_keeps_dtype_and_shape(value, dtype):
    came, kept = over(value)
    assert (came.dtype.str, came.shape) == (dtype, value.shape)
    assert not kept


Point = namedtuple("Point", "x y")


class Stack(list):
    pass


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, b"bytes", range(3), test_a_record_keeps_its_class]
)
def test_anything_else_stays_and_is_known_by_its_class(value):
    came, kept = over(value)
    assert isinstance(came, Handle)
    assert type(came).__name__ == type(value).__name__
    assert kept[came.number] is value
    assert not isinstance(came, tuple | list)


@pytest.mark.parametrize("value", [Point(1.0, np.ones(2)), Stack([1, 2, 3])])
def test_a_tuple_of_another_class_is_a_handle_that_counts(value):
    came, kept = over((value, 5))
    came = came[0]
    assert isinstance(came, Handle)
    assert type(came).__name__ == type(value).__name__
    assert isinstance(came, tuple) == isinstance(value, tuple)
    assert all(map(same, came, value))
    assert kept[came.number] is value
    back = Encoder().encode(came)
    assert back == ["h", came.number, "", None]


def test_a_handle_has_no_class_of_ours_whatever_it_is_called():
    for name in ("", "\0", "Handle", "ndarray", "x" * 1000, "Ünï"):
        came = make_handle(3, name, None, life=2)
        assert (came.number, came.life) == (3, 2)
        assert type(came) is not Handle
        assert len(type(came).__name__) <= 80


def test_the_judge_sends_no_objects():
    with pytest.raises(TypeError, match="object cannot cross"):
        Encoder().encode((object(),))


# ---------------------------------------------------------------- limits of what is sent


def cycle():
    inner: list = []
    inner.extend([inner] * 10)
    return inner


def chain(depth: int):
    value = 1.0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        [0.0] * 60_000,
        cycle(),
        2 ** (4 * 5000),
        np.empty(ARRAYS // 8 + 1),
        [np.empty(ARRAYS // 16)] * 3,
        np.empty(1_000_001, object),
        [np.empty(600_000, object)] * 2,
    ],
    ids=["parts", "cycle", "digits", "array", "arrays", "objects", "objects in all"],
)
def test_what_is_too_large_is_not_sent(value):
    begun = time.monotonic()
    with pytest.raises(TooLarge):
        Encoder(lambda kept: 0).encode(value)
    assert time.monotonic() - begun < 30


def test_what_is_nested_deeply_stays_from_there_on():
    came, kept = over(chain(200))
    depth = 0
    while type(came) is list:
        came, depth = came[0], depth + 1
    assert isinstance(came, Handle)
    assert depth == encoding._DEPTH
    assert same(kept[0], chain(200 - depth))


def test_a_large_dict_stays():
    came, kept = over(dict.fromkeys(range(1001)))
    assert isinstance(came, Handle)
    assert len(kept[0]) == 1001


# ---------------------------------------------------------------- what is no value

EMPTY = ["l", []]
NO_VALUES = {
    "bytes": b"x",
    "a dict": {"a": 1},
    "an empty list": [],
    "an unknown tag": ["z", 1],
    "a tag that is no text": [[1], 2],
    "a list of nothing": ["l"],
    "a list that is a text": ["l", "abc"],
    "too many parts of a list": ["l", [], []],
    "a tuple that is a number": ["t", 3],
    "an unknown dtype": ["a", "|O", [1], 0],
    "a dtype that is a list": ["a", ["<f8"], [1], 0],
    "a dtype with fields": ["a", "<f8,<f8", [1], 0],
    "a shape that is a number": ["a", "<f8", 3, 0],
    "a negative side": ["a", "<f8", [-1], 0],
    "a side that is a flag": ["a", "<f8", [True], 0],
    "a huge side": ["a", "<f8", [2**41], 0],
    "a product that overflows": ["a", "<f8", [2**40] * 4, 0],
    "a product that wraps to nothing": ["a", "|b1", [2**32, 2**32], 0],
    "65 axes": ["a", "<f8", [1] * 65, 0],
    "a negative offset": ["a", "<f8", [1], -1],
    "a huge offset": ["a", "<f8", [1], 2**63],
    "an offset that is none": ["a", "<f8", [1], None],
    "more than came": ["a", "<f8", [100], 0],
    "a scalar of too few bytes": ["s", "<f8", b"1234"],
    "a scalar of text": ["s", "<f8", "12345678"],
    "a dict of lists": ["d", [[["l", [1]], 2]]],
    "a dict of arrays": ["d", [[["a", "<f8", [1], 0], 2]]],
    "a dict of tuples of lists": ["d", [[["t", [EMPTY]], 2]]],
    "a pair of one": ["d", [[1]]],
    "a pair of three": ["d", [[1, 2, 3]]],
    "a dict that is a text": ["d", "ab"],
    "too many keys": ["d", [[n, 0] for n in range(1001)]],
    "an unknown record": ["n", "Popen", []],
    "a record that is a list": ["n", [1], []],
    "a record of too few": ["n", "Cache", [1]],
    "a number that is none": ["i", "12x"],
    "a number that is a number": ["i", 12],
    "no complex number": ["c", "a", 1],
    "a handle of a text": ["h", "1", "x", None],
    "a handle without a class": ["h", 1, None, None],
    "a handle of a text in place of items": ["h", 1, "x", "ab"],
    "a handle of one item": ["h", 1, "x", [True]],
    "too many objects": ["o", "|O", [1_000_001]],
    "too many objects in all": ["l", [["o", "|O", [600_000]]] * 2],
    "too many parts": ["l", [0] * 60_000],
    "lists within lists": None,
    "bytes that overlap": ["l", [["a", "|b1", [MEBIBYTE], 0]] * (ARRAYS // MEBIBYTE + 1)],
}
for _ in range(100):
    NO_VALUES["lists within lists"] = ["l", [NO_VALUES["lists within lists"]]]


@pytest.mark.parametrize("what", NO_VALUES)
def test_what_is_no_value_is_a_violation(what):
    arrays = bytearray(MEBIBYTE if "overlap" in what else 64)
    begun = time.monotonic()
    tracemalloc.start()
    try:
        with pytest.raises(Violation):
            Decoder(arrays, make_handle).decode(NO_VALUES[what])
        assert tracemalloc.get_traced_memory()[1] < ARRAYS + 8 * MEBIBYTE
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 30


def test_a_violation_does_not_repeat_what_came():
    with pytest.raises(Violation) as caught:
        Decoder(b"", make_handle).decode(["n", "x" * 100_000, []])
    assert len(str(caught.value)) < 100


def test_objects_take_no_memory_however_many():
    tracemalloc.start()
    try:
        came = Decoder(b"", make_handle).decode(["o", "<U9999", [1000, 1000]])
        assert tracemalloc.get_traced_memory()[1] < MEBIBYTE
    finally:
        tracemalloc.stop()
    assert (came.shape, came.dtype.str) == ((1000, 1000), "<U9999")


def test_an_odd_dtype_of_no_numbers_is_an_object():
    for odd in ("<U99999999", "O,O", 3, "M8[day]", "|V99999"):
        assert Decoder(b"", make_handle).decode(["o", odd, [2]]).dtype == object


# ---------------------------------------------------------------- frames


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield Connection(ours), theirs


def header(structure: int, arrays: int) -> bytes:
    return struct.pack(">II", structure, arrays)


@repeatable
@given(st.recursive(st.none() | st.integers(-9, 9) | st.text(), st.lists), st.binary(max_size=99))
def test_a_frame_comes_as_it_was_sent(message, blob):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(theirs).send(message, blob)
        Connection(theirs).send("next")
        connection = Connection(ours)
        assert connection.receive(5) == (message, blob)
        assert connection.receive(5) == ("next", b"")


def test_a_frame_larger_than_a_socket_holds(ends):
    connection, theirs = ends
    blob = np.random.default_rng(0).bytes(5 * MEBIBYTE)
    sender = threading.Thread(target=Connection(theirs).send, args=("x", blob))
    sender.start()
    assert connection.receive(10) == ("x", blob)
    sender.join()


@pytest.mark.parametrize("lengths", [(STRUCTURE + 1, 0), (0, ARRAYS + 1), (2**32 - 1, 2**32 - 1)])
def test_a_frame_that_is_too_large_is_not_read(ends, lengths):
    connection, theirs = ends
    theirs.sendall(header(*lengths))
    with pytest.raises(Violation, match="are allowed"):
        connection.receive(5)


def test_what_is_announced_and_does_not_come_takes_no_memory(ends):
    connection, theirs = ends
    theirs.sendall(header(0, ARRAYS) + b"abc")
    tracemalloc.start()
    try:
        with pytest.raises(Late):
            connection.receive(0.1)
        assert tracemalloc.get_traced_memory()[1] < 2 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "structure",
    [
        b"",
        b"\xc1",
        b"\x91",
        b"\x01\x02",
        b"\xa2\xff\xff",
        b"\x81\x01\x02",
        b"\x81\x91\x01\x02",
        b"\x91" * 3000 + b"\x01",
        b"\xdd\xff\xff\xff\xff",
        b"\xdd\x01\x00\x00\x00",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc7\x0c\xff" + bytes(12),
        b"\xd6\x05abcd",
    ],
)
def test_what_is_no_messagepack_is_a_violation(ends, structure):
    connection, theirs = ends
    theirs.sendall(header(len(structure), 0) + structure)
    tracemalloc.start()
    try:
        with pytest.raises(Violation):
            connection.receive(5)
        assert tracemalloc.get_traced_memory()[1] < 16 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("said", [b"", b"\0\0", header(5, 0), header(1, 5) + b"\x01ab"])
def test_an_end_in_the_middle(ends, said):
    connection, theirs = ends
    theirs.sendall(said)
    theirs.close()
    with pytest.raises(Gone):
        connection.receive(5)


def test_a_closed_connection_is_gone(ends):
    connection, theirs = ends
    theirs.close()
    with pytest.raises(Gone):
        connection.send("x")
    connection.close()
    with pytest.raises(Gone):
        connection.receive()
    assert connection.fileno() == -1


def test_who_does_not_listen_is_late(ends):
    connection, _ = ends
    begun = time.monotonic()
    with pytest.raises(Late, match="did not listen"):
        connection.send("x", bytes(8 * MEBIBYTE), seconds=0.2)
    assert time.monotonic() - begun < 30


def test_a_deadline_is_for_the_whole_frame(ends):
    connection, theirs = ends
    frame = header(30, 0) + msgpack.packb("x" * 28)

    def drip():
        for byte in frame:
            try:
                theirs.send(bytes([byte]))
            except OSError:
                return
            time.sleep(0.03)

    dripping = threading.Thread(target=drip)
    dripping.start()
    begun = time.monotonic()
    with pytest.raises(Late):
        connection.receive(0.3)
    assert time.monotonic() - begun < 30
    theirs.close()
    dripping.join()


def test_no_time_left_is_late(ends):
    connection, _ = ends
    with pytest.raises(Late):
        connection.receive(-1.0)


def test_the_limits_are_those_of_the_connection():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Connection(theirs).send("x" * 50, b"y" * 50)
        with pytest.raises(Violation, match="arrays; 10 are allowed"):
            Connection(ours, 100, 10).receive(1)


def test_the_limits_are_what_a_machine_can_bear():
    assert frames.STRUCTURE <= 4 * MEBIBYTE
    assert frames.ARRAYS <= 128 * MEBIBYTE


def test_a_short_wait_after_a_long_one_is_short():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ends = Connection(ours), Connection(theirs)
        ends[1].send(["here"])
        assert ends[0].receive(60.0)[0] == ["here"]
        begun = time.monotonic()
        with pytest.raises(Late):
            ends[0].receive(0.1)
        assert time.monotonic() - begun < 30
