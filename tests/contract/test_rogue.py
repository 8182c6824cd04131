"""A rogue region: its real key, and a client of its own instead of our node.

Whatever it publishes, nothing of it is kept, the refusal or the incident says
what it was, and the other regions' entries arrive as if nothing had happened.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from domain.values import Region
from federation.checkpoint import Checkpoint, sign
from federation.entry import Place, Row, build, leaf_hash
from federation.evidence import contradiction, evidence_from
from federation.journal.store import Journal
from federation.journal.witnessing import incidents
from federation.merkle import Frontier, extend, root
from federation.page import CHECKPOINT_HEADER, Message, pack
from federation.receiver import Receiver
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    courier,
    receiver,
    record,
    running,
    same,
    sent,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
PEERS = {region.value: key.verifier for region, key in KEYS.items()}
NEXT = Place("vest", 1, 3, "vest:x:rogue", 1, "x", "2026-01-01T13:00:00.000000Z")


@dataclass
class Rogue:
    """What the region has published rightly, and its key."""

    rows: list[Row]

    def note(self, rows: list[Row], size: int | None = None, **change: Any) -> str:
        """Sign for any rows."""
        values = {
            "origin": "vest",
            "epoch": 1,
            "size": size or len(rows),
            "root": root(extend(Frontier(), [row.leaf for row in rows])),
            "complete_to": "2026-01-01T13:00:00.000000Z",
            **change,
        }
        return sign(Checkpoint(**values), KEYS[VEST])

    def entry(self, data: bytes = b'{"a":1}', **change: Any) -> Row:
        """Return an entry that follows what is published, or nearly."""
        return build(replace(NEXT, **change), None, data)

    def page(self, *new: Row, **change: Any) -> Message:
        """Return a page of new entries, signed."""
        return pack(new, self.note([*self.rows, *new], **change))


def as_another(rogue: Rogue) -> Message:
    """Write an entry of another region's log."""
    return rogue.page(rogue.entry(origin="midt", stream="midt:x:rogue"))


def in_anothers_stream(rogue: Rogue) -> Message:
    """Write in another region's stream."""
    return rogue.page(rogue.entry(stream="midt:x:rogue"))


def of_another_kind(rogue: Rogue) -> Message:
    """Write an invoice where payments stand."""
    row = rogue.entry(stream="vest:payments:1", type="invoice.issued.v3")
    return rogue.page(row)


def from_the_future(rogue: Rogue) -> Message:
    """Record something tomorrow."""
    return rogue.page(rogue.entry(recorded_at="2026-01-02T00:00:00.000000Z"))


def from_the_past(rogue: Rogue) -> Message:
    """Record something before what is recorded."""
    return rogue.page(rogue.entry(recorded_at="2025-01-01T00:00:00.000000Z"))


def a_version_too_far(rogue: Rogue) -> Message:
    """Leave out a version of a stream."""
    return rogue.page(rogue.entry(version=2))


def a_hidden_entry(rogue: Rogue) -> Message:
    """Leave out an entry, and sign for those after it."""
    return rogue.page(rogue.entry(position=4), size=4)


def far_ahead(rogue: Rogue) -> Message:
    """Claim a place that will not come for ages."""
    return rogue.page(rogue.entry(position=10**17), size=10**17)


def another_epoch(rogue: Rogue) -> Message:
    """Begin a new epoch that nobody has announced."""
    return rogue.page(rogue.entry(epoch=2), epoch=2)


def among_the_epochs(rogue: Rogue) -> Message:
    """Write something else where only epochs begin."""
    return rogue.page(rogue.entry(stream="vest:log:epoch"))


def another_root(rogue: Rogue) -> Message:
    """Sign a root that the entries do not have."""
    return rogue.page(rogue.entry(), root=bytes(32))


def nested(rogue: Rogue) -> Message:
    """Nest deeper than can be written again."""
    return rogue.page(rogue.entry(b'{"a":' * 500 + b"1" + b"}" * 500))


def oversized(rogue: Rogue) -> Message:
    """Record more than an entry takes."""
    return rogue.page(rogue.entry(b'{"a":"' + b"x" * 300_000 + b'"}'))


def too_many(rogue: Rogue) -> Message:
    """Put more entries into a page than it takes."""
    rows = [rogue.entry(position=n, stream=f"vest:x:{n}") for n in range(3, 600)]
    return rogue.page(*rows)


def no_json(rogue: Rogue) -> Message:
    """Send bytes that are no entry at all."""
    body = b"\xff\x00" * 100
    row = rogue.entry()._replace(body=body, leaf=leaf_hash(body))
    return rogue.page(row)


def no_note(rogue: Rogue) -> Message:
    """Leave out the checkpoint."""
    message = rogue.page(rogue.entry())
    headers = {**message.headers, CHECKPOINT_HEADER: "bm8gbm90ZQ=="}
    return Message(headers, message.body)


def a_long_note(rogue: Rogue) -> Message:
    """Put a hundred signatures under a checkpoint."""
    row = rogue.entry()
    note = rogue.note([*rogue.rows, row])
    return pack([row], note + f"{note.splitlines()[-1]}\n" * 100)


ATTEMPTS: dict[Callable[[Rogue], Message], str] = {
    as_another: "stands where",
    in_anothers_stream: "does not say what an entry says",
    of_another_kind: "in a stream of another kind",
    from_the_future: "has not come",
    from_the_past: "does not follow what was recorded before",
    a_version_too_far: "does not follow what was recorded before",
    a_hidden_entry: "entries after 2 are missing",
    far_ahead: "entries after 2 are missing",
    another_epoch: "another history is offered",
    among_the_epochs: "where only epochs begin",
    another_root: "do not hash to the signed root",
    nested: "nested too deeply",
    oversized: "too large",
    too_many: "too large",
    no_json: "not JSON",
    no_note: "not a checkpoint",
    a_long_note: "not a checkpoint",
}


@pytest.mark.law(2)
@pytest.mark.law(4)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda each: each.__name__)
async def test_what_a_rogue_region_tries_is_named_and_stops_nobody(
    network: Network,
    journals: dict[Region, Journal],
    attempt: Callable[[Rogue], Message],
) -> None:
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    part = courier(network, vest)
    async with running(part):
        await sent(part, 2)
    rogue = Rogue(list(vest.entries("vest", 0, 2)))
    carrier = network.carriers[VEST]
    await carrier.publish("vest", attempt(rogue), await carrier.end("vest"))
    nords = network.carriers[NORD]
    noon = instant().replace(hour=18)
    key = KEYS[VEST].verifier
    taker = Receiver(nord, nords, "vest", key, latest=lambda: noon)
    record(midt, 3)
    others = courier(network, midt), receiver(network, nord, MIDT)
    async with running(taker, *others):
        await until(lambda: ATTEMPTS[attempt] in _trouble(taker))
        await same(nord, midt)
    assert list(nord.entries("vest", 0, 10)) == rogue.rows
    assert not incidents(nord)


def _trouble(taker: Receiver) -> str:
    return f"{taker.state.refused} {taker.state.trouble}"


async def test_rewriting_what_is_published_is_an_incident(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """In place, and in a page that goes on from what it replaces."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    takers = {each: receiver(network, each) for each in (nord, midt)}
    async with running(courier(network, vest), *takers.values()):
        for journal in takers:
            await same(journal, vest)
    first = vest.entries("vest", 0, 1)[0]
    other = Rogue([first])
    changed = other.entry(position=2)
    for journal, new in {
        nord: [changed],
        midt: [changed, other.entry(position=3, stream="vest:x:more")],
    }.items():
        times = [f"2026-01-01T13:00:00.00000{n}Z" for n, _ in enumerate(new)]
        rows = [
            build(
                replace(
                    NEXT,
                    position=row.position,
                    stream=row.stream,
                    recorded_at=time,
                ),
                None,
                b'{"a":2}',
            )
            for row, time in zip(new, times, strict=True)
        ]
        taker = takers[journal]
        with pytest.raises(Exception, match="signed two histories"):
            taker.take(other.page(*rows))
        (incident,) = incidents(journal)
        assert contradiction(evidence_from(incident.evidence.encode()), PEERS)
        with pytest.raises(Exception, match="waits for a decision"):
            taker.take(other.page(*rows))
        assert list(journal.entries("vest", 0, 9)) == list(vest.entries("vest", 0, 9))


async def test_what_a_carrier_changes_is_no_incident_of_the_region(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Other bytes under the region's good checkpoint prove nothing against it."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    part, taker = courier(network, vest), receiver(network, nord)
    async with running(part, taker):
        await same(nord, vest)
    found = await network.carriers[NORD].get("vest", 1)
    assert found is not None
    rows = list(vest.entries("vest", 0, 2))
    rows[1] = Rogue(rows[:1]).entry(position=2)
    body = b"\n".join(row.body for row in rows)
    with pytest.raises(Exception, match="another history is offered"):
        taker.take(Message(found.message.headers, body))
    assert not incidents(nord)
