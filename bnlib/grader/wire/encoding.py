"""Values as data: arrays, numbers, strings, None, and tuples, lists and dicts of them.

Anything else stays where it is and crosses as a handle, which the other end can only hand back.
A value is a plain MessagePack scalar, or a list whose first item says what the rest is:

    ["a", dtype, shape, offset]     an array; its bytes lie at the offset in the frame's arrays
    ["s", dtype, bytes]             a NumPy scalar
    ["l", items] ["t", items]       a list, a tuple
    ["d", [[key, value], ...]]      a dict
    ["n", name, items]              a named tuple that both ends know (RECORDS)
    ["i", hex] ["c", re, im]        a large integer, a complex number
    ["m", dtype, shape, offset]     a masked array, without its mask: it is wrong wherever it comes
    ["o", dtype, shape]             an array of no numbers, without its contents
    ["h", number, kind, items]      a handle; items is None, or what a tuple or list of another
                                    class holds, so that it counts as one

Decoding builds nothing else, whatever arrives; it checks every length before it takes memory.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable

import numpy as np

from bnlib.cache import Cache, DyTCache, WeightNormCache
from bnlib.checks.probes import Probe
from bnlib.grader.wire.frames import ARRAYS, Violation

RECORDS = {kind.__name__: kind for kind in (Cache, WeightNormCache, DyTCache, Probe)}

_NUMBERS = frozenset(
    np.dtype(code).newbyteorder(order).str
    for code in ("?", *"bBhHiIlLqQ", "e", "f", "d", "F", "D")
    for order in "<>"
)
_OTHER_DTYPE = re.compile(r"[<>|=]([SUOVMm]\d{0,4}(\[[a-zA-Z0-9]{1,6}\])?|f16|c32)")
# What MessagePack brings as it is; each of these, and of lists, is of just that class.
_PLAIN = frozenset((type(None), bool, int, float, str))
_DEPTH = 24
_NODES = 50_000
_KEYS = 1000  # of a dict: keys whose hashes are all one take the square of that
_OTHERS = 1_000_000  # elements of arrays of no numbers, all together
_LONGEST = 2**40  # side of an array
_DIGITS = 4096  # of a large integer, in hex


class TooLarge(Exception):
    """A value that is larger than what may cross."""


class Handle:
    """What stays at the other end: its number there, and the name of its class."""

    number = -1
    life = 0


class _HandleTuple(tuple, Handle):
    pass


class _HandleList(list, Handle):
    pass


class Encoder:
    """Encodes the values of one frame.

    Args:
        keep: called with an object that cannot cross, gives it a number; None where nothing may
            stay behind.
    """

    def __init__(self, keep: Callable[[object], int] | None = None):
        self._keep = keep
        self._parts: list[bytes] = []
        self._size = 0
        self._nodes = 0
        self._others = 0

    @property
    def arrays(self) -> bytes:
        return b"".join(self._parts)

    def encode(self, value, depth: int = 0):
        """The value as MessagePack-able data; its arrays' bytes are added to ``arrays``.

        Raises:
            TooLarge: too many parts, or too many bytes. TypeError: it cannot cross at all.
        """
        self._nodes += 1
        if self._nodes > _NODES:
            raise TooLarge(f"a value of more than {_NODES} parts")
        kind = type(value)
        if kind is np.ndarray:
            return self._array(value, value, "a")
        if value is None or kind is bool or kind is float:
            return value
        if kind is str:
            return self._text(value)
        if kind is int:
            return value if -(2**63) <= value < 2**64 else self._large(value)
        if isinstance(value, np.ndarray):
            masked = isinstance(value, np.ma.MaskedArray)
            return self._array(value, np.asarray(value), "m" if masked else "a")
        if isinstance(value, Handle):
            return ["h", value.number, "", None]
        if depth < _DEPTH:
            if kind is tuple:
                return ["t", self._items(value, depth)]
            if kind is list:
                return ["l", self._items(value, depth)]
            if kind is dict and len(value) <= _KEYS:
                pairs = [self._items(pair, depth) for pair in value.items()]
                return ["d", pairs]
            if RECORDS.get(kind.__name__) is kind:
                return ["n", kind.__name__, self._items(value, depth)]
        if isinstance(value, np.generic) and value.dtype.str in _NUMBERS:
            return ["s", value.dtype.str, value.tobytes()]
        if kind is complex:
            return ["c", value.real, value.imag]
        if isinstance(value, float | int | str) and kind.__module__ != "builtins":
            plain = next(k for k in (float, int, str) if isinstance(value, k))
            return self.encode(plain(value), depth)
        if self._keep is None:
            raise TypeError(f"a {kind.__name__} cannot cross to a submission")
        items = None
        if isinstance(value, tuple | list) and depth < _DEPTH:
            items = [isinstance(value, tuple), self._items(tuple(value), depth)]
        return ["h", self._keep(value), self._text(kind.__name__[:80]), items]

    def _items(self, values, depth: int) -> list:
        return [self.encode(item, depth + 1) for item in values]

    def _text(self, value: str) -> str:
        # A lone surrogate has no UTF-8; nobody needs it back.
        return value.encode("utf-8", "replace").decode("utf-8")

    def _large(self, value: int):
        if value.bit_length() > 4 * _DIGITS:
            raise TooLarge(f"an integer of more than {4 * _DIGITS} bits")
        return ["i", hex(value)]

    def _array(self, value: np.ndarray, plain: np.ndarray, tag: str):
        """An array, and the same without what a class of its own makes of it."""
        shape, dtype = list(value.shape), value.dtype.str
        if dtype not in _NUMBERS:
            self._others += value.size
            if self._others > _OTHERS:
                raise TooLarge(f"arrays of more than {_OTHERS} objects")
            return ["o", dtype[:20], shape]
        offset, self._size = self._size, self._size + plain.nbytes
        if self._size > ARRAYS:
            raise TooLarge(f"arrays of more than {ARRAYS} bytes")
        self._parts.append(plain.tobytes())
        return [tag, dtype if plain is value else plain.dtype.str, shape, offset]


class Decoder:
    """Decodes the values of one frame.

    Args:
        arrays: the frame's arrays. handle: called with a handle's number, its class's name and
            what it holds; gives what stands for it here.
    """

    def __init__(self, arrays: bytes, handle: Callable[[int, str, tuple | list | None], object]):
        self._arrays = memoryview(arrays)
        self._handle = handle
        self._bytes = 0
        self._nodes = 0
        self._others = 0
        self._depth = 0

    def decode(self, data):
        """The value.

        Raises:
            Violation: what came is no value.
        """
        try:
            return self._value(data)
        except (
            TypeError,
            ValueError,
            IndexError,
            KeyError,
            OverflowError,
            RecursionError,
        ) as error:
            raise Violation(f"no value: {type(error).__name__}") from None

    def _value(self, data):
        self._nodes += 1
        if self._nodes > _NODES:
            raise Violation(f"a value of more than {_NODES} parts")
        kind = type(data)
        if kind in _PLAIN:
            return data
        if kind is not list:
            raise Violation(f"no value: {kind.__name__}")
        # No deeper than what can be sent back, which follows it by recursion as others do.
        self._depth += 1
        if self._depth > _DEPTH + 1:
            raise Violation("a value nested too deeply")
        value = self._compound(*data)
        self._depth -= 1
        return value

    def _compound(self, tag, *rest):
        if tag in ("a", "m"):
            array = self._array(*rest)
            return np.ma.MaskedArray(array) if tag == "m" else array
        if tag == "s":
            dtype, raw = rest
            return np.frombuffer(raw, _number(dtype), count=1)[0]
        if tag in ("l", "t"):
            (items,) = rest
            values = map(self._value, _list(items))
            return list(values) if tag == "l" else tuple(values)
        if tag == "d":
            (pairs,) = rest
            if len(pairs) > _KEYS:
                raise Violation(f"a dict of more than {_KEYS} keys")
            return {_key(self._value(key)): self._value(value) for key, value in _list(pairs)}
        if tag == "n":
            name, items = rest
            return RECORDS[name](*map(self._value, _list(items)))
        if tag == "i":
            (digits,) = rest
            return int(digits[: _DIGITS + 3], 16)
        if tag == "c":
            real, imaginary = rest
            return complex(float(real), float(imaginary))
        if tag == "o":
            return self._of_no_numbers(*rest)
        if tag == "h":
            number, kind, items = rest
            if not isinstance(number, int) or not isinstance(kind, str):
                raise Violation("no handle")
            held = None
            if items is not None:
                is_tuple, inner = items
                held = (tuple if is_tuple else list)(map(self._value, _list(inner)))
            return self._handle(number, kind, held)
        raise Violation("no value: an unknown tag")

    def _array(self, dtype, shape, offset) -> np.ndarray:
        dtype, shape = _number(dtype), _shape(shape)
        count = math.prod(shape)
        # Arrays may overlap in the frame; what they take in memory is counted all the same.
        self._bytes += count * dtype.itemsize
        if self._bytes > ARRAYS:
            raise Violation(f"arrays of more than {ARRAYS} bytes")
        if not isinstance(offset, int) or offset < 0:
            raise Violation("an array's offset must be a natural number")
        if not count:
            return np.array((), dtype).reshape(shape)
        return np.ndarray(shape, dtype, self._arrays, offset).copy()

    def _of_no_numbers(self, dtype, shape) -> np.ndarray:
        """An array of the dtype and the shape, with one element that is all of its elements."""
        if not isinstance(dtype, str) or not _OTHER_DTYPE.fullmatch(dtype):
            dtype = "|O"
        shape = _shape(shape)
        # One element in memory; but a list of such arrays may be made one array of all of them.
        self._others += math.prod(shape)
        if self._others > _OTHERS:
            raise Violation(f"arrays of more than {_OTHERS} objects")
        return np.broadcast_to(np.zeros((), dtype), shape)


@functools.lru_cache(maxsize=256)
def _class_of(base: type, name: str) -> type:
    return type(name.replace("\0", "") or "object", (base,), {})


def make_handle(number: int, kind: str, items: tuple | list | None, life: int = 0) -> Handle:
    """What stands for an object of the other end: its class bears the name of the object's."""
    kind = kind[:80]
    if items is None:
        handle = _class_of(Handle, kind)()
    else:
        base = _HandleTuple if isinstance(items, tuple) else _HandleList
        handle = _class_of(base, kind)(items)
    handle.number, handle.life = number, life
    return handle


def _list(value) -> list:
    if not isinstance(value, list):
        raise Violation("no list")
    return value


def _key(value):
    if isinstance(value, list | dict | np.ndarray):
        raise Violation("a dict's key must be a number, a string or a tuple")
    return value


@functools.lru_cache(maxsize=64)
def _number(dtype: str) -> np.dtype:
    if dtype not in _NUMBERS:
        raise Violation("no dtype of numbers")
    return np.dtype(dtype)


def _shape(shape) -> tuple[int, ...]:
    shape = tuple(_list(shape))
    if len(shape) > 32:
        raise Violation("no shape")
    for length in shape:
        if type(length) is not int or not 0 <= length <= _LONGEST:
            raise Violation("no shape")
    return shape
