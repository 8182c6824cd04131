"""What a region's own page or note proves against it, once it was refused.

Whether the region signed for the bytes is looked at first: somebody on the way
may have changed them, and then they say nothing of the region.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from federation.journal.announced import announced
from federation.journal.store import Journal
from federation.log import membership
from federation.log.sealing import frontier_at
from federation.signed.checkpoint import BrokenCheckpointError, Checkpoint, read, said
from federation.signed.entry import Row, leaf_hash, parse
from federation.signed.keys import Verifier
from federation.signed.merkle import Frontier, extend, pieces, root
from federation.signed.page import ENTRIES_MAX, PAGE_BYTES_MAX, Message, note_of
from federation.trust.evidence import EVIDENCE_BYTES_MAX, EntryEvidence, Shown
from federation.trust.incidents import Observed, Seen
from federation.trust.violation import Placed, alone, between, in_silence


def look_at_page(
    journal: Journal, message: Message, origin: str, key: Verifier
) -> EntryEvidence | Observed | None:
    """Return what a refused page proves, or what can only be said to have been seen.

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
    held = journal.positions()[origin].position
    if log.before > held:
        return None
    if log.before < 0 or log.root() != checkpoint.root:
        return Observed.NOT_ITS_ROOT
    return _small(_found(log, checkpoint, note)) or Observed.UNPROVED


def seen_of_page(message: Message, origin: str, kind: Observed, text: str) -> Seen:
    """Return what is kept of a refused page that proves nothing."""
    seen = Seen(kind, "log", text, message.body)
    try:
        return seen._replace(note=note_of(message), signer=origin)
    except ValueError:
        return seen


def look_at_note(journal: Journal, note: str) -> EntryEvidence | None:
    """Return what an announcement proves, held against the entries around its size.

    The region signed it. None where it proves nothing, or nothing small enough.
    """
    announcement = said(note)
    origin, size = announcement.origin, announcement.size
    log = _Log(journal, origin, size, [])
    if log.root() != announcement.root:
        return None
    after = max(size - 1, 0)
    for row in journal.entries(origin, after, 2):
        if row.position <= size and row.recorded_at > announcement.complete_to:
            return _small(EntryEvidence(note, (log.shown(row.position),)))
        seal = next(journal.seals(origin, size), None)
        if seal is not None and in_silence(announcement, row):
            log = _Log(journal, origin, seal.frontier.size, [])
            shown = log.shown(row.position)
            return _small(EntryEvidence(seal.note, (shown,), note))
    return None


def _small(evidence: EntryEvidence | None) -> EntryEvidence | None:
    """Return evidence that may be told, or None."""
    if evidence is None or len(evidence.to_bytes()) > EVIDENCE_BYTES_MAX:
        return None
    return evidence


@dataclass(frozen=True, slots=True)
class _Log:
    """A log as it was signed: what the journal holds of it, then what came."""

    journal: Journal
    origin: str
    before: int
    """How much of it is taken from the journal."""
    lines: Sequence[bytes]

    @property
    def size(self) -> int:
        return self.before + len(self.lines)

    def _leaves(self, start: int, stop: int) -> Iterator[bytes]:
        while start < min(stop, self.before):
            wanted = min(ENTRIES_MAX, min(stop, self.before) - start)
            yield from (
                row.leaf for row in self.journal.entries(self.origin, start, wanted)
            )
            start += wanted
        lines = self.lines[start - self.before : stop - self.before]
        yield from (leaf_hash(line) for line in lines)

    def _frontier(self, size: int) -> Frontier:
        known = frontier_at(self.journal, self.origin, min(size, self.before))
        return extend(known, self._leaves(known.size, size))

    def root(self) -> bytes:
        return root(self._frontier(self.size))

    def row(self, position: int) -> Row:
        """Return an entry that is known to be one."""
        if position > self.before:
            return parse(self.lines[position - self.before - 1])
        return self.journal.entries(self.origin, position - 1, 1)[0]

    def shown(self, position: int) -> Shown:
        """Return an entry with the hashes by which it stands there."""
        index = position - 1
        right = (
            root(extend(Frontier(), self._leaves(start, stop)))
            for start, stop in pieces(position, self.size)
            if start >= position
        )
        if position > self.before:
            body = self.lines[index - self.before]
        else:
            body = self.row(position).body
        return Shown(position, body, (*self._frontier(index).hashes, *right))


def _found(log: _Log, checkpoint: Checkpoint, note: str) -> EntryEvidence | None:
    """Return the first that the entries break that came of a signed log."""
    with log.journal.reading() as cursor:
        told = announced(cursor, log.origin)
    silence = told.note if told and told.note else None
    streams: dict[str, int] = {}
    for position in range(log.before + 1, log.size + 1):
        body = log.lines[position - log.before - 1]
        if alone(checkpoint, Placed(position, body)):
            return EntryEvidence(note, (log.shown(position),))
        row = parse(body)
        if silence is not None and in_silence(said(silence), row):
            return EntryEvidence(note, (log.shown(position),), silence)
        for earlier in _earlier(log, row, streams):
            before = log.row(earlier)
            if alone(checkpoint, Placed(earlier, before.body)):
                return EntryEvidence(note, (log.shown(earlier),))
            if between(before, row):
                return EntryEvidence(note, (log.shown(earlier), log.shown(position)))
        streams[row.stream] = position
    return None


def _earlier(log: _Log, row: Row, streams: dict[str, int]) -> Iterator[int]:
    """Return where the entries stand that an entry must follow.

    The one before it, the last of its stream, and what its region last said of
    its membership.
    """
    if row.position > 1:
        yield row.position - 1
    for stream in (row.stream, membership.stream(log.origin)):
        known = streams.get(stream)
        if known is None:
            with log.journal.reading() as cursor:
                version = log.journal.version_in(cursor, stream)
                found = log.journal.entry_in(cursor, stream, version)
            known = found.position if found is not None else None
            if known is not None and known > log.before:
                # It stands in another history, where this one has what came.
                known = None
        if known is not None:
            yield known
