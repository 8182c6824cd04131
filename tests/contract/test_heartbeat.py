"""Heartbeats: what was announced binds, on both databases and every transport."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from eventsourcing.persistence import StoredEvent

from domain.values import Region, instant_text, parse_instant
from federation.checks.signed_heads import SignedHeads
from federation.journal.announced import Announced, announced
from federation.journal.shapes import ContradictionError, Position, Sealed
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.completeness import announce, completeness
from federation.log.sealing import seal
from federation.node.heartbeat import Heartbeat, Listener, RefusedAnnouncementError
from federation.node.restore import Restore
from federation.signed.checkpoint import Checkpoint, read, sign
from federation.signed.merkle import Frontier, extend, root
from federation.tasks import end_all
from federation.transport.jetstream import JetStreamTransport
from tests.support.federation import KEYS, instant
from tests.support.membership import leaves
from tests.support.replication import (
    Network,
    heartbeat,
    inbox,
    listener,
    outbox,
    record,
    remembering,
    running,
    same,
    sent,
    server,
    serves,
    shared,
    until,
)

Opener = Callable[[Region], Journal]
MINUTE = timedelta(minutes=1)
NOON = instant()
NEVER = "2026-13-32T12:00:00.000000Z"
STEPS, ENOUGH = 30, 5
_names = itertools.count(1)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]


def event() -> StoredEvent:
    """Return the first event of a stream of its own."""
    return StoredEvent(f"vest:s:{next(_names)}", 1, "x.happened.v1", b"{}")


def said(journal: Journal) -> Announced | None:
    """Return what a region announced last, by its own journal."""
    with journal.reading() as cursor:
        return announced(cursor, journal.region.value)


def tell(journal: Journal, at: datetime) -> str | None:
    """Announce that the home log, as it is, is complete to an instant."""
    end = journal.positions()[journal.region.value]
    return announce(journal, end, at, lambda complete_to: f"note {complete_to}")


def test_nothing_is_recorded_at_or_before_what_was_announced(
    open_journal: Opener,
) -> None:
    """The clock jumps back, the process starts again, another one appends."""
    first, second = open_journal(Region.VEST), open_journal(Region.VEST)
    (before,) = second.append([event()], now=NOON)
    later = NOON + 10 * MINUTE
    assert tell(first, later) == f"note {instant_text(later)}"
    for journal in (second, first, open_journal(Region.VEST)):
        (row,) = journal.append([event()], now=NOON - 60 * MINUTE)
        assert before.recorded_at < instant_text(later) < row.recorded_at
        later = parse_instant(row.recorded_at) + MINUTE
        tell(second, later)
    with pytest.raises(ContradictionError):
        raise_on_receipt(open_journal(Region.NORD), first)


def raise_on_receipt(nord: Journal, vest: Journal) -> None:
    """Let a region hear a heartbeat, and then entries that it had ruled out."""
    rows = vest.entries("vest", 0, 2)
    frontier = extend(Frontier(), [rows[0].leaf])
    nord.receive(rows[:1], Sealed(frontier, "note"))
    late = Checkpoint("vest", 1, 1, root(frontier), rows[1].recorded_at)
    taker = listener_of(nord)
    assert taker.take(sign(late, KEYS[Region.VEST]))
    nord.receive(rows[1:], Sealed(extend(frontier, [rows[1].leaf]), "note"))


def listener_of(journal: Journal) -> Listener:
    """Return who takes notes of vest without any transport."""
    key = KEYS[Region.VEST].verifier
    return Listener(journal, JetStreamTransport("nord"), key, lambda: 1000.0, "vest")


def test_what_is_announced_only_grows(open_journal: Opener) -> None:
    journal = open_journal(Region.VEST)
    assert tell(journal, NOON) is not None, "an empty log is complete too"
    first = tell(journal, NOON + MINUTE)
    assert tell(journal, NOON) == first, "the clock jumped back: the same note again"
    assert said(journal) == (1, 0, instant_text(NOON + MINUTE), first)
    (row,) = journal.append([event()], now=NOON)
    assert tell(journal, NOON) == f"note {row.recorded_at}", "not before its last entry"
    assert announce(journal, Position(1, 0), NOON + 2 * MINUTE, str) is None, (
        "there is an entry"
    )
    assert completeness(journal)["vest"] == (1, 1, row.recorded_at)
    assert completeness(journal)["nord"] == (1, 0, "")


def test_whoever_announces_and_appends_at_once_never_contradicts(
    open_journal: Opener,
) -> None:
    """Appending processes have clocks that are slow, each in its own way."""
    first = open_journal(Region.VEST)
    alone = isinstance(first, SQLiteJournal)
    journals = [first if alone else open_journal(Region.VEST) for _ in range(4)]
    told: list[Announced] = []

    def append(number: int) -> None:
        for step in itertools.count():
            journals[number].append([event()], now=NOON + step * MINUTE / 60)
            if step >= STEPS and len({each.size for each in told}) > ENOUGH:
                break

    with ThreadPoolExecutor(3) as pool:
        parts = [pool.submit(append, number) for number in range(3)]
        for step in itertools.count():
            done = all(part.done() for part in parts)
            if tell(journals[3], NOON + step * MINUTE) is not None:
                found = said(journals[3])
                assert found is not None
                told.append(found)
            if done:
                break
        for part in parts:
            part.result()
    rows = journals[0].entries("vest", 0, 100_000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert told == sorted(told)
    for each in told:
        assert all(
            (row.recorded_at > each.complete_to) == (row.position > each.size)
            for row in rows
        )


async def test_a_region_in_which_nothing_happens_is_known_to_be_complete(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.heartbeat.HEARTBEAT_SECONDS", 0.02)
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    times = [NOON + MINUTE]
    beats, hears = heartbeat(network, vest, lambda: times[-1]), listener(network, nord)
    async with running(outbox(network, vest), inbox(network, nord), beats, hears):
        await until(
            lambda: completeness(nord)["vest"] == (1, 0, instant_text(times[0]))
        )
        record(vest, 3)
        await same(nord, vest)
        last = vest.entries("vest", 2, 1)[0].recorded_at
        assert last > instant_text(times[0])
        times.append(NOON + 5 * MINUTE)
        await until(
            lambda: completeness(nord)["vest"] == (1, 3, instant_text(times[1]))
        )
        times.append(NOON)
        record(vest)
        await same(nord, vest)
        assert vest.entries("vest", 3, 1)[0].recorded_at > instant_text(times[1])
    assert (hears.state.heard_at, hears.state.refused) == (1000.0, None)


async def test_only_what_is_here_whole_is_complete(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """A heartbeat overtakes the page: it says nothing until the entries are here."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 3)
    part = outbox(network, vest)
    beats = heartbeat(network, vest, lambda: NOON + MINUTE)
    assert beats.note() is None, "nothing is sealed, pages will come"
    async with running(part):
        await sent(part, 3)
    note = beats.note()
    assert note is not None
    hears = listener(network, nord)
    assert not hears.take(note)
    assert (hears.state.size, completeness(nord)["vest"].complete_to) == (3, "")
    async with running(inbox(network, nord)):
        await same(nord, vest)
    assert hears.take(note)
    assert not hears.take(note), "nothing new"
    assert completeness(nord)["vest"] == (1, 3, instant_text(NOON + MINUTE))


async def test_notes_that_contradict_are_refused(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    record(vest, 3)
    await shared(network, vest, nord)
    good = heartbeat(network, vest, lambda: NOON + MINUTE).note()
    assert good is not None
    whole, key = read(good, KEYS[Region.VEST].verifier), KEYS[Region.VEST]
    rows = vest.entries("vest", 0, 3)
    one = root(extend(Frontier(), [rows[0].leaf]))
    hears = listener(network, nord)
    refused = {
        "": "not a checkpoint",
        sign(whole, KEYS[Region.MIDT]): "not signed with the key",
        sign(replace(whole, origin="midt"), key): "of midt",
        sign(replace(whole, complete_to=NEVER), key): "no instant",
        sign(replace(whole, root=bytes(32)), key): "another history of 3",
        sign(replace(whole, size=1), key): "another history of 1",
        sign(replace(whole, size=1, root=one), key): "entry 2 is recorded",
        sign(replace(whole, complete_to=rows[1].recorded_at), key): "entry 3 is",
    }
    for note, reason in refused.items():
        with pytest.raises(RefusedAnnouncementError, match=reason):
            hears.take(note)
    assert completeness(nord)["vest"].complete_to == rows[2].recorded_at
    assert hears.take(good)


async def test_a_carrier_that_is_not_there_ends_nothing(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    transport = JetStreamTransport("vest")
    key = KEYS[Region.VEST]
    later = instant_text(NOON)
    monkeypatch.setattr("federation.node.heartbeat.HEARTBEAT_SECONDS", 0.01)
    minutes = (NOON + n * MINUTE for n in itertools.count())
    beats = Heartbeat(journals[Region.VEST], transport, key, lambda: next(minutes))
    transport = JetStreamTransport("nord")
    hears = Listener(
        journals[Region.NORD], transport, key.verifier, lambda: 0.0, "vest"
    )
    ends = [asyncio.create_task(part.run()) for part in (beats, hears)]
    try:
        # Of what is announced the second can only come after the first was missed.
        await until(
            lambda: completeness(journals[Region.VEST])["vest"].complete_to > later
        )
        assert not any(each.done() for each in ends)
    finally:
        await end_all(ends)


class Tells(NamedTuple):
    """A heartbeat that waits as a node's does."""

    restore: Restore
    beats: Heartbeat

    async def run(self) -> None:
        """Announce, once nobody can hold more."""
        await self.restore.then_tell(self.beats.run)


@pytest.fixture
def older(
    journals: dict[Region, Journal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Journal]:
    """Give vest's journal from when it had fewer of its entries, signed for."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.02)
    monkeypatch.setattr("federation.node.heartbeat.HEARTBEAT_SECONDS", 0.02)
    record(journals[Region.VEST], 6)
    rows = journals[Region.VEST].entries("vest", 0, 4)
    copy = SQLiteJournal(tmp_path / "older.sqlite", Region.VEST, instant)
    with copy.writing() as cursor:
        copy.insert_rows(cursor, rows)
    seal(copy, Frontier(), rows, KEYS[Region.VEST])
    yield copy
    copy.close()


def telling(
    network: Network, journal: Journal, signed_heads: SignedHeads | None = None
) -> Tells:
    """Return a heartbeat, and what it waits for."""
    transport, key = network.transports[Region.VEST], KEYS[Region.VEST].verifier
    beats = heartbeat(network, journal, lambda: NOON + MINUTE)
    return Tells(
        Restore(journal, transport, key, signed_heads or SignedHeads(None)), beats
    )


async def test_who_remembers_nothing_announces_nothing_before_all_have_answered(
    network: Network, journals: dict[Region, Journal], older: Journal, tmp_path: Path
) -> None:
    """Nord holds what the others do not, and its link is down meanwhile."""
    vest, nord = journals[Region.VEST], journals[Region.NORD]
    await shared(network, vest, nord)
    await network.lose(Region.VEST)
    file = tmp_path / "vest.promises"
    tells = telling(network, older, SignedHeads(file))
    home = tells.restore
    others = [server(network, journals[r]) for r in (Region.MIDT, Region.SOROST)]
    async with running(*others, home, tells):
        await until(lambda: home.state.whole and home.state.silent == {"nord"})
        # What is here is sent, and promised: that says nothing of what is not.
        sealed = older.sealed("vest")
        assert sealed is not None
        SignedHeads(file).keep(sealed.note)
    # Nor does it when it starts again.
    again = telling(network, older, SignedHeads(file))
    home = again.restore
    async with running(*others, home, again):
        await until(lambda: home.state.whole and home.state.silent == {"nord"})
        async with running(server(network, nord)):
            await until(lambda: not home.state.whole)
        assert "nord holds entry 6" in str(home.state.reason)
    assert said(older) is None
    last = telling(network, older, SignedHeads(file))
    async with running(*others, server(network, nord)):
        await serves(network, asker=Region.VEST, peer=Region.NORD)
        async with running(last.restore, last):
            await until(lambda: (found := said(older)) is not None and found.size == 6)
    assert list(older.entries("vest", 0, 9)) == list(vest.entries("vest", 0, 9))


async def test_it_announces_when_the_last_has_answered(
    network: Network, journals: dict[Region, Journal], older: Journal, tmp_path: Path
) -> None:
    signed_heads = SignedHeads(tmp_path / "vest.promises")
    tells = telling(network, older, signed_heads)
    home = tells.restore
    others = [server(network, journals[r]) for r in (Region.MIDT, Region.SOROST)]
    async with running(*others, home, tells):
        await until(lambda: home.state.whole and home.state.silent == {"nord"})
        assert said(older) is None
        async with running(server(network, journals[Region.NORD])):
            await until(lambda: said(older) is not None)
    assert not home.state.silent
    # What was signed before is promised anew, so another start remembers it.
    again = SignedHeads(tmp_path / "vest.promises")
    last = again.last("vest")
    assert (again.remembers("vest"), last and last.size) == (True, 4)


async def test_who_remembers_what_it_promised_waits_for_nobody(
    network: Network, older: Journal
) -> None:
    sealed = older.sealed("vest")
    assert sealed is not None
    tells = telling(network, older, remembering(sealed.note))
    async with running(tells.restore, tells):
        await until(lambda: said(older) is not None)


async def test_nobody_waits_for_the_answer_of_who_has_left(
    network: Network, journals: dict[Region, Journal], older: Journal
) -> None:
    nord = journals[Region.NORD]
    record(nord)
    leaves(nord)
    await shared(network, nord, older)
    tells = telling(network, older)
    others = [server(network, journals[r]) for r in (Region.MIDT, Region.SOROST)]
    async with running(*others, tells.restore, tells):
        await until(lambda: said(older) is not None)
