"""What a node has put its name to, in a file that no backup brings back.

The file stands beside the keys: for each region the last checkpoint that this
node cosigned, and of its own log the last one that it signed for others. A
journal that holds less than that, or something else, is an older copy or
another history, and is told before anything is signed again. A region's processes
may share the file; each reads what the others have written.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import orjson
from typing_extensions import override

from federation.checkpoint import BrokenCheckpointError, Checkpoint, said
from federation.durable import replacing
from federation.epochs import given_up
from federation.journal.store import Journal
from federation.keyring import Place
from federation.merkle import root
from federation.sealing import DamagedEntryError, frontier_at

FILE_BYTES_MAX: Final = 1024 * 1024


class BrokenPromisesError(Exception):
    """The file is there and does not hold promises; the message names it."""


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that a journal does not keep."""

    promised: Checkpoint
    held: int
    """The position of the region's log in the journal."""
    epoch: int

    @property
    def older(self) -> bool:
        """The journal ends before the promise; otherwise it holds another history."""
        return self.held < self.promised.size or self.epoch < self.promised.epoch

    @override
    def __str__(self) -> str:
        """Return a sentence for an operator."""
        origin, size = self.promised.origin, self.promised.size
        if self.older:
            return (
                f"the journal holds {self.held} entries of {origin}, and {size} were "
                "signed for: it is an older copy"
            )
        return (
            f"the first {size} entries of {origin} are not those that were signed for"
        )


class NotWholeError(Exception):
    """It is not known that a journal holds all of its region's log; the reason says why."""


class Promises:
    """The last checkpoint that was signed for, of each region's log."""

    def __init__(self, path: Path | None) -> None:
        """Read the file; without a path they are kept in memory alone (tests)."""
        self._path = path
        self._lock = Lock()
        self._notes: Mapping[str, str] = {}
        self._read_at: tuple[int, int] | None = None
        self._read()

    def last(self, origin: str) -> Checkpoint | None:
        """Return what was promised last of a region's log."""
        note = self.note(origin)
        return None if note is None else said(note)

    def note(self, origin: str) -> str | None:
        """Return the signed note that was promised last."""
        with self._lock:
            self._read()
            return self._notes.get(origin)

    def keep(self, note: str) -> None:
        """Make a promise; it is on the disk when this returns.

        One of less than the last, until earlier, or of something else, changes nothing;
        nor does one of an empty log, of which nothing could be missing.
        """
        given = said(note)
        with self._lock, self._alone():
            self._read()
            last = self._notes.get(given.origin)
            if not given.size or note == last:
                return
            if last is not None and not _follows(given, said(last)):
                return
            notes = {**self._notes, given.origin: note}
            if self._path is not None:
                with replacing(self._path) as file:
                    file.write(orjson.dumps(notes, option=orjson.OPT_INDENT_2))
            self._notes = notes

    def _read(self) -> None:
        """Read the file, unless it is the one that was read last."""
        if self._path is None:
            return
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return
        if (status.st_ino, status.st_mtime_ns) != self._read_at:
            self._notes = _load(self._path)
            self._read_at = (status.st_ino, status.st_mtime_ns)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep the region's other processes from writing meanwhile."""
        if self._path is None:
            yield
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # The folder itself is what can be locked: the file is another one each time.
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _follows(given: Checkpoint, last: Checkpoint) -> bool:
    if (given.epoch, given.size) == (last.epoch, last.size):
        return given.root == last.root and given.complete_to >= last.complete_to
    return (given.epoch, given.size) > (last.epoch, last.size)


def breach(journal: Journal, promised: Checkpoint) -> Breach | None:
    """Return how a journal breaks a promise, or None where it keeps it."""
    held = journal.positions()[promised.origin]
    if given_up(journal, promised):
        return None
    if held.epoch < promised.epoch or held.position < promised.size:
        return Breach(promised, held.position, held.epoch)
    try:
        frontier = frontier_at(journal, promised.origin, promised.size)
    except DamagedEntryError:
        return Breach(promised, held.position, held.epoch)
    return (
        None
        if root(frontier) == promised.root
        else Breach(promised, held.position, held.epoch)
    )


def signed_to(journal: Journal, promised: Checkpoint | None) -> Place:
    """Return the last place of the home log that its region has signed for.

    There the next key can begin: what comes after can be lost, and what comes before
    cannot without a promise being broken. Raises :class:`NotWholeError` where
    somebody may hold more that this key has signed.
    """
    if promised is None:
        message = "nothing was promised here, so others may hold more than this journal"
        raise NotWholeError(message)
    broken = breach(journal, promised)
    if broken is not None:
        raise NotWholeError(str(broken))
    sealed = journal.sealed(promised.origin)
    signed = [promised] if sealed is None else [promised, said(sealed.note)]
    return max(Place(each.epoch, each.size) for each in signed)


def _load(path: Path) -> dict[str, str]:
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return {}
    notes: Mapping[str, str] = {}
    try:
        notes = orjson.loads(stored[:FILE_BYTES_MAX])
        whole = all(said(note).origin == origin for origin, note in notes.items())
    except (ValueError, TypeError, AttributeError, BrokenCheckpointError):
        whole = False
    if not whole:
        message = f"{path} does not hold the checkpoints that were signed for"
        raise BrokenPromisesError(message)
    return dict(notes)
