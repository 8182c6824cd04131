"""Ranges asked of other nodes, over every transport: gaps heal, liars are passed by."""

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from domain.values import Region
from federation.checks.incidents import Observed
from federation.checks.signed_heads import SignedHeads
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.log.sealing import seal
from federation.node.heartbeat import ListenerState
from federation.node.inbox import Inbox
from federation.node.ranges import (
    BUSY_HEADER,
    HELD_HEADER,
    SERVED_AT_ONCE,
    RangeRequest,
    RangeServer,
    page_from,
)
from federation.signed.merkle import Frontier
from federation.signed.page import Message
from federation.signed.sequence import Arrival
from federation.tasks import end_all
from federation.transport.ports import TransportError
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    inbox,
    outbox,
    record,
    running,
    same,
    sent,
    server,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT


async def answers(network: Network, region: Region) -> None:
    """Wait until a region's node answers."""
    request = RangeRequest(region.value, 1, 1).to_bytes()
    async with asyncio.timeout(30):
        while True:
            try:
                await network.transports[Region.SOROST].ask(region.value, request)
            except TransportError:
                await asyncio.sleep(0.01)
            else:
                return


async def test_what_is_given_of_the_home_log_is_promised_first(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Its stream may not have it yet, and a restored database must ask for it."""
    vest, nord, signed_heads = journals[VEST], journals[NORD], SignedHeads(None)
    record(vest, 3)
    rows = vest.entries("vest", 0, 3)
    seal(vest, Frontier(), rows, KEYS[VEST])
    part = RangeServer(
        vest, network.transports[VEST], time.monotonic, signed_heads.keep
    )
    async with running(part, inbox(network, nord)):
        await same(nord, vest)
    promised = signed_heads.last("vest")
    assert promised is not None
    assert promised.size == 3


async def carried(network: Network, journal: Journal) -> None:
    """Have a region's whole log signed and in its stream."""
    part = outbox(network, journal)
    async with running(part):
        await sent(part, journal.positions()[journal.region.value].position)


async def test_a_range_is_a_page_as_it_was_signed(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 700)
    await carried(network, vest)
    record(vest, 3)  # not signed for yet
    async with running(server(network, vest)):
        await answers(network, VEST)
        transport, taker = network.transports[NORD], inbox(network, nord)
        for first, last in ((1, 500), (501, 700)):
            request = RangeRequest("vest", 1, first)
            reply = await transport.ask("vest", request.to_bytes())
            assert (reply.first, reply.last) == (first, last)
            assert reply.headers[HELD_HEADER] == "703"
            assert taker.take(reply) is Arrival.NEXT
        for first, epoch in ((701, 1), (704, 1), (1, 2)):
            request = RangeRequest("vest", epoch, first)
            reply = await transport.ask("vest", request.to_bytes())
            assert reply.body == b""
            assert reply.headers[HELD_HEADER] == "703"
    assert nord.sealed("vest") == vest.sealed("vest")


async def test_who_does_not_answer_is_told_as_such(network: Network) -> None:
    request = RangeRequest("vest", 1, 1).to_bytes()
    with pytest.raises(TransportError):
        await network.transports[NORD].ask("vest", request)


async def test_what_is_no_request_gets_no_answer_and_ends_nothing(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.transport.line.TIMEOUT_SECONDS", 0.05)
    part = server(network, journals[VEST])
    async with running(part):
        await answers(network, VEST)
        for body in (
            b"",
            b"null",
            b"[1]",
            b"\xff",
            b"{" * 10_000,
            RangeRequest("nowhere", 1, 1).to_bytes(),
            RangeRequest("vest", 1, 0).to_bytes(),
            RangeRequest("vest", 1, 2**60).to_bytes(),
            b'{"epoch":true,"first":1,"origin":"vest"}',
            b'{"epoch":1,"first":1,"origin":"vest","more":1}',
        ):
            with pytest.raises(TransportError):
                await network.transports[NORD].ask("vest", body)
        await answers(network, VEST)
    assert part.state.turned_away == 9


async def test_an_asker_is_served_only_so_often(
    journals: dict[Region, Journal],
) -> None:
    now = 0.0
    part = RangeServer(journals[VEST], None, lambda: now)  # type: ignore[arg-type]

    async def busy(asker: str) -> bool:
        reply = await part.answer(asker, RangeRequest("vest", 1, 1).to_bytes())
        return reply is not None and BUSY_HEADER in reply.headers

    assert not any([await busy("nord") for _ in range(SERVED_AT_ONCE)])
    assert await busy("nord")
    assert not await busy("midt")
    now = 0.02
    assert not await busy("nord")
    assert await busy("nord")


async def test_a_stream_that_is_gone_is_healed_by_its_owner(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """The stream stays empty: no outbox runs that would fill it again."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 1200)
    await carried(network, vest)
    await network.lose(VEST)
    taker = inbox(network, nord)
    async with running(server(network, vest), taker):
        await same(nord, vest)
        await until(lambda: taker.state.repaired == 1200)


async def test_who_holds_a_log_serves_it_while_its_owner_is_away(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord, midt = journals[VEST], journals[NORD], journals[MIDT]
    record(vest, 600)
    async with running(outbox(network, vest), inbox(network, midt)):
        await same(midt, vest)
    await network.lose(VEST)
    async with running(server(network, midt), inbox(network, nord)):
        await same(nord, vest)
    assert nord.sealed("vest") == vest.sealed("vest")


async def test_a_gap_in_the_stream_is_filled_and_the_stream_followed_on(
    network: Network, journals: dict[Region, Journal]
) -> None:
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 20)
    await carried(network, vest)
    await network.lose(VEST)
    record(vest, 7)
    gap = page_of(vest, 21)
    await network.transports[VEST].publish("vest", gap, 0)
    taker = inbox(network, nord)
    async with running(server(network, vest), taker):
        await same(nord, vest)
        await until(lambda: taker.state.repaired == 27)
        async with running(outbox(network, vest)):
            record(vest, 5)
            await same(nord, vest)
    assert taker.state.repaired == 27


def page_of(journal: Journal, first: int) -> Message:
    """Sign for a region's log, and return the page from a position."""
    from federation.log.sealing import seal  # noqa: PLC0415
    from federation.log.tree import frontier_at  # noqa: PLC0415

    rows = journal.entries("vest", first - 1, 500)
    seal(journal, frontier_at(journal, "vest", first - 1), rows, KEYS[VEST])
    found = page_from(journal, "vest", first)
    assert found is not None
    return found


async def test_a_stream_that_stands_still_is_passed_by(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A verified checkpoint says that there is more than the stream gives."""
    monkeypatch.setattr("federation.node.inbox.BEHIND_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.inbox.REPAIR_SECONDS", 0.05)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 5)
    await carried(network, vest)
    heard = ListenerState(size=5)
    key, transport = KEYS[VEST].verifier, network.transports[NORD]
    taker = Inbox(nord, transport, "vest", key, heard)
    async with running(server(network, vest), taker):
        await same(nord, vest)
        record(vest, 4)
        page_of(vest, 6)  # signed for, and never sent
        heard.size = 9
        await same(nord, vest)


async def test_a_peer_that_lies_is_passed_by(
    network: Network, journals: dict[Region, Journal], tmp_path: Path
) -> None:
    """Midt gives what vest never signed; sorost, asked after it, what it did."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 9)
    other = SQLiteJournal(tmp_path / "other.sqlite", MIDT, instant)
    async with running(outbox(network, vest), inbox(network, journals[Region.SOROST])):
        await same(journals[Region.SOROST], vest)
    await network.lose(VEST)
    with other.writing() as cursor:
        rows = [
            row._replace(body=row.body + b" ") for row in vest.entries("vest", 0, 9)
        ]
        other.insert_rows(cursor, rows)
    kept = vest.sealed("vest")
    assert kept is not None
    other.seal("vest", 1, kept)

    async def lie(_: str, __: bytes) -> Message:
        page = page_from(vest, "vest", 1)
        assert page is not None
        return Message(page.headers, page.body.replace(b'{"a":1}', b'{"a":2}'))

    liar = asyncio.create_task(network.transports[MIDT].serve(lie))
    taker = inbox(network, nord)
    async with running(server(network, journals[Region.SOROST]), taker):
        await same(nord, vest)
    await end_all([liar])
    assert taker.state.refused is None
    (incident,) = incidents(nord)
    seen = ("midt", Observed.NOT_ITS_ROOT)
    assert (incident.origin, incident.kind) == seen, "of who gave it"
    damaged = await server(network, other).answer(
        "nord", RangeRequest("vest", 1, 1).to_bytes()
    )
    assert damaged is None  # what is damaged here is not given
    other.close()


async def test_everything_the_carrier_stores_may_go_in_the_midst_of_work(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """All streams, while all regions record; every node ends with everything."""
    async with AsyncExitStack() as stack:
        for journal in journals.values():
            others = [region for region in Region if region is not journal.region]
            await stack.enter_async_context(
                running(
                    outbox(network, journal),
                    server(network, journal),
                    *(inbox(network, journal, other) for other in others),
                )
            )
        for round_ in range(6):
            for journal in journals.values():
                record(journal, 100)
            if round_ in {2, 4}:
                for region in Region:
                    await network.lose(region)
        wanted = {each.value: 600 for each in Region}
        for journal in journals.values():
            await until(
                lambda held=journal: (
                    {  # type: ignore[misc]
                        origin: each.position
                        for origin, each in held.positions().items()
                    }
                    == wanted
                )
            )
