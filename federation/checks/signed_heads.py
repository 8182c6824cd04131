"""Signed heads: what a node has put its name to, in a file that no backup brings back.

The file stands beside the keys: for each region the last checkpoint that this
node cosigned, and of its own log the last one that it signed for others. A
journal that holds less than that, or something else, is an older copy or
another history, and is told before anything is signed again. A region's processes
may share the file; each reads what the others have written.
"""

import fcntl
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

import orjson
from typing_extensions import override

from federation.durable import replacing
from federation.journal.shapes import DamagedEntryError
from federation.journal.store import Journal
from federation.log.epochs import given_up
from federation.log.tree import holds
from federation.private import make_folder
from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, claimed
from federation.signed.keyring import KeyPlace

FILE_BYTES_MAX: Final = 1024 * 1024
PARTIAL: Final = (
    b"The node began without its promises, and has not heard all others since.\n"
)
LOCK_SECONDS: Final = 0.01
LOCK_ATTEMPTS: Final = 100
"""Attempts at the lock before the file is written without it: a second."""


class BrokenSignedHeadsError(OSError):
    """The file is there and does not hold signed heads; the message names it.

    To whoever signs it is one of the ways in which a disk fails.
    """


@dataclass(frozen=True, slots=True)
class Breach:
    """A signed head that a journal does not keep."""

    promised: Checkpoint
    position: int
    """The position of the region's log in the journal."""
    epoch: int

    @property
    def older(self) -> bool:
        """The journal ends before it; otherwise it holds another history."""
        return self.position < self.promised.size or self.epoch < self.promised.epoch

    @override
    def __str__(self) -> str:
        origin, size = self.promised.origin, self.promised.size
        if self.older:
            return (
                f"the journal holds {self.position} entries of {origin}, and {size} were "
                "signed for: it is an older copy"
            )
        return (
            f"the first {size} entries of {origin} are not those that were signed for"
        )


class NotWholeError(Exception):
    """It is not known that a journal holds all of its region's log; the reason says why."""


class SignedHeads:
    """The last checkpoint that was signed for, of each region's log."""

    def __init__(self, path: Path | None) -> None:
        """Read the file; without a path they are kept in memory alone (tests)."""
        self._path = path
        self._lock = Lock()
        self._notes: Mapping[str, str] = {}
        self._stored: Mapping[str, str] = {}
        """What the file held when it was read last."""
        self._read_at: tuple[int, int] | None = None
        self._partial = False
        self._read()

    def last(self, origin: str) -> Checkpoint | None:
        """Checkpoint that was signed for last of a region's log."""
        note = self.note(origin)
        return None if note is None else claimed(note)

    def note(self, origin: str) -> str | None:
        """Note that was signed last of a region's log."""
        with self._lock:
            self._read()
            return self._notes.get(origin)

    def keep(self, note: str) -> None:
        """Keep a head that is about to be signed for; it is on the disk when this returns.

        One of less than the last, until earlier, or of something else, changes nothing;
        nor does one of an empty log, of which nothing could be missing.
        """
        given = claimed(note)
        if not given.size:
            return
        with self._lock:
            if self._path is None:
                self._notes = _both(self._notes, {given.origin: note})
                return
            with _alone(self._path):
                while not self._written(self._path, {given.origin: note}):
                    pass

    def remembers(self, origin: str) -> bool:
        """Whether the last head of a log is known to be the last that was signed.

        It is not where a node began without its signed heads: what it makes and hears
        from then on is no memory of what was. That stays so, also when it starts
        again, until :meth:`heard_all`. Raises :class:`BrokenPromisesError` where that
        cannot be noted.
        """
        with self._lock:
            self._read()
            mark = self._mark
            if origin not in self._notes and not self.partial:
                self._partial = True
                if mark is not None:
                    _write_mark(mark)
            return not self.partial

    @property
    def partial(self) -> bool:
        """Whether the node began without its heads, and has not heard all since."""
        return self._partial if self._mark is None else self._mark.exists()

    def heard_all(self) -> None:
        """Note that nobody can hold more than what is promised and held here."""
        with self._lock:
            self._partial = False
            if self._mark is not None:
                self._mark.unlink(missing_ok=True)

    @property
    def _mark(self) -> Path | None:
        """The file that stands beside the heads while they may not be all."""
        return self._path and self._path.with_name(f"{self._path.name}.partial")

    def _written(self, path: Path, more: Mapping[str, str]) -> bool:
        """Write what is new; say whether nobody else has written meanwhile."""
        self._read()
        notes = _both(self._notes, more)
        if notes == self._stored:
            return True
        try:
            with replacing(path, f".{os.getpid()}.new") as file:
                file.write(orjson.dumps(notes, option=orjson.OPT_INDENT_2))
                file.flush()
                os.fsync(file.fileno())
                # A process that stood still while it wrote wakes here, and what it
                # read may be old by then.
                _check_same(path, self._read_at)
        except _OvertakenError:
            return False
        self._notes = notes
        return True

    def _read(self) -> None:
        """Read the file, unless it is the one that was read last; forget nothing."""
        if self._path is None:
            return
        stamp = _stamp(self._path)
        if stamp != self._read_at:
            self._stored = _load(self._path)
            self._notes = _both(self._stored, self._notes)
            self._read_at = stamp


def _write_mark(mark: Path) -> None:
    try:
        make_folder(mark.parent)
        with replacing(mark, f".{os.getpid()}.new") as file:
            file.write(PARTIAL)
    except OSError as error:
        message = f"{mark} cannot be written: {error.strerror}"
        raise BrokenSignedHeadsError(message) from None


class _OvertakenError(Exception):
    """Another process has written the file since it was read."""


def _stamp(path: Path) -> tuple[int, int] | None:
    """Tell a file from the one that takes its place."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_mtime_ns


def _check_same(path: Path, stamp: tuple[int, int] | None) -> None:
    if _stamp(path) != stamp:
        raise _OvertakenError


def _both(notes: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Of each region the further one of two heads."""
    both = dict(notes)
    for origin, note in more.items():
        last = both.get(origin)
        if last is None or (note != last and _follows(claimed(note), claimed(last))):
            both[origin] = note
    return both


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep the region's other processes from writing meanwhile, if they let us.

    One that stands still as it writes holds nobody up; see where it goes on.
    """
    make_folder(path.parent)
    # A file beside it: that of the heads is another one each time.
    beside = path.with_name(f"{path.name}.lock")
    lock = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(LOCK_ATTEMPTS):
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(LOCK_SECONDS)
        yield
    finally:
        os.close(lock)


def _follows(given: Checkpoint, last: Checkpoint) -> bool:
    if (given.epoch, given.size) == (last.epoch, last.size):
        return given.root == last.root and given.complete_to >= last.complete_to
    return (given.epoch, given.size) > (last.epoch, last.size)


def breach(journal: Journal, promised: Checkpoint) -> Breach | None:
    """None where the journal holds what was signed for, or its region has given it up."""
    end = journal.positions()[promised.origin]
    if given_up(journal, promised):
        return None
    if end.epoch < promised.epoch or end.position < promised.size:
        return Breach(promised, end.position, end.epoch)
    try:
        kept = holds(journal, promised)
    except DamagedEntryError:
        kept = False
    return None if kept else Breach(promised, end.position, end.epoch)


def signed_to(journal: Journal, promised: Checkpoint | None) -> KeyPlace:
    """Last place of the home log that its region has signed for.

    There the next key can begin: what comes after can be lost, and what comes before
    cannot without a signed head being broken. Raises :class:`NotWholeError` where
    somebody may hold more that this key has signed.
    """
    if promised is None:
        message = "nothing was promised here, so others may hold more than this journal"
        raise NotWholeError(message)
    broken = breach(journal, promised)
    if broken is not None:
        raise NotWholeError(str(broken))
    try:
        sealed = journal.sealed(promised.origin)
        signed = [promised] if sealed is None else [promised, claimed(sealed.note)]
    except (DamagedEntryError, BrokenCheckpointError) as error:
        message = f"what was signed for last is damaged here ({error})"
        raise NotWholeError(message) from None
    return max(KeyPlace(head.epoch, head.size) for head in signed)


def _load(path: Path) -> dict[str, str]:
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return {}
    notes: Mapping[str, str] = {}
    try:
        notes = orjson.loads(stored[:FILE_BYTES_MAX])
        whole = all(claimed(note).origin == origin for origin, note in notes.items())
    except (ValueError, TypeError, AttributeError, BrokenCheckpointError):
        whole = False
    if not whole:
        message = f"{path} does not hold the checkpoints that were signed for"
        raise BrokenSignedHeadsError(message)
    return dict(notes)
