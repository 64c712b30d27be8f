"""One writer at a time: a lock of the operating system, which ends with the process."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from bnlib.grader.gradebook.errors import GradebookError

# Locks that this process holds. Those of POSIX are one a process: taken twice, they would be
# granted twice, and closing the second would give up the first.
_held: set[Path] = set()

# Windows keeps others from reading what is locked; so the lock stands far behind the text.
_FAR = 1 << 30


class Lock:
    """The right to write a gradebook, held until `release` or the end of the process.

    It is a record lock (``fcntl``) rather than an ``flock``: a worker that this process forked
    would inherit the latter, and hold it after this process was killed. The file beside the
    gradebook names the holder; it stays behind when the lock is gone, and locks nothing then.

    Raises:
        GradebookError: another process, or this one, holds it; or the file cannot be written.
    """

    def __init__(self, book: Path):
        self.path = book.with_name(book.name + ".lock")
        self._key = self.path.resolve()
        if self._key in _held:
            raise GradebookError(f"{book} is open already, in this process")
        try:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise GradebookError(f"cannot write beside {book}: {error.strerror}") from error
        try:
            _lock(self._file)
        except OSError as error:
            said = self._why_not(book, error)
            os.close(self._file)
            raise GradebookError(said) from error
        os.truncate(self._file, 0)
        os.write(self._file, b"%d\n" % os.getpid())
        _held.add(self._key)
        self._released = False

    def _why_not(self, book: Path, error: OSError) -> str:
        if error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return f"{self.path} cannot be locked: {error.strerror}; is this a network drive?"
        holder = os.pread(self._file, 20, 0) if hasattr(os, "pread") else b""
        who = f"process {int(holder)}" if holder.strip().isdigit() else "another process"
        return f"{who} is writing {book}: wait until it is done, or end it"

    def release(self) -> None:
        """Let others write."""
        if not self._released:
            self._released = True
            _held.remove(self._key)
            os.close(self._file)


if os.name == "nt":  # pragma: no cover

    def _lock(file: int) -> None:
        import msvcrt

        os.lseek(file, _FAR, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:

    def _lock(file: int) -> None:
        import fcntl

        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _FAR)
