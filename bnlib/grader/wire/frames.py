"""Frames on a socket: a length-limited structure and, apart from it, the bytes of arrays.

    4 bytes  length of the structure        4 bytes  length of the arrays' bytes
    the structure, MessagePack              the arrays' bytes, end to end

The two are bounded apart because a structure grows when it is unpacked (an empty list is one byte
on the wire and 56 in memory) and an array's bytes do not.
"""

from __future__ import annotations

import select
import socket
import struct
import time

import msgpack

# What the judge accepts from a submission, in bytes.
STRUCTURE = 1 << 20
ARRAYS = 64 << 20

# Items of one list, keys of one dict: memory for as many as are announced is taken at once, at
# each level of the nesting.
_ITEMS = 100_000
_KEYS = 1000

_HEAD = struct.Struct(">II")


class Violation(Exception):
    """What came is no frame of this protocol, or a larger one than is allowed."""


class Gone(Exception):
    """The other end closed the connection."""


class Late(Exception):
    """The other end did not answer, or did not listen, in time."""


class Connection:
    """One end of a pipe. Frames are (structure, arrays): MessagePack-able data, and bytes."""

    def __init__(self, end: socket.socket, structure: int = STRUCTURE, arrays: int = ARRAYS):
        self._end = end
        self._limits = structure, arrays

    def send(self, message, arrays: bytes = b"", seconds: float | None = None) -> None:
        """Send a frame.

        Raises:
            Gone: nobody is at the other end. Late: it did not take the frame within ``seconds``
            (None: as long as it takes).
        """
        structure = msgpack.packb(message, use_bin_type=True)
        try:
            self._end.settimeout(seconds)
            self._end.sendall(_HEAD.pack(len(structure), len(arrays)) + structure + arrays)
        except TimeoutError:
            raise Late("it did not listen") from None
        except OSError as error:
            raise Gone(str(error)) from None

    def receive(self, seconds: float | None = None):
        """The next frame, as (structure, arrays).

        Raises:
            Violation, Gone. Late: the frame was not complete within ``seconds``.
        """
        until = None if seconds is None else time.monotonic() + seconds
        lengths = _HEAD.unpack(self._read(_HEAD.size, until))
        for what, came, limit in zip(("structure", "arrays"), lengths, self._limits, strict=True):
            if came > limit:
                raise Violation(f"a frame with {came} bytes of {what}; {limit} are allowed")
        structure = self._read(lengths[0], until)
        arrays = self._read(lengths[1], until)
        try:
            # Lists come as lists; keys are strings; nothing is built but plain data.
            message = msgpack.unpackb(
                structure,
                raw=False,
                strict_map_key=True,
                max_array_len=_ITEMS,
                max_map_len=_KEYS,
                max_ext_len=0,
            )
        except (
            ValueError,
            TypeError,
            msgpack.UnpackException,
            RecursionError,
            MemoryError,
        ) as error:
            raise Violation(f"a structure that is no MessagePack: {error}") from None
        return message, arrays

    def waiting(self) -> bool:
        """Whether something has come, or the other end has closed the connection."""
        return bool(select.select([self._end], [], [], 0)[0])

    def close(self) -> None:
        self._end.close()

    def fileno(self) -> int:
        return self._end.fileno()

    def _read(self, length: int, until: float | None) -> bytearray:
        # As much memory as has come, not as was announced.
        got = bytearray()
        while len(got) < length:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise Late("it did not answer")
            try:
                self._end.settimeout(left)
                part = self._end.recv(min(length - len(got), 1 << 20))
            except TimeoutError:
                raise Late("it did not answer") from None
            except OSError as error:
                raise Gone(str(error)) from None
            if not part:
                raise Gone("it closed the connection")
            got += part
        return got
