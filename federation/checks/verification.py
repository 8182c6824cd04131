"""Checking a journal from its bytes up: every entry, every checkpoint, every key.

- Nothing of the node is trusted: bodies are hashed and parsed again, and the log is
  folded into its tree anew.
- Each checkpoint is signed by its region, and its root is that of the entries.
- No entry is missing or damaged, nor out of the order of its log and stream.
- The first damage is told with its place; what follows says nothing then.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from eventsourcing.persistence import PersistenceError

from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionJoined, RegionLeft, has_left, may_follow
from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.notes import check_announced, check_cosigned
from federation.journal.announced import announced
from federation.journal.shapes import CommandMemory, DamagedEntryError, Position, Sealed
from federation.journal.store import FIRST_EPOCH, Journal
from federation.journal.unreadable import is_unreadable
from federation.log.completeness import completeness
from federation.log.epochs import declaration, goes_on
from federation.log.membership import membership_of
from federation.signed.checkpoint import BrokenCheckpointError, read
from federation.signed.entry import (
    BrokenEntryError,
    Row,
    entry_id,
    leaf_hash,
    parse,
    seen_of,
)
from federation.signed.keys import Verifier
from federation.signed.merkle import Frontier, extend, root
from federation.signed.seen import forgets, goes_back, is_decided

BATCH_ENTRIES: Final = 1000


class SeenBy(NamedTuple):
    """A position of another log, and the first entry that had seen it."""

    position: int
    by: str
    """The entry's id."""
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Verified:
    """One region's log at one node, found to be whole."""

    origin: str
    entries: int
    checkpoints: int
    roots: Mapping[int, bytes]
    """The signed root at each signed size, to hold against other nodes'."""
    witnesses: Mapping[str, int] = field(default_factory=dict)
    """How much of the log each other region has cosigned."""
    epochs: Sequence[EpochBegun] = ()
    """What the region declared with the first entry of each epoch after the first."""
    memberships: Sequence[RegionJoined | RegionLeft] = ()
    """What the region said of its membership, in order."""
    seen: Mapping[tuple[str, int], "SeenBy"] = field(default_factory=dict)
    """Of each region and epoch that its entries had seen, the last position."""
    complete_to: str = ""
    """The instant to which the region said that this is all: see
    :class:`federation.log.completeness.Completeness`. Empty where it said nothing."""

    @property
    def epoch(self) -> int:
        """The last epoch of the log."""
        return self.epochs[-1].epoch if self.epochs else FIRST_EPOCH


def verify(
    journal: Journal, keys: Mapping[Region, Verifier], *, by_others: bool = False
) -> Iterator[Verified]:
    """Verify each region's log; raise :class:`DamageError` at the first damage.

    At home the end of the log may not be signed yet. Where it is verified ``by_others``
    nothing counts that is not signed: who gave them the journal may have made it up.
    """
    logs = []
    for region in Region:
        unsigned = region is journal.region and not by_others
        log = _log(journal, region.value, keys[region], may_end_unsigned=unsigned)
        check_announced(journal, region.value, keys[region])
        _trusts(log, keys)
        logs.append(replace(log, witnesses=check_cosigned(journal, region, keys)))
    _commands(journal)
    _strangers(journal)
    try:
        journal.check_storage()
    except PersistenceError as error:
        message = f"every entry is whole, but the database is not: {error}"
        raise DamageError(message) from None
    complete = completeness(journal)
    for log in logs:
        complete_to = complete[log.origin].complete_to
        has_key = keys[Region(log.origin)].ever()
        if not log.entries and has_key and not _signed_as_empty(journal, log.origin):
            # Who is yet to join has no key; who made the journal may have left out
            # all of a region that has one.
            complete_to = ""
        yield replace(log, complete_to=complete_to)


def _signed_as_empty(journal: Journal, origin: str) -> bool:
    """Whether a region has signed that it had recorded nothing, which nobody makes up."""
    with journal.reading() as cursor:
        announcement = announced(cursor, origin)
    return (
        announcement is not None and bool(announcement.note) and not announcement.size
    )


def _log(
    journal: Journal, origin: str, key: Verifier, *, may_end_unsigned: bool
) -> Verified:
    seals = _seals(journal, origin)
    seal = next(seals, None)
    versions: dict[str, int] = {}
    frontier, roots = Frontier(), dict[int, bytes]()
    epochs: list[EpochBegun] = []
    previous: Row | None = None
    decided: Row | None = None
    left = False
    memberships: list[RegionJoined | RegionLeft] = []
    seen: dict[tuple[str, int], SeenBy] = {}
    while entries := _entries(journal, origin, frontier.size):
        for row in entries:
            _entry(row, previous, frontier.size + 1)
            _version(row, versions)
            decided = _decided(row, decided)
            _look(row, seen)
            left = _membership(row, left=left)
            memberships += [fact] if (fact := membership_of(row)) else []
            _epoch(row, previous, frontier)
            epochs += [begun] if (begun := declaration(row)) else []
            frontier = extend(frontier, [leaf_hash(row.body)])
            previous = row
            if seal is not None and seal.frontier.size == frontier.size:
                roots[frontier.size] = _checkpoint(seal, frontier, row, key)
                seal = next(seals, None)
        if origin == journal.region.value:
            _remembered(journal, entries)
    if seal is not None:
        message = (
            f"the log of {origin} ends at {frontier.size}, and a checkpoint was signed "
            f"for {seal.frontier.size} entries"
        )
        raise DamageError(message)
    if not may_end_unsigned and frontier.size not in {0, *roots}:
        place = entry_id(origin, previous.epoch, frontier.size) if previous else origin
        message = f"no checkpoint was signed for the entries up to {place}"
        raise DamageError(message)
    return Verified(
        *(origin, frontier.size, len(roots), roots),
        epochs=epochs,
        memberships=memberships,
        seen=seen,
    )


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


def _seals(journal: Journal, origin: str) -> Iterator[Sealed]:
    size = 0
    try:
        for seal in journal.seals(origin):
            yield seal
            size = seal.frontier.size
    except (PersistenceError, DamagedEntryError) as error:
        place = entry_id(origin, journal.positions()[origin].epoch, size)
        message = f"a checkpoint after {place} cannot be read: {error}"
        raise DamageError(message) from None


def _entry(row: Row, previous: Row | None, position: int) -> None:
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
    if previous is not None and previous.recorded_at >= row.recorded_at:
        message = f"entry {place} is recorded before the one before it"
        raise DamageError(message)


def _version(row: Row, versions: dict[str, int]) -> None:
    before = versions.get(row.stream, 0)
    if row.version != before + 1:
        message = (
            f"entry {row.id} is version {row.version} of a stream that has {before}"
        )
        raise DamageError(message)
    versions[row.stream] = row.version


def _decided(row: Row, last: Row | None) -> Row | None:
    """Last entry that a command came to; raise where it had seen more than this one."""
    if not is_decided(row):
        return last
    if last is not None and forgets(last, row):
        message = f"entry {row.id} had seen less than entry {last.id} before it"
        raise DamageError(message)
    if last is not None and goes_back(last, row):
        message = f"entry {row.id} names no rules, and entry {last.id} before it does"
        raise DamageError(message)
    return row


def _look(row: Row, seen: dict[tuple[str, int], SeenBy]) -> None:
    """Note what an entry had seen that none before it had."""
    for origin, (epoch, position) in seen_of(row.body).items():
        last = seen.get((origin, epoch))
        if position and (last is None or position > last.position):
            seen[origin, epoch] = SeenBy(position, row.id, row.recorded_at)


def _membership(row: Row, *, left: bool) -> bool:
    """Whether a region has left with an entry, which follows what it said before."""
    if not may_follow(row.type, left=left):
        message = f"entry {row.id} was recorded after {row.origin} had left"
        raise DamageError(message)
    return has_left(row.type, left=left)


def _trusts(log: Verified, keys: Mapping[Region, Verifier]) -> None:
    """Check that a region that joined was shown the keys that are known here."""
    joined = (fact for fact in log.memberships if isinstance(fact, RegionJoined))
    for fact in joined:
        for shown in fact.keys:
            ours = [str(key) for key in keys[shown.region].ever()]
            if ours and shown.key not in ours:
                message = (
                    f"{log.origin} joined on {fact.joined_on} with a key of "
                    f"{shown.region.value} that is not known here: {shown.key}"
                )
                raise DamageError(message)


def _epoch(row: Row, previous: Row | None, frontier: Frontier) -> None:
    before = FIRST_EPOCH if previous is None else previous.epoch
    if not goes_on(row, Position(before, frontier.size), frontier):
        message = (
            f"entry {row.id} does not begin the epoch after {before}/{frontier.size}"
        )
        raise DamageError(message)


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


_OF_REGIONS: Final = (
    *(("journal", "origin"), ("checkpoint", "origin"), ("announced", "origin")),
    *(("cosignature", "origin"), ("cosignature", "witness"), ("incident", "origin")),
)
"""Columns of the journal that name a region; nothing else may stand there."""


def _strangers(journal: Journal) -> None:
    """Check that nothing is kept of a region that there is not, nor before the first."""
    regions = [region.value for region in Region]
    marks = ", ".join("?" for _ in regions)
    with journal.reading() as cursor:
        for table, member in _OF_REGIONS:
            cursor.execute(
                f"SELECT {member} AS named FROM {table} "  # noqa: S608 - ours
                f"WHERE {member} NOT IN ({marks}) ORDER BY {member} LIMIT 1",
                regions,
            )
            row = cursor.fetchone()
            if row is not None:
                message = (
                    f"the table {table} names {row['named']!r}, which is no region"
                )
                raise DamageError(message)
        cursor.execute(
            "SELECT origin, position FROM journal WHERE position < 1 "
            "ORDER BY origin, position LIMIT 1"
        )
        row = cursor.fetchone()
    if row is not None:
        message = (
            f"the table journal holds position {row['position']} of {row['origin']}"
        )
        raise DamageError(message)


def _remembered(journal: Journal, entries: Sequence[Row]) -> None:
    """Check that the command of each of the home region's entries is remembered."""
    for row in entries:
        named = _COMMAND.search(row.body)
        if named is None:
            continue
        try:
            with journal.reading() as cursor:
                name = named["id"].decode()
                memory = journal.commands_in(cursor, [name]).get(name)
        except PersistenceError as error:
            if is_unreadable(error):
                raise
            memory = None
        if memory is None or not _covers(memory, row.position):
            message = f"the memory of the command of entry {row.id} is damaged"
            raise DamageError(message)


_COMMAND: Final = re.compile(rb'"commandid":"(?P<id>[^"]*)"')


def _covers(memory: CommandMemory, position: int) -> bool:
    try:
        return memory.position <= position < memory.position + memory.entries
    except TypeError:
        return False


def _commands(journal: Journal) -> None:
    """Check that each remembered command is the one its entries name."""
    try:
        for memory in journal.commands():
            if memory.entries and not _named(journal, memory):
                message = f"the memory of command {memory.command_id} is damaged"
                raise DamageError(message)
    except (PersistenceError, TypeError) as error:
        message = f"the memory of a command cannot be read: {error}"
        raise DamageError(message) from None


def _named(journal: Journal, memory: CommandMemory) -> bool:
    rows = journal.entries(journal.region.value, memory.position - 1, memory.entries)
    named = f'"commanddigest":"{memory.digest}","commandid":"{memory.command_id}",'
    return len(rows) == memory.entries and all(
        named.encode() in row.body for row in rows
    )


def compare(verified: Mapping[str, list[Verified]]) -> None:
    """Check that all nodes hold the same history of each region.

    ``verified`` has each node's logs by the node's region.
    """
    signed: dict[tuple[str, int], tuple[str, bytes]] = {}
    own = {
        log.origin: log.entries
        for node in verified
        for log in verified[node]
        if log.origin == node
    }
    for node, logs in verified.items():
        for log in logs:
            if log.entries > own.get(log.origin, log.entries):
                message = (
                    f"{log.origin} holds {own[log.origin]} entries of its own, and "
                    f"{node} holds {log.entries} that it signed"
                )
                raise DamageError(message)
            for size, root_there in log.roots.items():
                first = signed.setdefault((log.origin, size), (node, root_there))
                if first[1] != root_there:
                    message = (
                        f"{log.origin} signed two histories of {size} entries: one is "
                        f"at {first[0]}, the other at {node}"
                    )
                    raise DamageError(message)
