"""A rogue region: its real key, and a client of its own instead of our node.

Whatever it publishes, nothing of it is kept, an incident says what it was, and
the other regions' entries arrive as if nothing had happened. Where its signature
proves it, also a region knows that has only been told.
"""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import orjson
import pytest

from domain.parties.membership import RegionLeft
from domain.values import Region
from federation.checks.evidence import evidence_from, proved
from federation.checks.incidents import Observed
from federation.checks.ingest import RefusedPageError
from federation.checks.violation import Violation
from federation.journal.store import Journal
from federation.journal.witnessing import decide_all, incidents
from federation.node.heartbeat import Listener
from federation.node.inbox import Inbox
from federation.node.witness import Witness
from federation.signed.entry import IN_ORDER, Envelope, build, leaf_hash
from federation.signed.page import CHECKPOINT_HEADER, Message, pack
from tests.support.federation import KEYS, instant
from tests.support.replication import (
    Network,
    inbox,
    outbox,
    record,
    running,
    same,
    sent,
    shared,
    until,
)
from tests.support.rogue import NEXT, PEERS, Heart, Rogue, witness

pytestmark = [pytest.mark.anyio, pytest.mark.servers]
VEST, NORD, MIDT, SOROST = Region.VEST, Region.NORD, Region.MIDT, Region.SOROST


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between announcements, nor before asking again."""
    monkeypatch.setattr("federation.node.witness.PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("federation.node.witness.REPEAT_SECONDS", 0.05)
    monkeypatch.setattr("federation.node.witness.FLOOD_HEARD", 10**9)
    monkeypatch.setattr("federation.node.heartbeat.FLOOD_HEARD", 10**9)
    monkeypatch.setattr("federation.node.inbox.RETRY_SECONDS", 0.01)


def as_another(rogue: Rogue) -> Message:
    """Write an entry of another region's log."""
    return rogue.page(rogue.entry(origin="midt", stream="midt:x:rogue"))


def in_anothers_stream(rogue: Rogue) -> Message:
    """Write in another region's stream."""
    return rogue.page(rogue.entry(stream="midt:x:rogue"))


def of_another_kind(rogue: Rogue) -> Message:
    """Write an invoice where payments stand."""
    row = rogue.entry(stream="vest:payments:1", type="invoice.issued.v4")
    return rogue.page(row)


def from_the_future(rogue: Rogue) -> Message:
    """Record something tomorrow."""
    tomorrow = "2026-01-02T00:00:00.000000Z"
    return rogue.page(rogue.entry(recorded_at=tomorrow), complete_to=tomorrow)


def after_its_note(rogue: Rogue) -> Message:
    """Record something after the instant to which the page is complete."""
    return rogue.page(rogue.entry(recorded_at="2026-01-01T13:00:00.000001Z"))


def from_the_past(rogue: Rogue) -> Message:
    """Record something before what is recorded."""
    return rogue.page(rogue.entry(recorded_at="2025-01-01T00:00:00.000000Z"))


def all_from_the_past(rogue: Rogue) -> Message:
    """Record something before what is recorded, and sign that this was all."""
    past = "2025-01-01T00:00:00.000000Z"
    return rogue.page(rogue.entry(recorded_at=past), complete_to=past)


def a_broken_entry_before(rogue: Rogue) -> Message:
    """Put what is no entry in the place of one that is published."""
    broken = rogue.entry()._replace(body=b"{}", leaf=leaf_hash(b"{}"))
    rows = [rogue.rows[0], broken, rogue.entry()]
    return pack(rows[1:], rogue.note(rows))


def a_broken_entry_under_another_history(rogue: Rogue) -> Message:
    """Use a stream before its published entry, then put what is no entry there."""
    first = rogue.entry(position=1, stream=rogue.rows[1].stream)
    broken = rogue.entry()._replace(position=2, body=b"{}", leaf=leaf_hash(b"{}"))
    rows = [first, broken]
    return pack(rows, rogue.note(rows))


def a_version_too_far(rogue: Rogue) -> Message:
    """Leave out a version of a stream."""
    return rogue.page(rogue.entry(version=2))


def a_version_without_room(rogue: Rogue) -> Message:
    """Leave out more versions of a stream than the log has entries."""
    return rogue.page(rogue.entry(version=9))


def a_version_again(rogue: Rogue) -> Message:
    """Record a version of a stream a second time."""
    return rogue.page(rogue.entry(stream=rogue.rows[0].stream))


def a_version_twice(rogue: Rogue) -> Message:
    """Record a version of a stream twice in one page."""
    later = "2026-01-01T13:00:00.000000Z"
    before = rogue.entry(recorded_at="2026-01-01T12:59:00.000000Z")
    return rogue.page(before, rogue.entry(position=4, recorded_at=later))


def another_place(rogue: Rogue) -> Message:
    """Put entries at other places than they say."""
    return rogue.page(rogue.entry(position=5))


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
    row = rogue.entry(stream="vest:log:epoch", type="invoice.issued.v4")
    return rogue.page(row)


def unknown_among_the_epochs(rogue: Rogue) -> Message:
    """Write there what a later release might write."""
    return rogue.page(rogue.entry(stream="vest:log:epoch"))


def after_leaving(rogue: Rogue) -> Message:
    """Leave the federation, and go on."""
    fact = RegionLeft(left_on=date(2026, 1, 1), reason="Elsewhere")
    at, earlier = "vest:log:membership", "2026-01-01T12:59:00.000000Z"
    left = rogue.entry(fact.to_bytes(), type=fact.TYPE, stream=at, recorded_at=earlier)
    return rogue.page(left, rogue.entry(position=4))


def resting_on_no_place(rogue: Rogue) -> Message:
    """Say of a decision that it rested on what is no place in a log."""
    envelope = Envelope("a", "983974724", "983974724/x", "d", "c", "nord")
    return rogue.page(build(NEXT, envelope, b'{"a":1}'))


def resting_on_no_region(rogue: Rogue) -> Message:
    """Say of a decision that it rested on the log of a region that there is not."""
    envelope = Envelope("a", "983974724", "983974724/x", "d", "c", "foo/1/0")
    return rogue.page(build(NEXT, envelope, b'{"a":1}'))


def _two_decisions(rogue: Rogue, first: str, second: str, rules: int) -> Message:
    earlier = replace(NEXT, recorded_at="2026-01-01T12:59:00.000000Z")
    later = replace(NEXT, position=4, stream="vest:x:later")
    said = ("a", "983974724"), ("d", "c")
    one = Envelope(*said[0], "983974724/1", *said[1], first, rules=IN_ORDER)
    two = Envelope(*said[0], "983974724/2", *said[1], second, rules=rules)
    rows = build(earlier, one, b'{"a":1}'), build(later, two, b'{"a":1}')
    return rogue.page(*rows)


def forgetting_another_log(rogue: Rogue) -> Message:
    """Decide, and rest on less of another log than the decision before."""
    places = "nord/1/1 vest/1/2", "nord/1/0 vest/1/3"
    return _two_decisions(rogue, *places, IN_ORDER)


def forgetting_its_own_log(rogue: Rogue) -> Message:
    """Decide, and do not rest on the decision before."""
    places = "nord/1/1 vest/1/2", "nord/1/1 vest/1/2"
    return _two_decisions(rogue, *places, IN_ORDER)


def naming_no_rules_any_more(rogue: Rogue) -> Message:
    """Decide as releases did that kept no order, after one that keeps it."""
    places = "nord/1/1 vest/1/2", "nord/1/0 vest/1/2"
    return _two_decisions(rogue, *places, 0)


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


def for_another_log(rogue: Rogue) -> Message:
    """Sign for another region's log."""
    return rogue.page(rogue.entry(), origin="midt")


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


ATTEMPTS: dict[Callable[[Rogue], Message], tuple[str, Violation | Observed]] = {
    as_another: ("stands where", Violation.AS_ANOTHER),
    in_anothers_stream: ("does not say", Violation.AS_ANOTHER),
    another_place: ("different logs or sizes", Violation.MISPLACED),
    of_another_kind: ("in a stream of another kind", Violation.WRONG_STREAM),
    from_the_future: ("has not come", Observed.NOT_COME),
    after_its_note: ("its page is complete", Violation.LATER_THAN_SIGNED),
    from_the_past: ("does not follow", Violation.NOT_LATER),
    all_from_the_past: ("does not follow", Violation.LATER_THAN_SIGNED),
    a_broken_entry_before: ("does not say", Violation.NO_ENTRY),
    a_broken_entry_under_another_history: ("does not say", Violation.NO_ENTRY),
    a_version_too_far: ("does not follow", Observed.UNPROVED),
    a_version_without_room: ("does not follow", Violation.VERSION_LEFT_OUT),
    a_version_again: ("does not follow", Violation.VERSION_TAKEN),
    a_version_twice: ("does not follow", Violation.VERSION_TAKEN),
    a_hidden_entry: ("entries after 2 are missing", Observed.WITHHELD),
    far_ahead: ("entries after 2 are missing", Observed.WITHHELD),
    another_epoch: ("another history is offered", Violation.NO_EPOCH),
    among_the_epochs: ("where only epochs begin", Violation.WRONG_STREAM),
    unknown_among_the_epochs: ("where only epochs begin", Observed.UNPROVED),
    after_leaving: ("of who has left", Violation.AFTER_LEAVING),
    resting_on_no_place: ("does not say", Violation.NO_ENTRY),
    resting_on_no_region: ("does not say", Violation.NO_ENTRY),
    forgetting_another_log: ("had seen less", Violation.SEEN_LESS),
    forgetting_its_own_log: ("had seen less", Violation.SEEN_LESS),
    naming_no_rules_any_more: ("had seen less", Violation.RULES_LEFT),
    another_root: ("do not hash to the signed root", Observed.NOT_ITS_ROOT),
    nested: ("nested too deeply", Violation.NO_ENTRY),
    oversized: ("too large", Observed.UNPROVED),
    too_many: ("too large", Observed.TOO_LARGE),
    no_json: ("not JSON", Violation.NO_ENTRY),
    for_another_log: ("different logs", Observed.NOT_SIGNED),
    no_note: ("not a checkpoint", Observed.NOT_SIGNED),
    a_long_note: ("not a checkpoint", Observed.NOT_SIGNED),
}
"""What a rogue region tries, what the refusal says, and what the incident is."""


@pytest.mark.law(2)
@pytest.mark.law(4)
@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda each: each.__name__)
async def test_what_a_rogue_region_tries_is_an_incident_and_stops_nobody(
    network: Network,
    journals: dict[Region, Journal],
    attempt: Callable[[Rogue], Message],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("federation.node.inbox.WITHHELD_HEARTBEATS", 2)
    text, kind = ATTEMPTS[attempt]
    vest, nord, midt, sorost = (journals[each] for each in (VEST, NORD, MIDT, SOROST))
    record(vest, 2)
    part = outbox(network, vest)
    async with running(part):
        await sent(part, 2)
    rogue = Rogue(list(vest.entries("vest", 0, 2)))
    transport = network.transports[VEST]
    message = attempt(rogue)
    await transport.publish("vest", message, await transport.end("vest"))
    place = (nord, network.transports[NORD])
    key, seconds = KEYS[VEST].verifier, itertools.count()
    heart = Heart(
        transport, rogue.note(rogue.rows, complete_to=rogue.rows[-1].recorded_at)
    )
    hears = Listener(*place, key, lambda: float(next(seconds)), "vest")
    taker = Inbox(*place, "vest", key, hears.state, _noon)
    record(midt, 3)
    others = outbox(network, midt), inbox(network, nord, MIDT)
    told = witness(network, nord), witness(network, sorost)
    async with running(taker, heart, hears, *others, *told):
        await until(lambda: text in _trouble(taker) or kind is Observed.NOT_SIGNED)
        await until(lambda: len(incidents(nord)) > 0)
        await same(nord, midt)
        if isinstance(kind, Violation):
            await until(lambda: len(incidents(sorost)) > 0)
    assert list(nord.entries("vest", 0, 10)) == rogue.rows
    (incident,), heard = incidents(nord), incidents(sorost)
    assert incident[1:3] == ("vest", kind)
    if isinstance(kind, Observed):
        assert text in orjson.loads(incident.evidence)["seen"]
        assert not heard
        assert b"sha256" not in _said(witness(network, nord)), "told to nobody"
        return
    assert proved(evidence_from(incident.evidence.encode()), PEERS)[1] is kind
    assert [each[:4] for each in heard] == [incident[:4]]
    # Who goes on in spite of it takes nothing of it either, and says it once.
    decide_all(nord, "vest", "looked at")
    with pytest.raises(RefusedPageError, match=text):
        taker.take(message)
    assert len(incidents(nord)) == 1
    assert list(nord.entries("vest", 0, 10)) == rogue.rows


def _noon() -> datetime:
    """Return an instant after which nothing of a test is recorded."""
    return instant().replace(hour=18)


def _said(part: Witness) -> bytes:
    return b"".join(payload for _, payload in part._sayings())


def _trouble(taker: Inbox) -> str:
    return f"{taker.state.refused} {taker.state.trouble}"


async def test_rewriting_what_is_published_is_an_incident(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """In place, and in a page that goes on from what it replaces."""
    vest, nord, midt = (journals[each] for each in (VEST, NORD, MIDT))
    record(vest, 2)
    await shared(network, vest, nord, midt)
    takers = {each: inbox(network, each) for each in (nord, midt)}
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
        assert proved(evidence_from(incident.evidence.encode()), PEERS)
        with pytest.raises(Exception, match="waits for a decision"):
            taker.take(other.page(*rows))
        assert list(journal.entries("vest", 0, 9)) == list(vest.entries("vest", 0, 9))


async def test_what_a_carrier_changes_is_no_incident_of_the_region(
    network: Network, journals: dict[Region, Journal]
) -> None:
    """Other bytes under the region's good checkpoint prove nothing against it."""
    vest, nord = journals[VEST], journals[NORD]
    record(vest, 2)
    part, taker = outbox(network, vest), inbox(network, nord)
    async with running(part, taker):
        await same(nord, vest)
    found = await network.transports[NORD].get("vest", 1)
    assert found is not None
    rows = list(vest.entries("vest", 0, 2))
    rows[1] = Rogue(rows[:1]).entry(position=2)
    body = b"\n".join(row.body for row in rows)
    with pytest.raises(Exception, match="another history is offered"):
        taker.take(Message(found.message.headers, body))
    assert not incidents(nord)
