"""Streams that grow in one journal, and what a history of them is to say."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from typing import Final

from domain.grants.call import CALL_APPLICATIONS, ApplicationListed
from domain.values import Region, business_day, instant_text, parse_instant
from federation.journal.store import Journal
from federation.log.snapshot import SnapshotHistory
from federation.signed.entry import EntryHeader, Row, build
from federation.signed.facts import fact_of
from tests.support.examples import BERGEN, TROMSO

NOON: Final = datetime(2026, 7, 10, 12, tzinfo=UTC)
TRUSTS: Final = {Region.VEST: BERGEN, Region.NORD: TROMSO}


class GrowingStreams:
    """Streams of some keys in two regions, that grow in one journal."""

    def __init__(self, journal: Journal, keys: Sequence[str]) -> None:
        self.journal = journal
        self.keys = keys
        self.rows: list[Row] = []
        self._hours = dict.fromkeys(TRUSTS, 0)

    def add(
        self, region: Region, key: str, hours: int = 1, kind: str | None = None
    ) -> Row:
        """Record something of a key so many hours after the region's last entry."""
        row = self.next(region, key, hours, kind)
        self._hours[region] += hours
        with self.journal.writing() as cursor:
            self.journal.insert_rows(cursor, [row])
        self.rows.append(row)
        return row

    def next(
        self, region: Region, key: str, hours: int = 1, kind: str | None = None
    ) -> Row:
        """Return the entry that would be next."""
        stream = str(CALL_APPLICATIONS.stream(region, key))
        position = sum(row.origin == region.value for row in self.rows) + 1
        version = sum(row.stream == stream for row in self.rows) + 1
        fact = ApplicationListed(
            call=key, application=f"a{position % 7}", trust=TRUSTS[region]
        )
        at = instant_text(NOON + timedelta(hours=self._hours[region] + hours))
        name = kind or fact.TYPE
        place = EntryHeader(region.value, 1, position, stream, version, name, at)
        return build(place, None, fact.to_bytes())

    def expected(self, key: str, cut: Mapping[str, int], as_of: date) -> Sequence[Row]:
        """Return what counts of a key, in the order of recording."""
        counted = (
            row
            for row in self.rows
            if row.stream.endswith(f":{key}")
            and row.position <= cut.get(row.origin, len(self.rows))
            and business_day(parse_instant(row.recorded_at)) <= as_of
        )
        return sorted(counted, key=lambda row: (row.recorded_at, row.origin))

    def check(self, cut: Mapping[str, int], as_of: date = date.max) -> None:
        """Compare entries, folds and versions."""
        with self.journal.reading() as cursor:
            history = SnapshotHistory(self.journal, cursor, cut, as_of=as_of)
            entries = history.entries(CALL_APPLICATIONS, self.keys)
            states = history.states(CALL_APPLICATIONS, self.keys)
            versions = {
                (region, key): history.version(CALL_APPLICATIONS.stream(region, key))
                for region in TRUSTS
                for key in self.keys
            }
        for key in self.keys:
            expected = self.expected(key, cut, as_of)
            facts = [fact_of(row) for row in expected]
            assert [e.fact for e in entries[key]] == facts
            assert [
                (str(e.place), str(e.stream), e.version, instant_text(e.recorded_at))
                for e in entries[key]
            ] == [(r.id, r.stream, r.version, r.recorded_at) for r in expected]
            initial = CALL_APPLICATIONS.initial
            assert states[key] == reduce(CALL_APPLICATIONS.evolve, facts, initial)
            for region in TRUSTS:
                own = sum(row.origin == region.value for row in expected)
                assert versions[region, key] == own
