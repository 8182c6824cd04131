"""A node whose journal is older than what it promised: it looks before it writes."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from domain.values import Region, instant_text
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from federation.journal.restoring import remember_last, restore
from federation.journal.shapes import OutOfSequenceError, Sealed, WithheldError
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.completeness import completeness
from federation.log.sealing import seal
from federation.node.heartbeat import Heartbeat
from federation.node.outbox import Outbox
from federation.node.restore import Restore
from federation.node.witness import Witness
from federation.signed.entry import Envelope
from federation.signed.merkle import Frontier, extend
from tests.support.federation import KEYS, instant
from tests.support.foreign import by_a_new_key
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    listener,
    outbox,
    record,
    remembering,
    running,
    same,
    sent,
    server,
    shared,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
PUBLIC = {region: key.verifier for region, key in KEYS.items()}


def restorer(
    network: Network, journal: Journal, signed_heads: SignedHeads | None = None
) -> Restore:
    """Return what looks whether vest's journal is whole."""
    kept = signed_heads or remembering(None)
    return Restore(journal, network.transports[VEST], PUBLIC[VEST], kept)


def witness(
    network: Network, journal: Journal, signed_heads: SignedHeads | None = None
) -> Witness:
    """Return the witness of a region."""
    keys = {region.value: key for region, key in PUBLIC.items()}
    transport, key = network.transports[journal.region], KEYS[journal.region]
    kept = signed_heads or SignedHeads(None)
    return Witness(journal, transport, key, keys, kept, lambda: 1_767_268_800)


def last_signed(journal: Journal) -> str:
    kept = journal.sealed("vest")
    assert kept is not None
    return kept.note


async def test_what_is_missing_comes_back_from_the_other_regions(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 1300)
    await shared(network, vest, nord)
    await network.lose(VEST)
    older = backup(vest, 40)
    part = restorer(network, older, remembering(last_signed(vest)))
    with pytest.raises(WithheldError):
        record(older)
    async with running(server(network, nord), part):
        await until(lambda: part.state.whole)
    assert part.state.fetched == 1260
    assert list(older.entries("vest", 0, 2000)) == list(vest.entries("vest", 0, 2000))
    record(older)
    await shared(network, older, nord)
    list(verify(older, PUBLIC))


async def test_what_is_missing_comes_back_from_the_regions_own_stream(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 700)
    await shared(network, vest, nord)
    older = backup(vest, 0)
    part = restorer(network, older)
    async with running(part):
        await until(lambda: part.state.whole)
    assert part.state.fetched == 700
    record(older)
    await shared(network, older, nord)


async def test_a_promise_that_nobody_can_keep_yet_withholds_the_journal(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 60)
    await shared(network, vest, nord)
    await network.lose(VEST)
    older = backup(vest, 50)
    part = restorer(network, older, remembering(last_signed(vest)))
    async with running(part):
        await until(lambda: "older copy" in str(part.state.reason))
        assert "No answer yet from midt, nord, sorost" in str(part.state.reason)
        with pytest.raises(WithheldError, match="60 were signed for"):
            record(older)
        async with running(server(network, nord)):
            await until(lambda: part.state.whole)
    record(older)


async def test_a_promise_that_nobody_can_keep_is_told_as_such(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
) -> None:
    vest = journals[VEST]
    record(vest, 60)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 60)
    await network.lose(VEST)
    older = backup(vest, 50)
    others = [server(network, journals[r]) for r in Region if r is not VEST]
    waiting = restorer(network, older, remembering(last_signed(vest)))
    async with running(waiting, *others):
        await until(lambda: "All regions have answered" in str(waiting.state.reason))
    assert not waiting.state.whole
    assert older.positions()["vest"].position == 50


async def test_another_history_than_was_promised_withholds_the_journal(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest = journals[VEST]
    record(vest, 5)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 5)
    await network.lose(VEST)
    other = SQLiteJournal(tmp_path / "other.sqlite", VEST, instant)
    record(other, 5)
    looking = restorer(network, other, remembering(last_signed(vest)))
    async with running(looking):
        await until(lambda: "are not those" in str(looking.state.reason))
    assert not looking.state.whole
    other.close()


async def test_a_new_region_starts_when_its_stream_answers(
    network: Network, journals: dict[Region, Journal]
) -> None:
    part = restorer(network, journals[VEST])
    async with running(part):
        await until(lambda: part.state.whole)
    record(journals[VEST])


async def test_without_a_promise_and_without_an_answer_nothing_is_recorded(
    journals: dict[Region, Journal],
) -> None:
    network = InMemory()
    network.memory.cut.add("vest")
    part = restorer(network, journals[VEST])
    async with running(part):
        await until(lambda: "nothing says" in str(part.state.reason))
    with pytest.raises(WithheldError):
        record(journals[VEST])


async def test_a_second_node_with_the_same_key_is_noticed_and_not_obeyed(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("federation.node.restore.LOOK_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 8)
    await shared(network, vest, nord)
    second = backup(vest, 8)
    part = restorer(network, second)
    async with running(server(network, nord), part):
        await until(lambda: part.state.whole)
        record(vest, 2)
        await shared(network, vest, nord)
        await until(lambda: not part.state.whole)
    assert "another node runs with the same key" in str(part.state.reason)
    assert second.positions()["vest"].position == 8
    with pytest.raises(WithheldError):
        record(second)


async def test_what_another_has_cosigned_withholds_a_node_that_remembers_nothing(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tail, the signed heads and the stream are lost; who has the tail comes later."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 60)
    await shared(network, vest, nord)
    await network.lose(VEST)
    older, signed_heads = backup(vest, 50), SignedHeads(tmp_path / "vest.promises")
    part = restorer(network, older, signed_heads)
    hears, says = witness(network, older, signed_heads), witness(network, nord)
    async with running(part):
        await until(lambda: part.state.whole)
        async with running(hears, says):
            await until(lambda: not part.state.whole)
    assert "60 entries were cosigned" in str(part.state.reason)
    with pytest.raises(WithheldError):
        record(older)
    again = restorer(network, older, SignedHeads(tmp_path / "vest.promises"))
    async with running(again, server(network, nord)):
        await until(lambda: again.state.whole)
    assert older.positions()["vest"].position == 60


async def test_another_history_under_the_own_key_is_not_taken(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 3)
    other = SQLiteJournal(tmp_path / "other.sqlite", VEST, instant)
    record(other, 9)
    await shared(network, other, nord)
    part = restorer(network, vest)
    async with running(server(network, nord), part):
        await until(lambda: "the same key" in str(part.state.reason))
    assert vest.positions()["vest"].position == 3
    other.close()


async def test_what_cannot_be_verified_withholds_a_node_that_remembers_nothing(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is nobody's word that there is no more; who knows of a signed head goes on."""
    monkeypatch.setattr("federation.node.restore.RETRY_SECONDS", 0.05)
    vest = journals[VEST]
    record(vest, 3)
    note = seal(vest, Frontier(), vest.entries("vest", 0, 3), KEYS[VEST]).note
    await network.transports[VEST].publish("vest", by_a_new_key(vest), 0)
    part = restorer(network, vest)
    async with running(part, server(network, journals[MIDT])):
        await until(lambda: "region's stream can hold more" in str(part.state.reason))
        knowing = restorer(network, vest, remembering(note))
        async with running(knowing):
            await until(lambda: knowing.state.whole)
        assert not part.state.whole
        await network.lose(VEST)
        await until(lambda: part.state.whole)
    assert vest.positions()["vest"].position == 3


async def test_what_has_left_is_promised(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    vest, file = journals[VEST], tmp_path / "vest.promises"
    record(vest, 600)
    signed_heads = SignedHeads(file)
    part = Outbox(
        vest, network.transports[VEST], KEYS[VEST], keep_head=signed_heads.keep
    )
    async with running(part):
        await sent(part, 600)
    assert SignedHeads(file).note("vest") == last_signed(vest)
    file.unlink()
    again = SignedHeads(file)
    part = Outbox(vest, network.transports[VEST], KEYS[VEST], keep_head=again.keep)
    async with running(part):
        await until(lambda: again.note("vest") == last_signed(vest))


def test_the_memory_of_commands_comes_back_with_their_entries(
    open_journal: Callable[[Region], Journal], tmp_path: Path
) -> None:
    """Commands of many entries that begin and end anywhere in the pages."""
    whole = SQLiteJournal(tmp_path / "whole.sqlite", VEST, instant)
    for number, entries in enumerate((3, 1, 250, 1, 7, 40)):
        envelope = Envelope(
            actor="tester",
            organisation="983974724",
            command_id=f"983974724/{number}",
            command_digest=f"{number:032}",
            correlation_id="c",
            seen="",
        )
        events = [
            StoredEvent(f"vest:x:{number}-{n}", 1, "x.happened.v1", b'{"a":1}')
            for n in range(entries)
        ]
        whole.append(events, envelope=envelope)
    record(whole, 2)
    rows, given, frontier = (
        whole.entries("vest", 0, 1000),
        open_journal(VEST),
        Frontier(),
    )
    for first in range(0, len(rows), 37):
        some = rows[first : first + 37]
        frontier = extend(frontier, (row.leaf for row in some))
        restore(given, some, Sealed(frontier, f"note {frontier.size}"))
    remember_last(given)
    assert list(given.commands()) == list(whole.commands())
    assert list(given.entries("vest", 0, 1000)) == list(rows)
    with pytest.raises(OutOfSequenceError):
        restore(given, rows[:5], Sealed(frontier, "again"))
    record(given, 3)
    assert given.positions()["vest"].position == len(rows) + 3
    whole.close()


async def test_what_was_announced_binds_a_restored_database(
    network: Network,
    journals: dict[Region, Journal],
    backup: Callable[[Journal, int], Journal],
    tmp_path: Path,
) -> None:
    """The clock went ahead, was set right, and the database was lost meanwhile."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 6)
    signed_heads = SignedHeads(tmp_path / "vest.promises")
    ahead = instant() + timedelta(hours=9)
    part = Outbox(
        vest, network.transports[VEST], KEYS[VEST], keep_head=signed_heads.keep
    )
    async with running(part, inbox(network, nord)):
        await same(nord, vest)
        await sent(part, 6)
    transport, key = network.transports[VEST], KEYS[VEST]
    tells = Heartbeat(vest, transport, key, lambda: ahead, signed_heads.keep)
    hears = listener(network, nord)
    async with running(hears, tells):
        await until(
            lambda: completeness(nord)["vest"].complete_to == instant_text(ahead)
        )
    older = backup(vest, 4)
    kept = SignedHeads(tmp_path / "vest.promises")
    whole = restorer(network, older, kept)
    async with running(whole):
        await until(lambda: whole.state.whole)
    (row,) = older.append([StoredEvent("vest:y:1", 1, "x.happened.v1", b"{}")])
    assert row.recorded_at > instant_text(ahead)
    await shared(network, older, nord)
    note = Heartbeat(older, transport, key, instant).note()
    assert note is None or hears.take(note) is False
