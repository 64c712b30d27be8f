"""The gradebook itself: what the coordinator writes, and reports and exports read."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bnlib.grader.gradebook import adjusting, packing, running, schema
from bnlib.grader.gradebook.entries import Adjustment, FinalNotebook, Run, Student
from bnlib.grader.gradebook.errors import GradebookError, explained
from bnlib.grader.gradebook.lock import Lock
from bnlib.grader.record import Record


class Gradebook:
    """Every grade ever given to a class, in one SQLite file.

    Nothing is overwritten: a regrade adds a record and the newest counts, an adjustment adds a
    row and the newest counts. Each change is committed before its method returns, so a process
    may be killed at any moment: what was added is there, whole.

    One process writes; any number may read meanwhile, each with ``readonly=True``. A book is
    used by the thread that opened it. All methods raise `GradebookError` where the file, or what
    was asked, will not do; the file is then as it was before.
    """

    def __init__(self, path: Path, db: sqlite3.Connection, lock: Lock | None):
        self.path = path
        self._db = db
        self._lock = lock

    @classmethod
    def open(cls, path: Path | str, create: bool = True, readonly: bool = False) -> Gradebook:
        """The gradebook at `path`; made there, with its folder, where there is none.

        Raises:
            GradebookError: another process writes it (not with `readonly`); there is none and
                `create` is False or `readonly` is True; the file is none of ours, is damaged or
                is newer than this bnlib; the folder cannot be written.
        """
        path = Path(path).resolve()
        if not path.exists() and (readonly or not create):
            raise GradebookError(
                f"there is no gradebook at {path}; `bnlib grade SUBMISSIONS --out RESULTS` "
                "makes one"
            )
        if readonly:
            return cls(path, schema.connect(path, readonly=True), None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GradebookError(f"cannot make {path.parent}: {error.strerror}") from error
        lock = Lock(path)
        try:
            return cls(path, schema.connect(path, readonly=False), lock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Close the file and let another process write; a second time does nothing."""
        try:
            with explained(self.path):
                self._db.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> Gradebook:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    # Runs

    def begin_run(
        self,
        *,
        library: str,
        isolation: str,
        seed: int | None = None,
        regrade: bool = False,
        options: Mapping[str, object] | None = None,
    ) -> Run:
        """The run that this grading belongs to.

        Its seed is `seed`, or else a fresh one that nobody can foresee. But where the last run
        with the same library was interrupted, and had that seed if one is asked for, its seed is
        taken over, so that killed and started again gives the same grades; and the run itself is
        continued where isolation and regrade are the same as well.

        Args:
            options: of the command, for the record; what JSON cannot hold is kept as its repr.
        """
        last = next((r for r in reversed(self.runs()) if r.library == library), None)
        if last is not None and last.finished is None and seed in (None, last.seed):
            if (last.isolation, last.regrade) == (isolation, regrade):
                return last
            seed = last.seed
        if seed is None:
            seed = secrets.randbelow(2**31)
        with self._change(durable=True) as db:
            return running.add(db, seed, isolation, library, regrade, options or {})

    def finish(self, run: Run) -> None:
        """Mark a run as complete: the next takes a seed of its own."""
        with self._change(durable=True) as db:
            db.execute("UPDATE runs SET finished = ? WHERE id = ?", (running.now(), run.id))

    def runs(self) -> list[Run]:
        """All runs, the oldest first."""
        return running.all_of(self._rows(running.SELECT), self.path)

    # Records

    def graded(
        self, student: str, notebook: str, digest: str, library: str, run: Run | None = None
    ) -> Record | None:
        """The record that makes grading this file again needless, or None.

        It is the newest of the student's notebook, provided that it was made from the same file
        by the same library. An older one would not do: it is not the one that counts. One that
        cannot be read is graded again.

        Args:
            run: only a record of this run will do (a regrade that was interrupted).
        """
        found = self._rows(
            "SELECT record, digest, library, run FROM current WHERE student = ? AND notebook = ?",
            (student, notebook),
        )
        for text, *made in found:
            if made[:2] == [digest, library] and (run is None or made[2] == run.id):
                try:
                    return packing.record(text)
                except ValueError:
                    return None
        return None

    def add(self, run: Run, record: Record, source: Sequence[tuple[int, str]]) -> None:
        """Keep a record, and the code it came from; committed when this returns.

        Args:
            source: code cells of the submission as (number, code), for a later `source_of`.

        Raises:
            ValueError: the record is not of this run (seed, library), or has points that are no
                finite numbers.
        """
        row = packing.row(run, record, source)
        with self._change() as db:
            db.execute(
                "INSERT INTO records (run, student, notebook, digest, library, seed, points, "
                "possible, outcome, record, source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            db.execute("INSERT OR IGNORE INTO students VALUES (?, '', 0)", (record.student,))

    def current(self, student: str | None = None) -> Iterator[Record]:
        """The newest record of each student's each notebook, by student and notebook.

        One at a time is in memory. Records added meanwhile do not show.
        """
        where = "" if student is None else " WHERE student = ?"
        newest = self._rows(
            f"SELECT MAX(id) FROM records{where} GROUP BY student, notebook "
            "ORDER BY student, notebook",
            () if student is None else (student,),
        )
        for (number,) in newest:
            yield self._record(number)

    def notebooks(self) -> dict[str, Record]:
        """For each notebook that somebody handed in, in order, the newest record of it.

        Of that record only what is everybody's is of use: exercises, titles and possible points.
        """
        newest = self._rows(
            "SELECT notebook, MAX(id) FROM records GROUP BY notebook ORDER BY notebook"
        )
        return {notebook: self._record(number) for notebook, number in newest}

    def history(self, student: str, notebook: str) -> list[Record]:
        """All records of a student's notebook, the oldest first; the last one counts."""
        found = self._rows(
            "SELECT id FROM records WHERE student = ? AND notebook = ? ORDER BY id",
            (student, notebook),
        )
        return [self._record(number) for (number,) in found]

    def source_of(self, student: str, notebook: str) -> list[tuple[int, str]]:
        """The code cells that the newest record was made from, as (number, code)."""
        found = self._rows(
            "SELECT source FROM current WHERE student = ? AND notebook = ?", (student, notebook)
        )
        if not found:
            raise GradebookError(f"{student!r} has no record of {notebook!r} in {self.path}")
        try:
            return packing.cells(found[0][0])
        except ValueError as error:
            raise self._unreadable("code", student, notebook, error) from error

    # Adjustments

    def adjust(
        self, student: str, exercise: str, points: float | None, reason: str, by: str | None = None
    ) -> list[str]:
        """Set what an exercise is worth to a student, whatever the checks say now or later.

        Args:
            points: not a difference; None takes the adjustment in force back, so that the
                checks have the last word again.
            reason: for the student to read.
            by: who; by default the name of the user.

        Returns:
            Warnings: points beyond the possible.

        Raises:
            GradebookError: a student or exercise without record (the nearest is named), points
                that are negative or no finite number, no reason, nothing to take back.
        """
        row, warnings = adjusting.check(self, student, exercise, points, reason, by)
        with self._change(durable=True) as db:
            db.execute("INSERT INTO adjustments VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        return warnings

    def adjustments(self, student: str | None = None) -> list[Adjustment]:
        """All that were ever made, those no longer in force too; the oldest first."""
        where = "" if student is None else "WHERE student = ? "
        found = self._rows(
            "SELECT student, notebook, exercise, points, reason, at, by FROM adjustments "
            f"{where}ORDER BY id",
            () if student is None else (student,),
        )
        return [Adjustment(*row) for row in found]

    def final(self, student: str) -> list[FinalNotebook]:
        """A student's notebooks as they count, adjustments applied; none handed in, none here.

        Raises:
            GradebookError: neither the roster nor a submission names the student.
        """
        adjustments = self.adjustments(student)
        found = [adjusting.final(record, adjustments) for record in self.current(student)]
        if not found and student not in (known := [s.id for s in self.students()]):
            raise GradebookError(adjusting.unknown("student", student, known))
        return found

    # Students

    def enrol(self, students: Iterable[Student]) -> None:
        """Note who there is.

        Where one of them is on a roster, this is the roster: an earlier one is forgotten, with
        those of it who handed nothing in. Where none is, an earlier roster stays.
        """
        rows = [(s.id, s.name, s.rostered) for s in students]
        with self._change() as db:
            if any(rostered for *_, rostered in rows):
                db.execute("UPDATE students SET rostered = 0")
                db.execute("DELETE FROM students WHERE id NOT IN (SELECT student FROM records)")
            db.executemany(
                "INSERT INTO students VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                "name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END, "
                "rostered = max(rostered, excluded.rostered)",
                rows,
            )

    def students(self) -> list[Student]:
        """Everybody on the roster or with a record, by id."""
        found = self._rows("SELECT id, name, rostered FROM students ORDER BY id")
        return [Student(id, name, bool(rostered)) for id, name, rostered in found]

    def note_problems(self, run: Run, sentences: Iterable[str]) -> None:
        """What intake found wrong in this run, in place of what it said of this run before."""
        rows = [(run.id, number, s) for number, s in enumerate(sentences)]
        with self._change() as db:
            db.execute("DELETE FROM problems WHERE run = ?", (run.id,))
            db.executemany("INSERT INTO problems VALUES (?, ?, ?)", rows)

    def problems(self) -> list[str]:
        """What intake found wrong in the last run."""
        found = self._rows(
            "SELECT sentence FROM problems WHERE run = (SELECT MAX(id) FROM runs) ORDER BY number"
        )
        return [sentence for (sentence,) in found]

    # Access to the file

    @contextmanager
    def _change(self, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, committed at the end of the block or undone where it raises."""
        if self._lock is None:
            raise GradebookError(f"{self.path} was opened for reading only")
        with explained(self.path):
            if durable:
                schema.insist(self._db)
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                if durable:
                    schema.relax(self._db)

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple]:
        with explained(self.path):
            return self._db.execute(query, values).fetchall()

    def _record(self, number: int) -> Record:
        [(text, student, notebook)] = self._rows(
            "SELECT record, student, notebook FROM records WHERE id = ?", (number,)
        )
        try:
            return packing.record(text)
        except ValueError as error:
            raise self._unreadable("record", student, notebook, error) from error

    def _unreadable(self, what: str, student: str, notebook: str, error: Exception):
        return GradebookError(
            f"the {what} of {student!r} for {notebook!r} in {self.path} cannot be read "
            f"({error}); `bnlib grade` with the submission makes it anew, nothing else is lost"
        )
