"""Checking one region's log in a journal, from its bytes up, in order.

It is read in batches, and what is kept of what was read does not grow with it: the right
edge of the tree, the last decision, and the versions of the streams that were read last.
What its region declared of epochs and membership is kept, and, for who asks for it, the
root of each checkpoint.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from eventsourcing.persistence import PersistenceError

from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft, has_left, may_follow
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.memories import check_remembered
from federation.checks.notes import check_announced, check_cosigned
from federation.checks.streams import StreamVersions
from federation.checks.verified import SeenBy, Verified, VerifiedTo
from federation.journal.shapes import DamagedEntryError, Position, Sealed
from federation.journal.store import FIRST_EPOCH, Journal
from federation.log.epochs import BEGUN, declaration, goes_on
from federation.log.membership import membership_of
from federation.signed.checkpoint import (
    BrokenCheckpointError,
    Checkpoint,
    claimed,
    read,
)
from federation.signed.entry import BrokenEntryError, Row, entry_id, parse, seen_of
from federation.signed.keys import Verifier
from federation.signed.merkle import Frontier, extend, root
from federation.signed.seen import DecidedOn, decided_on

BATCH_ENTRIES: Final = 1000


def verify_log(
    journal: Journal,
    region: Region,
    keys: Mapping[Region, Verifier],
    *,
    by_others: bool = False,
    begin: VerifiedTo | None = None,
    at: Collection[int] | None = None,
) -> Verified:
    """Verify a region's log; raise :class:`DamageError` at the first damage.

    At home the end of the log may not be signed yet; where it is verified ``by_others``
    nothing counts that is not signed. With ``begin`` what it tells of is not read again.
    The root ``at`` some sizes is told, and then of signed ones the last alone.
    """
    reading = _Reading(journal, region.value, keys[region], begin, at)
    reading.read_all()
    if by_others or region is not journal.region:
        reading.check_end()
    check_announced(journal, region.value, keys[region])
    reading.check_trust(keys)
    kept = {} if begin is None else begin.witnesses
    after = reading.begun
    return reading.found(check_cosigned(journal, region, keys, after, kept))


class _Reading:
    """How far a log has been read, and what was found."""

    def __init__(
        self,
        journal: Journal,
        origin: str,
        key: Verifier,
        begin: VerifiedTo | None,
        at: Collection[int] | None,
    ) -> None:
        self._journal, self._origin, self._key = journal, origin, key
        self._keeps_all, self._at = at is None, frozenset(at or ())
        self._frontier = Frontier()
        self._leaves: list[bytes] = []
        """Of the entries after the frontier."""
        self._epoch, self._recorded_at = FIRST_EPOCH, ""
        self._decided: DecidedOn | None = None
        self._left = False
        self._seen: dict[tuple[str, int], SeenBy] = {}
        self._looked: Mapping[str, tuple[int, int]] = {}
        self._epochs: list[EpochBegun] = []
        self._memberships: list[RegionJoined | RegionLeft] = []
        self._checkpoints, self._commanded = 0, 0
        self._roots: dict[int, bytes] = {}
        self._reached: dict[int, bytes] = {}
        self._to = begin
        if begin is not None:
            self._go_on(begin)
        self.begun = self._frontier.size
        """Entries that are not read again."""
        self._size = self.begun
        self._versions = StreamVersions(journal, origin, self.begun)
        self._seals = _seals(journal, origin, self.begun)
        self._seal = next(self._seals, None)

    def _go_on(self, begin: VerifiedTo) -> None:
        checkpoint = _signed(begin, self._origin, self._key)
        self._frontier = begin.frontier
        self._epoch, self._recorded_at = checkpoint.epoch, begin.recorded_at
        self._decided, self._left = begin.decided, begin.left
        self._seen = dict(begin.seen)
        self._epochs, self._memberships = [*begin.epochs], [*begin.memberships]
        self._checkpoints = begin.checkpoints
        self._roots = {checkpoint.size: checkpoint.root}
        if checkpoint.size in self._at:
            self._reached = dict(self._roots)
        last = _entries(self._journal, self._origin, checkpoint.size - 1)[:1]
        if [row.recorded_at for row in last] != [begin.recorded_at]:
            place = entry_id(self._origin, checkpoint.epoch, checkpoint.size)
            message = f"entry {place} is not the one that was verified before"
            raise DamageError(message)

    def read_all(self) -> None:
        """Read the log to its end."""
        home = self._origin == self._journal.region.value
        while rows := _entries(self._journal, self._origin, self._size):
            self._versions.look_up(rows, self._size)
            for row in rows:
                self._take(row)
            if home:
                self._commanded += check_remembered(self._journal, rows)
        if self._seal is not None:
            message = (
                f"the log of {self._origin} ends at {self._size}, and a checkpoint was "
                f"signed for {self._seal.frontier.size} entries"
            )
            raise DamageError(message)

    def check_end(self) -> None:
        """Raise :class:`DamageError` unless all entries are signed for."""
        if self._size not in {0, *self._roots}:
            place = entry_id(self._origin, self._epoch, self._size)
            message = f"no checkpoint was signed for the entries up to {place}"
            raise DamageError(message)

    def check_trust(self, keys: Mapping[Region, Verifier]) -> None:
        """Check that a region that joined was shown the keys that are known here."""
        joined = (each for each in self._memberships if isinstance(each, RegionJoined))
        for fact in joined:
            for shown in fact.keys:
                ours = [str(key) for key in keys[shown.region].ever()]
                if ours and shown.key not in ours:
                    message = (
                        f"{self._origin} joined on {fact.joined_on} with a key of "
                        f"{shown.region.value} that is not known here: {shown.key}"
                    )
                    raise DamageError(message)

    def found(self, witnesses: Mapping[str, int]) -> Verified:
        """What the whole log was found to be, with how much of it others cosigned."""
        return Verified(
            *(self._origin, self._size, self._checkpoints, self._roots, witnesses),
            *(self._epochs, self._memberships, self._seen),
            reached=self._reached,
            read_after=self.begun,
            commanded=self._commanded,
            to=None if self._to is None else _with(self._to, witnesses),
        )

    def _take(self, row: Row) -> None:
        position = self._size + 1
        self._check_entry(row, position)
        self._versions.follow(row)
        basis = decided_on(row)
        if basis is not None:
            self._decide(basis)
        self._look(row, basis)
        if self._left or basis is None:
            self._declare(row)
        if row.epoch != self._epoch or row.type == BEGUN:
            self._begin_epoch(row)
        self._leaves.append(row.leaf)
        self._size, self._recorded_at = position, row.recorded_at
        if self._seal is not None and self._seal.frontier.size == position:
            self._check_seal(self._seal, row)
            self._seal = next(self._seals, None)
        if position in self._at:
            self._reached[position] = root(self._grown())

    def _grown(self) -> Frontier:
        """Right edge of the tree over all that was read."""
        self._frontier = extend(self._frontier, self._leaves)
        self._leaves.clear()
        return self._frontier

    def _check_entry(self, row: Row, position: int) -> None:
        place = entry_id(row.origin, row.epoch, position)
        if row.position != position:
            message = f"entry {place} is missing"
            raise DamageError(message)
        try:
            stored = parse(row.body)
        except BrokenEntryError as error:
            message = f"entry {place} is damaged: {error}"
            raise DamageError(message) from None
        if stored != row:
            names = [n for n in Row._fields if getattr(stored, n) != getattr(row, n)]
            message = f"entry {place} is damaged in {', '.join(names)}"
            raise DamageError(message)
        if self._recorded_at >= row.recorded_at:
            message = f"entry {place} is recorded before the one before it"
            raise DamageError(message)

    def _decide(self, basis: DecidedOn) -> None:
        """Take the last decision; raise where an earlier one had seen more."""
        last = self._decided
        if last is not None and basis.forgets(last):
            message = f"entry {basis.id} had seen less than entry {last.id} before it"
            raise DamageError(message)
        if last is not None and basis.goes_back(last):
            message = (
                f"entry {basis.id} names no rules, and entry {last.id} before it does"
            )
            raise DamageError(message)
        self._decided = basis

    def _look(self, row: Row, basis: DecidedOn | None) -> None:
        """Note what an entry had seen that none before it had."""
        seen = seen_of(row.body) if basis is None else basis.seen
        if seen == self._looked:
            return
        self._looked = seen
        for origin, (epoch, position) in seen.items():
            last = self._seen.get((origin, epoch))
            if position and (last is None or position > last.position):
                self._seen[origin, epoch] = SeenBy(position, row.id, row.recorded_at)

    def _declare(self, row: Row) -> None:
        """Note whether a region has left with an entry, which follows what it said."""
        if not may_follow(row.type, left=self._left):
            message = f"entry {row.id} was recorded after {row.origin} had left"
            raise DamageError(message)
        self._left = has_left(row.type, left=self._left)
        fact = membership_of(row)
        self._memberships += [] if fact is None else [fact]

    def _begin_epoch(self, row: Row) -> None:
        end = Position(self._epoch, self._size)
        if not goes_on(row, end, self._grown()):
            message = (
                f"entry {row.id} does not begin the epoch after "
                f"{end.epoch}/{end.position}"
            )
            raise DamageError(message)
        begun = declaration(row)
        self._epochs += [] if begun is None else [begun]
        self._epoch = row.epoch

    def _check_seal(self, seal: Sealed, row: Row) -> None:
        grown = self._grown()
        signed_root = _checkpoint(seal, grown, row, self._key)
        self._checkpoints += 1
        if not self._keeps_all:
            self._roots.clear()
        self._roots[grown.size] = signed_root
        self._to = VerifiedTo(
            *(seal.note, grown, self._checkpoints, row.recorded_at, self._decided),
            *(self._left, dict(self._seen)),
            *(tuple(self._epochs), tuple(self._memberships)),
        )


def _signed(begin: VerifiedTo, origin: str, key: Verifier) -> Checkpoint:
    """Checkpoint from which to go on: it is the region's, and of that tree."""
    try:
        checkpoint = read(begin.note, key)
    except BrokenCheckpointError as error:
        message = f"the checkpoint of {origin} that was verified before: {error}"
        raise DamageError(message) from None
    if (checkpoint.origin, checkpoint.root) != (origin, root(begin.frontier)):
        message = f"what was verified of {origin} before is not of its checkpoint"
        raise DamageError(message)
    return checkpoint


def _with(to: VerifiedTo, witnesses: Mapping[str, int]) -> VerifiedTo:
    """Where to go on from, with the cosignatures up to there."""
    size = claimed(to.note).size
    there = {name: cosigned for name, cosigned in witnesses.items() if cosigned <= size}
    return replace(to, witnesses=there)


def _entries(journal: Journal, origin: str, after: int) -> Sequence[Row]:
    try:
        return journal.entries(origin, after, BATCH_ENTRIES)
    except PersistenceError:
        pass
    try:
        # Somewhere in the batch; one by one, the place shows.
        return journal.entries(origin, after, 1)
    except PersistenceError as error:
        place = entry_id(origin, journal.positions()[origin].epoch, after + 1)
        message = f"entry {place} cannot be read: {error}"
        raise DamageError(message) from None


def _seals(journal: Journal, origin: str, after: int) -> Iterator[Sealed]:
    size = after
    try:
        for seal in journal.seals(origin, after):
            yield seal
            size = seal.frontier.size
    except (PersistenceError, DamagedEntryError) as error:
        place = entry_id(origin, journal.positions()[origin].epoch, size)
        message = f"a checkpoint after {place} cannot be read: {error}"
        raise DamageError(message) from None


def _checkpoint(seal: Sealed, frontier: Frontier, row: Row, key: Verifier) -> bytes:
    place = entry_id(row.origin, row.epoch, frontier.size)
    try:
        signed = read(seal.note, key)
    except BrokenCheckpointError as error:
        message = f"the checkpoint at {place} is damaged: {error}"
        raise DamageError(message) from None
    expected = (row.origin, row.epoch, frontier.size, root(frontier))
    if (signed.origin, signed.epoch, signed.size, signed.root) != expected:
        message = f"the entries up to {place} do not hash to the signed root"
        raise DamageError(message)
    if seal.frontier != frontier:
        message = f"the stored tree at {place} is damaged"
        raise DamageError(message)
    return signed.root
