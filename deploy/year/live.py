"""The logs of a running node, on which a folder is tried without recording anything.

A key's streams are read from the journal when a decision first asks for them.
"""

from typing_extensions import override

from deploy.year.dry import FoldedEntry, Logs
from domain.fact import Fact
from domain.history import EntryPlace, RecordedFact, Stream
from domain.values import Region, parse_instant
from federation.journal.store import Journal
from federation.signed.entry import Row, seen_of
from federation.signed.facts import UnreadableFactError, fact_of


class LiveLogs(Logs):
    """All that a node holds, and what is decided on top of it."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._loaded: set[tuple[str, str]] = set()
        with journal.reading() as cursor:
            ends = journal.ends_in(cursor)
        self.ends = {
            origin: (end.position, parse_instant(end.recorded_at))
            for origin, end in ends.items()
            if end.recorded_at
        }
        self.hear(*Region)

    @override
    def entries_of(self, kind: str, key: str) -> list[FoldedEntry]:
        self._load(kind, key)
        return self.of_key[kind, key]

    @override
    def facts_of(self, stream: Stream) -> list[Fact]:
        self._load(stream.kind, stream.key)
        return self.of_stream[stream]

    def _load(self, kind: str, key: str) -> None:
        """Read a key's streams of all regions, once."""
        if (kind, key) in self._loaded:
            return
        self._loaded.add((kind, key))
        streams = {str(Stream(each, kind, key)): each for each in Region}
        with self._journal.reading() as cursor:
            rows = self._journal.streams_in(cursor, streams)
        for row in rows:
            self._keep(row, Stream(streams[row.stream], kind, key))

    def _keep(self, row: Row, stream: Stream) -> None:
        try:
            fact = fact_of(row)
        except UnreadableFactError:
            # Its region upgraded first: here nobody can rest on it yet.
            return
        place = EntryPlace(row.origin, row.epoch, row.position)
        seen = seen_of(row.body)
        instant = parse_instant(row.recorded_at)
        recorded = RecordedFact(place, stream, row.version, fact, seen, instant)
        entry = FoldedEntry(instant, row.origin, row.position, recorded)
        self.of_key[stream.kind, stream.key].append(entry)
        self.of_stream[stream].append(fact)
