"""What a region's own page or note proves against it, once it was refused.

Whether the region signed for the bytes is looked at first: somebody on the way
may have changed them, and then they say nothing of the region.
"""

from collections.abc import Iterator, Sequence

from federation.checks.evidence import EVIDENCE_BYTES_MAX, EntryEvidence, Shown
from federation.checks.incidents import Observation, Observed
from federation.checks.violation import Placed, after_announcement, alone, between
from federation.journal.announced import announced
from federation.journal.store import Journal
from federation.log.membership import membership_stream
from federation.log.tree import Tree, holds
from federation.signed.checkpoint import (
    BrokenCheckpointError,
    Checkpoint,
    claimed,
    read,
)
from federation.signed.entry import Row, leaf_hash, parse
from federation.signed.keys import Verifier
from federation.signed.page import ENTRIES_MAX, PAGE_BYTES_MAX, Message, note_of
from federation.signed.seen import is_decided


def evidence_in_page(
    journal: Journal, message: Message, origin: str, key: Verifier
) -> EntryEvidence | Observed | None:
    """Evidence from a refused page, or what can only be said to have been seen.

    None where that cannot be known before the entries before it are here, or a key.
    """
    if not key.ever():
        return None
    lines = message.body.split(b"\n")
    if len(message.body) > PAGE_BYTES_MAX or len(lines) > ENTRIES_MAX:
        return Observed.TOO_LARGE
    try:
        note = note_of(message)
        checkpoint = read(note, key)
    except (ValueError, BrokenCheckpointError):
        return Observed.NOT_SIGNED
    if checkpoint.origin != origin:
        return Observed.NOT_SIGNED
    log = _Log(journal, origin, checkpoint.size - len(lines), lines)
    position = journal.positions()[origin].position
    if log.before > position:
        return None
    if log.before < 0 or log.tree.root(checkpoint.size) != checkpoint.root:
        return Observed.NOT_ITS_ROOT
    return _small(_first_violation(log, checkpoint, note)) or Observed.UNPROVED


def observation_of_page(
    message: Message, origin: str, kind: Observed, text: str
) -> Observation:
    """Observation that is kept of a refused page that proves nothing."""
    seen = Observation(kind, "log", text, message.body)
    try:
        return seen._replace(note=note_of(message), signer=origin)
    except ValueError:
        return seen


def evidence_in_note(journal: Journal, note: str) -> EntryEvidence | None:
    """Evidence from an announcement, held against the entries around its size.

    The region signed it. None where it proves nothing, or nothing small enough.
    """
    announcement = claimed(note)
    origin, size = announcement.origin, announcement.size
    if not holds(journal, announcement):
        return None
    after = max(size - 1, 0)
    for row in journal.entries(origin, after, 2):
        if row.position <= size and row.recorded_at > announcement.complete_to:
            shown = _Log(journal, origin, size).shown(row.position)
            return _small(EntryEvidence(note, (shown,)))
        seal = next(journal.seals(origin, size), None)
        if seal is not None and after_announcement(announcement, row):
            shown = _Log(journal, origin, seal.frontier.size).shown(row.position)
            return _small(EntryEvidence(seal.note, (shown,), note))
    return None


def _small(evidence: EntryEvidence | None) -> EntryEvidence | None:
    """None where it is too large to be told."""
    if evidence is None or len(evidence.to_bytes()) > EVIDENCE_BYTES_MAX:
        return None
    return evidence


class _Log:
    """A log as it was signed: what the journal holds of it, then what came."""

    def __init__(
        self, journal: Journal, origin: str, before: int, lines: Sequence[bytes] = ()
    ) -> None:
        self.journal = journal
        self.origin = origin
        self.before = before
        """How much of it is taken from the journal."""
        self.lines = lines
        self.tree = Tree(journal, origin, before, [leaf_hash(line) for line in lines])

    def body(self, position: int) -> bytes:
        if position > self.before:
            return self.lines[position - self.before - 1]
        return self.journal.entries(self.origin, position - 1, 1)[0].body

    def shown(self, position: int) -> Shown:
        """Entry with the hashes by which it stands there."""
        left = self.tree.frontier(position - 1).hashes
        right = self.tree.beyond(position, self.tree.size)
        return Shown(position, self.body(position), (*left, *right))


def _first_violation(
    log: _Log, checkpoint: Checkpoint, note: str
) -> EntryEvidence | None:
    with log.journal.reading() as cursor:
        latest = announced(cursor, log.origin)
    announcement = latest.note if latest and latest.note else None
    streams: dict[str, int] = {}
    for position, body in enumerate(log.lines, start=log.before + 1):
        if alone(checkpoint, Placed(position, body)):
            return EntryEvidence(note, (log.shown(position),))
        row = parse(body)
        if announcement is not None and after_announcement(claimed(announcement), row):
            return EntryEvidence(note, (log.shown(position),), announcement)
        for earlier in _earlier(log, row, streams):
            before = log.body(earlier)
            if alone(checkpoint, Placed(earlier, before)):
                return EntryEvidence(note, (log.shown(earlier),))
            if between(parse(before), row):
                return EntryEvidence(note, (log.shown(earlier), log.shown(position)))
        streams[row.stream] = position
    return None


def _last_decided(log: _Log, before: int) -> int | None:
    """Where the last entry before a position stands that a command came to."""
    for position in range(before - 1, 0, -1):
        if is_decided(parse(log.body(position))):
            return position
    return None


def _earlier(log: _Log, row: Row, streams: dict[str, int]) -> Iterator[int]:
    """Where the entries stand that an entry must follow.

    The one before it, the last that a command came to, the last of its stream, and
    what its region last said of its membership.
    """
    if row.position > 1:
        yield row.position - 1
    if (decided := _last_decided(log, row.position)) is not None:
        yield decided
    for stream in (row.stream, membership_stream(log.origin)):
        position = streams.get(stream)
        if position is None:
            with log.journal.reading() as cursor:
                version = log.journal.version_in(cursor, stream)
                last = log.journal.entry_in(cursor, stream, version)
            position = last.position if last is not None else None
            if position is not None and position > log.before:
                # It stands in another history, where this one has what came.
                position = None
        if position is not None:
            yield position
