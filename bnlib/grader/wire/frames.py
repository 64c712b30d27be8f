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
# Most frames are smaller, and so come by one call.
_BLOCK = 1 << 16


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
        # What has come and was not asked for yet: mostly nothing, at times a frame's beginning.
        self._came = bytearray()
        self._end.settimeout(None)

    def send(self, message, arrays: bytes = b"", seconds: float | None = None) -> None:
        """Send a frame.

        Raises:
            Gone: nobody is at the other end. Late: it did not take the frame within ``seconds``
            (None: as long as it takes).
        """
        structure = msgpack.packb(message, use_bin_type=True)
        head = _HEAD.pack(len(structure), len(arrays))
        try:
            self._wait_at_most(seconds)
            self._end.sendall(head + structure + arrays)
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
        self._fill(_HEAD.size, until)
        lengths = _HEAD.unpack_from(self._came)
        for what, came, limit in zip(("structure", "arrays"), lengths, self._limits, strict=True):
            if came > limit:
                raise Violation(f"a frame with {came} bytes of {what}; {limit} are allowed")
        middle, end = _HEAD.size + lengths[0], _HEAD.size + sum(lengths)
        self._fill(end, until)
        with memoryview(self._came) as came:
            structure, arrays = bytes(came[_HEAD.size : middle]), bytearray(came[middle:end])
        del self._came[:end]
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
        return bool(self._came) or bool(select.select([self._end], [], [], 0)[0])

    def close(self) -> None:
        self._end.close()

    def fileno(self) -> int:
        return self._end.fileno()

    def _fill(self, length: int, until: float | None) -> None:
        """Take what comes until so many bytes are here: as much memory as has come, and a block."""
        while len(self._came) < length:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise Late("it did not answer")
            try:
                self._wait_at_most(left)
                part = self._end.recv(max(_BLOCK, min(length - len(self._came), 1 << 20)))
            except TimeoutError:
                raise Late("it did not answer") from None
            except OSError as error:
                raise Gone(str(error)) from None
            if not part:
                raise Gone("it closed the connection")
            self._came += part

    def _wait_at_most(self, seconds: float | None) -> None:
        """Bound the next call on the socket.

        One that is bounded nearly so is left as it is: it is a call of the kernel.
        """
        set = self._end.gettimeout()
        near = seconds is set if seconds is None or set is None else seconds <= set <= 1.1 * seconds
        if not near:
            self._end.settimeout(seconds)
