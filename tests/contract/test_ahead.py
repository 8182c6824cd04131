"""A region whose clock ran a year ahead finds back, and the others take it again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from domain.values import Region, business_day, instant_text, parse_instant
from federation.backup.dump import dump
from federation.backup.load import load
from federation.checks.incidents import Observed
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.log.completeness import completeness
from federation.log.epochs import begun
from federation.log.times import AHEAD_MAX, OwnClock, Times
from federation.node.heartbeat import Heartbeat, Listener, RefusedAnnouncementError
from federation.node.inbox import Inbox
from federation.node.new_epoch import NewEpoch, NotBegunError, WhyNot
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    InMemory,
    record,
    running,
    same,
    sent,
    server,
    until,
)
from tests.support.servers import new_database, postgres_journal

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.servers,
    pytest.mark.usefixtures("at_once"),
]
VEST = Region.VEST
OTHERS = [region for region in Region if region is not VEST]
PUBLIC = {region: key.verifier for region, key in KEYS.items()}
KEY = KEYS[VEST]
YEAR = timedelta(days=364)
SHARED, AHEAD = 5, 3
Opener = Callable[[Region], Journal]


@dataclass
class Leapt:
    """Vest and the others, and what vest's clock shows."""

    network: InMemory
    journal: Journal
    others: dict[Region, Journal]
    signed_heads: SignedHeads
    off: timedelta = timedelta()

    def clock(self) -> datetime:
        """Return what vest's clock shows."""
        return instant() + self.off

    def outbox(self) -> Outbox:
        """Return vest's outbox."""
        transport = self.network.transports[VEST]
        return Outbox(self.journal, transport, KEY, keep_head=self.signed_heads.keep)

    def inboxes(self) -> list[Inbox]:
        """Return who receives of vest, by a clock that is right."""
        return [
            Inbox(
                *(journal, self.network.transports[region], "vest", KEY.verifier),
                latest=lambda: instant() + AHEAD_MAX,
            )
            for region, journal in self.others.items()
        ]

    def record(self, count: int) -> None:
        """Record by whatever the clock shows."""
        self.journal.clock = self.clock
        record(self.journal, count)

    def announce(self) -> str:
        """Announce that nothing more is recorded until now, and promise that."""
        beats = Heartbeat(
            *(self.journal, self.network.transports[VEST], KEY, self.clock),
            self.signed_heads.keep,
        )
        note = beats.note()
        assert note is not None
        self.signed_heads.keep(note)
        return note

    def hear(self, note: str) -> None:
        """Let the others hear a heartbeat, by clocks that are right."""
        for region, journal in self.others.items():
            clock = OwnClock(Times(lambda: 0.0), instant, lambda: "")
            Listener(
                *(journal, self.network.transports[region], KEY.verifier),
                *(lambda: 0.0, "vest", clock.believes),
            ).take(note)

    def new_epoch(self) -> NewEpoch:
        """Return what begins an epoch."""
        transport = self.network.transports[VEST]
        key = KEY.verifier
        return NewEpoch(
            self.journal, transport, KEY, key, self.signed_heads, self.clock
        )

    async def begin(self) -> None:
        """Begin an epoch as ``fagnett epoch begin --ahead`` does, and start the node."""
        async with running(
            *(server(self.network, each) for each in self.others.values())
        ):
            with pytest.raises(NotBegunError) as caught:
                await self.new_epoch().look()
            assert caught.value.why is WhyNot.AHEAD
            loss = await self.new_epoch().look(ahead=True)
            row = self.new_epoch().begin(loss, "The clock ran ahead", "drift")
            assert parse_instant(row.recorded_at) - instant() < timedelta(seconds=1)
            transport = self.network.transports[VEST]
            restore = Restore(self.journal, transport, KEY.verifier, self.signed_heads)
            async with running(restore):
                await until(lambda: restore.state.whole)

    async def follow(self) -> None:
        """Let the others take all that vest has."""
        sender = self.outbox()
        async with running(sender, *self.inboxes()):
            for journal in self.others.values():
                await same(journal, self.journal)
            await sent(sender, self.journal.positions()["vest"].position)

    def all_is_well(self) -> None:
        """Check that everybody holds the same, verified, of a time that has come."""
        note = self.announce()
        self.hear(note)
        for journal in (self.journal, *self.others.values()):
            list(verify(journal, PUBLIC))
            assert completeness(journal)["vest"].complete_to == instant_text(
                max(instant(), parse_instant(self.last()))
            )
            seen = {each.kind for each in incidents(journal)}
            assert seen <= {Observed.NOT_COME}, (
                "which proves nothing, and stops nothing"
            )

    def last(self) -> str:
        """Return when vest's last entry was recorded."""
        position = self.journal.positions()["vest"].position
        (row,) = self.journal.entries("vest", position - 1, 1)
        return row.recorded_at


@pytest.fixture
async def leapt(open_journal: Opener) -> Leapt:
    """Give a vest whose log all have, and whose clock has leapt since."""
    others = {region: open_journal(region) for region in OTHERS}
    found = Leapt(InMemory(), open_journal(VEST), others, SignedHeads(None))
    found.record(SHARED)
    await found.follow()
    found.off = YEAR
    return found


async def test_what_was_recorded_ahead_is_given_up_and_the_region_goes_on(
    leapt: Leapt, tmp_path: Path
) -> None:
    leapt.record(AHEAD)
    async with running(leapt.outbox(), *leapt.inboxes()):
        await until(lambda: leapt.signed_heads.last("vest").size == SHARED + AHEAD)  # type: ignore[union-attr]
    ahead = leapt.journal
    leapt.off = timedelta()
    with pytest.raises(NotBegunError) as caught:
        await leapt.new_epoch().look(ahead=True)
    assert caught.value.why is WhyNot.HOLDS_AHEAD
    copy = BytesIO()
    dump(ahead, copy, "0", instant())
    leapt.journal = emptied(leapt, tmp_path)
    latest = instant_text(instant() + AHEAD_MAX)
    load(leapt.journal, BytesIO(copy.getvalue()), PUBLIC, latest)
    assert leapt.journal.positions()["vest"] == (1, SHARED)
    await leapt.begin()
    await leapt.network.lose(VEST)
    leapt.record(4)
    await leapt.follow()
    leapt.all_is_well()
    for journal in leapt.others.values():
        assert journal.positions()["vest"] == (2, SHARED + 1 + 4)
        declared = begun(journal, "vest", 2)
        assert declared is not None
        assert declared.fact.announced_until == business_day(instant() + YEAR)
        assert (declared.fact.kept, declared.fact.promised) == (SHARED, SHARED + AHEAD)
    leapt.journal.close()


def emptied(leapt: Leapt, folder: Path) -> Journal:
    """Return an empty database for vest."""
    kind = type(leapt.journal)
    if kind.__name__ == "SQLiteJournal":
        return kind(folder / "again.sqlite", VEST, leapt.clock)  # type: ignore[call-arg, arg-type]
    return new_postgres(leapt)


def new_postgres(leapt: Leapt) -> Journal:
    """Return an empty database of the same server."""
    pool = leapt.journal.datastore.pool  # type: ignore[attr-defined]
    names = ("host", "port", "user", "password")
    of_server = {each: pool.kwargs[each] for each in names}
    database = new_database(make_conninfo(**of_server, dbname="postgres"))
    return postgres_journal(database, VEST)


async def test_a_heartbeat_that_was_announced_ahead_binds_no_more_in_a_new_epoch(
    leapt: Leapt,
) -> None:
    """Nothing else is lost: the journal is what it was."""
    told = leapt.announce()
    with pytest.raises(RefusedAnnouncementError, match="has not come"):
        leapt.hear(told)
    leapt.off = timedelta()
    await leapt.begin()
    leapt.record(2)
    assert parse_instant(leapt.last()) - instant() < timedelta(seconds=1)
    await leapt.follow()
    leapt.all_is_well()


async def test_what_comes_a_little_ahead_is_taken_when_its_time_has_come(
    leapt: Leapt,
) -> None:
    """Nobody has to do anything but wait."""
    leapt.off = AHEAD_MAX + timedelta(hours=1)
    leapt.record(1)
    now = [instant()]
    taker = Inbox(
        *(leapt.others[Region.NORD], leapt.network.transports[Region.NORD]),
        *("vest", KEY.verifier),
        latest=lambda: now[0] + AHEAD_MAX,
    )
    async with running(leapt.outbox(), taker):
        await until(lambda: "has not come" in str(taker.state.refused))
        now[0] += timedelta(hours=2)
        await same(leapt.others[Region.NORD], leapt.journal)
