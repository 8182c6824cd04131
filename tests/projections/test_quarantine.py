"""An entry that goes no further stops its region there, and no other, until it can."""

from collections.abc import Callable
from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent
from sqlalchemy import Engine, select

from domain import catalogue
from domain.fact import Fact
from domain.payments.payment import PaymentRegistered
from domain.values import Region
from federation.journal.store import Journal
from federation.signed.facts import QuarantineReason
from projections import tables
from projections.database import reading
from projections.engine import Projector
from projections.rows import FOLDS, Place, Rows
from tests.support.replication import InMemory, inbox, outbox, running, same

pytestmark = pytest.mark.servers


class PostRenamed(Fact, name="post.renamed.v1"):
    """A fact of the next release."""

    post: str


def payment(number: int, at: str = "vest") -> StoredEvent:
    """Return a payment of a document of its own."""
    data = (
        f'{{"amount_ore":1,"number":{number},"paid_on":"2026-01-01",'
        '"seller":"1","year":2026}'
    )
    stream = f"{at}:payments:1:2026:{number}"
    return StoredEvent(stream, 1, "payment.registered.v1", data.encode())


def renamed(number: int) -> StoredEvent:
    """Return a fact of the next release."""
    stream = f"vest:names:{number}"
    return StoredEvent(stream, 1, PostRenamed.TYPE, b'{"post":"nurse"}')


def folding(kind: type[Fact], handler: Callable[..., Rows]) -> dict[Any, Any]:
    """Return all folds, that of one kind of fact being another."""
    return {**FOLDS, kind: handler}


def prepared(journal: Journal, views: Engine) -> Projector:
    """Return a projector as a node starts it."""
    made = Projector(journal, views)
    made.prepare()
    return made


def paid(views: Engine) -> list[tuple[str, int]]:
    """Return origin and position of every payment in the read models."""
    columns = tables.payment.c.origin, tables.payment.c.position
    with reading(views) as connection:
        found = connection.execute(select(*columns).order_by(*columns))
        return [(origin, position) for origin, position in found]


def reached(projector: Projector) -> dict[str, int]:
    """Return how far a projector is."""
    return {o: each.position for o, each in projector.state.positions.items()}


@pytest.mark.anyio
async def test_a_newer_regions_facts_are_kept_passed_on_and_read_after_an_upgrade(
    journals: dict[Region, Journal], views: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Vest has upgraded; nord has not, and hears of midt through and through."""
    vest, nord, midt = (journals[r] for r in (Region.VEST, Region.NORD, Region.MIDT))
    vest.append([payment(1), renamed(1), payment(2)])
    midt.append([payment(3, at="midt")])
    network = InMemory()
    senders = [outbox(network, vest), outbox(network, midt)]
    takers = [inbox(network, nord, each) for each in (Region.VEST, Region.MIDT)]
    projector = prepared(nord, views)
    async with running(*senders, *takers):
        await same(nord, vest)
        await same(nord, midt)
        projector.catch_up()
        midt.append([payment(4, at="midt")])
        vest.append([payment(5)])
        await same(nord, midt)
        await same(nord, vest)
        projector.catch_up()
    assert reached(projector) == {"vest": 1, "midt": 2}
    stop = projector.state.stopped_at["vest"]
    assert (stop.place, stop.reason) == ("vest/1/2", QuarantineReason.UNKNOWN)
    assert str(stop) == f"vest/1/2: {PostRenamed.TYPE}"
    assert paid(views) == [("midt", 1), ("midt", 2), ("vest", 1)]

    monkeypatch.setitem(catalogue.FACTS, PostRenamed.TYPE, PostRenamed)
    monkeypatch.setattr(
        "projections.rows.FOLDS", folding(PostRenamed, lambda _place, _fact: ())
    )
    upgraded = prepared(nord, views)
    upgraded.catch_up()
    assert reached(upgraded) == {"vest": 4, "midt": 2}
    assert not upgraded.state.stopped_at
    assert [p for o, p in paid(views) if o == "vest"] == [1, 3, 4]


@pytest.mark.parametrize("before", [0, 1, 6])
def test_rows_that_the_database_does_not_take_stop_one_region_at_their_entry(
    journals: dict[Region, Journal],
    views: Engine,
    before: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its form is good, and a value is more than a column holds."""
    whole = FOLDS[PaymentRegistered]

    def too_much(place: Place, fact: PaymentRegistered) -> Rows:
        for table, values in whole(place, fact):
            yield table, (*values[:-1], 2**70) if fact.number == 90 else values

    monkeypatch.setattr("projections.rows.FOLDS", folding(PaymentRegistered, too_much))
    vest = journals[Region.VEST]
    good = [payment(number) for number in range(before)]
    vest.append([*good, payment(90), payment(91)])
    (nord,) = journals[Region.NORD].append([payment(1, at="nord")])
    with vest.writing() as cursor:
        vest.insert_rows(cursor, [nord])
    projector = prepared(vest, views)
    for look in (projector.catch_up, projector.catch_up, projector.rebuild):
        look()
        assert reached(projector) == {"nord": 1, **({"vest": before} if before else {})}
        stop = projector.state.stopped_at["vest"]
        assert (stop.place, stop.reason) == (
            f"vest/1/{before + 1}",
            QuarantineReason.REFUSED,
        )
        assert paid(views) == [("nord", 1), *(("vest", n + 1) for n in range(before))]


def test_a_stopped_region_goes_on_by_itself_where_its_entry_goes_in(
    journals: dict[Region, Journal], views: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    vest = journals[Region.VEST]
    vest.append([payment(1), payment(2), payment(3)])
    projector = prepared(vest, views)
    whole = FOLDS[PaymentRegistered]

    def fault(place: Place, fact: Fact) -> Rows:
        if place.position == 2:
            raise KeyError(place)
        return whole(place, fact)

    with monkeypatch.context() as patched:
        patched.setattr("projections.rows.FOLDS", folding(PaymentRegistered, fault))
        projector.catch_up()
        stop = projector.state.stopped_at["vest"]
        assert str(stop) == "vest/1/2: payment.registered.v1: KeyError"
    projector.catch_up()
    assert (reached(projector), projector.state.stopped_at) == ({"vest": 3}, {})


def test_an_old_shape_that_is_broken_stops_its_region_and_no_more(
    journals: dict[Region, Journal], views: Engine
) -> None:
    vest = journals[Region.VEST]
    broken = [b"{}", b'{"lines":7}', b"[]"]
    for number, data in enumerate(broken):
        stream = f"vest:x:{number}"
        vest.append([StoredEvent(stream, 1, "invoice.issued.v1", data)])
        projector = prepared(vest, views)
        projector.catch_up()
        assert projector.state.stopped_at["vest"].reason is QuarantineReason.BROKEN
