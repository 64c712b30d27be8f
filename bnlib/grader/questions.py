"""What is asked of a submission's function and what comes back, both as they cross the pipe.

Undecoded, they can be compared byte by byte: see ``verdicts``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgpack

from bnlib.checks.verdicts import Raised
from bnlib.grader.references import References
from bnlib.grader.wire.encoding import Encoder, Handle, TooLarge


class Question(NamedTuple):
    """A call of a submission's function.

    Attributes:
        name: the function's. adapter: name of what takes it apart, or None. data, arrays: the
            arguments, encoded. seconds: the deadline. references: what it may ask in its turn.
        lives: those of the submission's process in which the handles among the arguments were
            made; none where there are no handles.
    """

    name: str
    adapter: str | None
    data: list
    arrays: bytes
    seconds: float
    references: References
    lives: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls,
        name: str,
        adapter: str | None,
        arguments: tuple,
        seconds: float,
        references: References,
    ) -> Question:
        """The question that a call is.

        Raises:
            Raised: an earlier call returned what is to be handed back, and it cannot be.
        """
        encoder = Encoder()
        try:
            data = encoder.encode(arguments)
        except (TooLarge, TypeError) as error:  # not one of our own arguments: those are small
            raise Raised("ValueError", f"what it returned cannot be handed back: {error}") from None
        lives = frozenset(handle.life for handle in _handles(arguments))
        return cls(name, adapter, data, encoder.arrays, seconds, references, lives)

    def of_life(self, life: int) -> Question:
        """The same question, its handles made in that life."""
        return self._replace(lives=frozenset((life,))) if self.lives else self

    def same(self, other: Question) -> bool:
        """Whether the two ask the same."""
        return self[:5] == other[:5]


class Answer(NamedTuple):
    """What came back: a tag, what belongs to it, bytes of arrays.

    Attributes:
        life: that of the submission's process which answered; handles are good within it.
    """

    tag: str
    rest: list
    blobs: bytes
    life: int

    def digest(self) -> bytes | None:
        """Equal for answers that say the same, byte by byte, and for no others.

        None for one that is nested more deeply than can be packed: it is like no other.
        """
        try:
            said = msgpack.packb([self.tag, self.rest], use_bin_type=True)
        except ValueError:
            return None
        found = hashlib.blake2b(said, digest_size=32)
        found.update(self.blobs)
        return found.digest()


def _handles(value) -> Iterator[Handle]:
    """The handles that a value is, or holds."""
    if isinstance(value, Handle):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _handles(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _handles(item)
