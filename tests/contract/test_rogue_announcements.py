"""What a rogue region announces, tells of others, asks for and keeps back."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import date
from functools import partial
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from domain.parties.epoch import EpochBegun
from domain.parties.membership import RegionLeft
from domain.values import Region
from federation.checks.evidence import Contradiction, Evidence, evidence_from, proved
from federation.checks.incidents import Observed
from federation.checks.ingest import RefusedPageError
from federation.checks.violation import Violation
from federation.journal.store import Journal
from federation.journal.witnessing import count_undecided, decide_all, incidents
from federation.node.floods import Flood
from federation.node.heartbeat import Listener, ListenerState
from federation.node.inbox import Inbox, Missing
from federation.node.ranges import FLOOD_TURNED_AWAY, RangeRequest, RangeServer
from federation.signed.checkpoint import Checkpoint, sign
from federation.signed.cosignature import cosign
from federation.signed.merkle import Frontier, extend, root
from federation.tasks import end_all
from federation.transport.ports import ANNOUNCEMENTS_WAITING_MAX
from tests.support.federation import KEYS
from tests.support.replication import (
    InMemory,
    Network,
    inbox,
    listener,
    outbox,
    record,
    running,
    same,
    sent,
    server,
    shared,
    until,
)
from tests.support.rogue import NEXT, PEERS, Heart, Rogue, witness
from tests.support.servers import Servers

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
VEST, NORD, MIDT, SOROST = Region.VEST, Region.NORD, Region.MIDT, Region.SOROST
NOON = "2026-01-01T12:00:00.000000Z"
LATER = "2026-01-01T13:30:00.000000Z"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between announcements."""
    monkeypatch.setattr("federation.node.witness.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.witness.REPEAT_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.witness.FLOOD_HEARD", 10**9)


def garbage(_rogue: Rogue) -> str:
    """Say nothing that can be read."""
    return "x" * 1000


def unsigned(rogue: Rogue) -> str:
    """Change what was signed."""
    return rogue.note(rogue.rows).replace("13:00", "13:01")


def of_another(rogue: Rogue) -> str:
    """Speak of another region's log."""
    return rogue.note(rogue.rows, origin="midt")


def no_instant(rogue: Rogue) -> str:
    """Speak of a day that no calendar has."""
    return rogue.note(rogue.rows, complete_to="2026-13-32T12:00:00.000000Z")


def another_history(rogue: Rogue) -> str:
    """Sign another root of the same log."""
    return rogue.note(rogue.rows, root=bytes(32))


def less(rogue: Rogue) -> str:
    """Say that there is less, and that it is all."""
    return rogue.note(rogue.rows[:1], complete_to=LATER)


def before_its_last(rogue: Rogue) -> str:
    """Say of a log that it is complete to before its last entry."""
    return rogue.note(rogue.rows, complete_to=NOON)


ANNOUNCED: dict[Callable[[Rogue], str], Contradiction | Violation | Observed] = {
    garbage: Observed.NOT_SIGNED,
    unsigned: Observed.NOT_SIGNED,
    of_another: Observed.NOT_SIGNED,
    no_instant: Observed.UNPROVED,
    another_history: Contradiction.TWO_HISTORIES,
    less: Contradiction.SHRUNK,
    before_its_last: Violation.LATER_THAN_SIGNED,
}


@pytest.mark.parametrize("attempt", ANNOUNCED, ids=lambda each: each.__name__)
async def test_what_a_rogue_region_announces_is_an_incident(
    network: Network,
    journals: dict[Region, Journal],
    attempt: Callable[[Rogue], str],
) -> None:
    kind = ANNOUNCED[attempt]
    vest, nord, midt, sorost = (journals[each] for each in (VEST, NORD, MIDT, SOROST))
    record(vest, 2)
    await shared(network, vest, nord)
    note = attempt(Rogue(list(vest.entries("vest", 0, 2))))
    record(midt, 3)
    others = outbox(network, midt), inbox(network, nord, MIDT)
    witnesses = witness(network, nord), witness(network, sorost)
    heart = Heart(network.transports[VEST], note)
    async with running(heart, listener(network, nord), *others, *witnesses):
        await until(lambda: len(incidents(nord)) > 0)
        await same(nord, midt)
        if not isinstance(kind, Observed):
            await until(lambda: len(incidents(sorost)) > 0)
    (incident,) = incidents(nord)
    assert (incident.origin, incident.kind) == ("vest", kind)
    told = [(each.origin, each.kind) for each in incidents(sorost)]
    assert told == ([] if isinstance(kind, Observed) else [("vest", kind)])
    blocks = count_undecided(nord, "vest") > 0
    assert blocks is not isinstance(kind, Observed)


async def test_an_entry_that_was_announced_never_to_come_is_an_incident(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Whether the heartbeat is heard before the entry, or after it."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    await shared(network, vest, nord, midt)
    takers = {each: inbox(network, each) for each in (nord, midt)}
    rogue = Rogue(list(vest.entries("vest", 0, 2)))
    announcement = rogue.note(rogue.rows, complete_to=LATER)
    page = rogue.page(rogue.entry(), complete_to="2026-01-01T14:00:00.000000Z")
    listener(network, nord).take(announcement)
    with pytest.raises(RefusedPageError, match="does not follow"):
        takers[nord].take(page)
    takers[midt].take(page)
    with pytest.raises(Exception, match="entry 3 is recorded at"):
        listener(network, midt).take(announcement)
    found = []
    for journal in (nord, midt):
        (incident,) = incidents(journal)
        about, kind = proved(evidence_from(incident.evidence.encode()), PEERS)
        assert (about.origin, kind) == ("vest", Violation.NOT_LATER)
        found.append(incident.incident_id)
    assert found[0] == found[1]


async def test_what_a_rogue_region_tells_of_others_is_an_incident_about_itself(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """It accuses midt of what midt has not signed, and cosigns as another."""
    nord, sorost = journals[NORD], journals[SOROST]
    true, false = (
        sign(Checkpoint("midt", 1, 1, bytes([n]) * 32, NOON), KEYS[signer])
        for n, signer in ((1, MIDT), (2, VEST))
    )
    told = {
        "incidents": Evidence(true, false).to_bytes(),
        "cosignatures": cosign(true, KEYS[NORD], 1).encode(),
    }
    transport = network.transports[VEST]

    class Talk:
        """Says both, again and again."""

        async def run(self) -> None:
            while True:
                for subject, payload in told.items():
                    await transport.announce(f"fagnett.{subject}.vest", payload)
                await asyncio.sleep(0.01)

    async with running(Talk(), witness(network, nord), witness(network, sorost)):
        for journal in (nord, sorost):
            await until(lambda: len(incidents(journal)) == 2)  # noqa: B023 - waited for here
    for journal in (nord, sorost):
        found = {(each.origin, each.kind) for each in incidents(journal)}
        assert found == {("vest", Observed.NO_EVIDENCE), ("vest", Observed.NOT_SIGNED)}
        assert not count_undecided(journal, "midt")


async def test_who_asks_without_end_is_seen_and_the_others_are_answered(
    journals: dict[Region, Journal],
) -> None:
    vest = journals[VEST]
    part = RangeServer(vest, None, lambda: 0.0)  # type: ignore[arg-type]

    async def asked(by: str) -> bool:
        reply = await part.answer(by, RangeRequest("vest", 1, 1).to_bytes())
        return reply is not None and "Fagnett-Busy" not in reply.headers

    answered = sum([await asked("nord") for _ in range(FLOOD_TURNED_AWAY)])
    assert not incidents(vest), "who is busy is told so, and waits"
    for _ in range(answered):
        await asked("nord")
    (incident,) = incidents(vest)
    assert (incident.origin, incident.kind) == ("nord", Observed.FLOOD)
    assert await asked("midt")


SUBJECT = "fagnett.checkpoints.vest"
UNREADABLE = {
    "a reply that is no text": b"PUB %b \xff\xfe 2\r\nxx\r\n",
    "a status that is no text": (b"HPUB %b 16 16\r\nNATS/1.0 \xff\xff\xff\r\n\r\n\r\n"),
    "headers that end early": b"HPUB %b 8 8\r\nNATS/1.0\r\n",
    "half a header": b"HPUB %b 4 4\r\nNATS\r\n",
    "a reply that breaks the line": b"PUB %b a\x0bb 2\r\nxx\r\n",
    "headers, and such a reply": b"HPUB %b a\x0cb 12 14\r\nNATS/1.0\r\n\r\nxx\r\n",
    "much, and such a reply": b"PUB %b a\x0bb 9000\r\n" + b"x" * 9000 + b"\r\n",
}


@pytest.mark.parametrize("by_hand", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_makes_no_node_deaf(
    nats: Servers, by_hand: bytes
) -> None:
    """It is dropped, and the connection, over which all regions are heard, stays."""
    vest, nord = nats.node(VEST), nats.node(NORD)
    heard: set[bytes] = set()

    async def hear() -> None:
        async for payload in nord.hear(SUBJECT):
            heard.add(payload)

    for transport, region in ((vest, VEST), (nord, NORD)):
        await transport.connect(nats.urls[region])
    hearing = asyncio.create_task(hear())
    async with asyncio.timeout(10):
        # Interest crosses the hub a moment after the server has confirmed it.
        while not heard:
            await vest.announce(SUBJECT, b"before")
            await asyncio.sleep(0.01)
    wire = vest._voice.client._transport
    assert wire is not None
    for _ in range(3):
        wire.write(by_hand % SUBJECT.encode())
    await vest.announce(SUBJECT, b"after")
    async with asyncio.timeout(10):
        await until(lambda: b"after" in heard)
    assert not nord._others["vest"].client.ended.is_set()
    await end_all([hearing])
    await nord.close()
    await vest.close()


def test_what_is_kept_back_is_counted_while_the_region_is_heard() -> None:
    missing = Missing()
    assert [missing.at(5, heard) for heard in (None, None, 1.0, 1.0, 6.0)] == [
        *(0, 0, 1, 1, 2)
    ], "a region that is not heard may be down"
    assert missing.at(6, 11.0) == 0, "what comes is not kept back"


async def test_what_a_region_speaks_of_and_does_not_give_is_told_when_that_lasts(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It announces four entries, and gives two."""
    monkeypatch.setattr("federation.node.inbox.BEHIND_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.inbox.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.inbox.WITHHELD_HEARTBEATS", 5)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 2)
    rogue = Rogue(list(vest.entries("vest", 0, 2)))
    heart = Heart(network.transports[VEST], rogue.note(rogue.rows, size=4))
    seconds = itertools.count()
    place = (nord, network.transports[NORD], KEYS[VEST].verifier)
    hears = Listener(*place, lambda: float(next(seconds)), "vest")
    taker = inbox(network, nord)
    taker._heard = hears.state
    async with running(taker):
        await same(nord, vest)
        async with running(heart, hears):
            await until(lambda: len(incidents(nord)) > 0)
    (incident,) = incidents(nord)
    assert (incident.origin, incident.kind) == ("vest", Observed.WITHHELD)
    seen = orjson.loads(incident.evidence)
    assert seen["seen"] == "entries up to 4 are signed for and missing"
    assert seen["place"] == "log at vest/1/2"
    assert ListenerState().heard_at is None
    assert nord.positions()["vest"].position == NEXT.position - 1


def test_a_database_that_cannot_be_read_hides_no_trouble_and_ends_nothing(
    journals: dict[Region, Journal],
) -> None:
    nord = journals[NORD]
    part = inbox(InMemory(), nord)
    nord.close()
    part._miss("entries after 2 are missing")
    assert part.state.trouble == "the database: OperationalError"


async def test_what_is_shown_to_one_region_is_hidden_from_none(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives its third entry to nord alone, and never speaks of it."""
    monkeypatch.setattr("federation.node.inbox.BEHIND_SECONDS", 0.05)
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    part, taker = outbox(network, vest), inbox(network, nord)
    async with running(part, taker):
        await same(nord, vest)
    rogue = Rogue(list(vest.entries("vest", 0, 2)))
    taker.take(rogue.page(rogue.entry()))
    hears = witness(network, midt)
    other = Inbox(
        *(midt, network.transports[MIDT], "vest", KEYS[VEST].verifier),
        cosigned=partial(hears.state.ahead_of, "vest"),
    )
    async with running(server(network, nord), witness(network, nord), hears, other):
        await until(lambda: midt.positions()["vest"].position == 3)
        await until(lambda: hears.state.ahead_of("vest") == 0)
    assert not incidents(midt)


async def test_nothing_follows_on_leaving_after_an_epoch_either(
    journals: dict[Region, Journal],
) -> None:
    nord, key = journals[NORD], KEYS[VEST].verifier
    transport = InMemory().transports[NORD]
    taker = Inbox(nord, transport, "vest", key)
    left = RegionLeft(left_on=date(2026, 1, 1), reason="Elsewhere")
    at = {"stream": "vest:log:membership", "position": 1, "recorded_at": NOON}
    leaving = Rogue([]).entry(left.to_bytes(), type=left.TYPE, **at)
    taker.take(Rogue([]).page(leaving))
    begun = EpochBegun(
        epoch=2,
        kept=1,
        kept_root=root(extend(Frontier(), [leaving.leaf])).hex(),
        promised=2,
        promised_root="0" * 64,
        begun_on=date(2026, 1, 1),
        reason="A disk was lost",
        without=(),
    )
    at = {"stream": "vest:log:epoch", "position": 2, "recorded_at": LATER, "epoch": 2}
    beginning = Rogue([]).entry(begun.to_bytes(), type=begun.TYPE, **at)
    end = "2026-01-01T14:00:00.000000Z"
    after = Rogue([]).entry(position=3, epoch=2, recorded_at=end)
    page = Rogue([leaving]).page(beginning, after, epoch=2, complete_to=end)
    with pytest.raises(RefusedPageError, match="of who has left"):
        taker.take(page)
    assert [each.kind for each in incidents(nord)] == [Violation.AFTER_LEAVING]


async def test_one_entry_is_one_incident_under_whatever_note(
    journals: dict[Region, Journal],
) -> None:
    nord = journals[NORD]
    taker = Inbox(nord, InMemory().transports[NORD], "vest", KEYS[VEST].verifier)
    bad = Rogue([]).entry(position=1, stream="midt:x:rogue")
    more = Rogue([]).entry(position=2)
    for page in (Rogue([]).page(bad), Rogue([]).page(bad, more)):
        with pytest.raises(RefusedPageError, match="does not say"):
            taker.take(page)
        decide_all(nord, "vest", "looked at")
    assert [each.kind for each in incidents(nord)] == [Violation.AS_ANOTHER]


async def test_a_flood_of_announcements_stays_with_the_servers(nats: Servers) -> None:
    """What a region says too much costs its own server, and no node of another."""
    vest, nord = nats.node(VEST), nats.node(NORD)
    reached: list[bytes] = []
    for transport, region in ((vest, VEST), (nord, NORD)):
        await transport.connect(nats.urls[region])
    line = nord._others["vest"].client
    process = line._process_msg

    async def count(*message: Any) -> None:
        reached.append(message[3])
        await process(*message)

    line._process_msg = count  # type: ignore[method-assign,assignment]
    heard: set[bytes] = set()

    async def hear() -> None:
        async for payload in nord.hear(SUBJECT):
            heard.add(payload)

    hearing = asyncio.create_task(hear())
    async with asyncio.timeout(10):
        while not heard:
            await vest.announce(SUBJECT, b"before")
            await asyncio.sleep(0.05)
    wire = vest._voice.client._transport
    assert wire is not None
    for _ in range(20):
        wire.write((b"PUB %b 5\r\nflood\r\n" % SUBJECT.encode()) * 1000)
        await asyncio.sleep(0)
    async with asyncio.timeout(30):
        while b"after" not in heard:
            await vest.announce(SUBJECT, b"after")
            await asyncio.sleep(0.2)
    assert 0 < reached.count(b"flood") <= 2 * ANNOUNCEMENTS_WAITING_MAX
    await end_all([hearing])
    await nord.close()
    await vest.close()


async def test_a_flood_of_announcements_is_told_once(
    network: Network, journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.heartbeat.HEARD_SECONDS", 0)
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    await shared(network, vest, nord)
    rows = list(vest.entries("vest", 0, 2))
    heart = Heart(network.transports[VEST], Rogue(rows).note(rows))

    def seen() -> list[Observed | str]:
        return [each.kind for each in incidents(nord)]

    monkeypatch.setattr("federation.node.heartbeat.FLOOD_HEARD", 20)
    part = listener(network, nord)
    async with running(heart, part):
        await until(lambda: Observed.FLOOD in seen())
    assert seen() == [Observed.FLOOD]


async def test_a_flood_is_told_again_only_after_it_was_over(
    journals: dict[Region, Journal], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.floods.FLOOD_SECONDS", 0.5)
    told: list[str] = []
    monkeypatch.setattr(
        "federation.node.floods.observe", lambda *said: told.append(said[1])
    )
    flood = Flood(journals[NORD], "vest", SUBJECT, 3)
    now = iter([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0])
    monkeypatch.setattr(
        "federation.node.floods.asyncio.get_running_loop",
        lambda: SimpleNamespace(time=lambda: next(now)),
    )
    counts = []
    for _ in range(11):
        await flood.count()
        counts.append(len(told))
    assert counts == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2]
