"""What is recorded, as it comes: in order, from a position on, for who may read it."""

import asyncio
from typing import Any

import orjson
import pytest

from api.auth import Caller
from api.feed import entries_after, feed, positions_text, read_positions
from api.problems import ProblemError
from api.routes.events import FEEDS_MAX, stream_events
from domain.role import Role
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN, STAVANGER, UNKNOWN

PAYER = Caller("tester", BERGEN, frozenset({Role.CONTROLLER}))
OTHER = Caller("tester", UNKNOWN, frozenset({Role.CONTROLLER}))
AUDITOR = Caller("tester", UNKNOWN, frozenset({Role.AUDITOR}))


@pytest.fixture
def folded(invoiced: Door) -> Door:
    invoiced.node.projector.catch_up()
    return invoiced


def test_entries_come_in_order_and_none_twice(folded: Door) -> None:
    node = folded.node
    end = node.journal.positions()["vest"].position
    found, reached = entries_after(node, AUDITOR, {})
    assert [each.row.position for each in found] == [*range(1, end + 1)]
    assert reached == {"vest": end}
    for index, each in enumerate(found):
        assert read_positions(positions_text(each.positions)) == {"vest": index + 1}
    assert entries_after(node, AUDITOR, reached) == ([], reached)
    later, _ = entries_after(node, AUDITOR, {"vest": end - 2})
    assert [each.row.position for each in later] == [end - 1, end]


def test_everybody_hears_what_they_may_read(folded: Door) -> None:
    node = folded.node
    kinds = {
        who.organisation + "".join(who.roles): {
            each.row.type for each in entries_after(node, who, {})[0]
        }
        for who in (PAYER, OTHER, AUDITOR)
    }
    assert "invoice.issued.v4" in kinds[f"{BERGEN}controller"]
    assert "invoice.issued.v4" in kinds[f"{UNKNOWN}auditor"]
    assert "invoice.issued.v4" not in kinds[f"{UNKNOWN}controller"]
    assert "network.established.v1" in kinds[f"{UNKNOWN}controller"]


def test_what_is_not_folded_has_not_come(invoiced: Door) -> None:
    """Whoever hears of an entry finds it in the answers of every question."""
    node = invoiced.node
    folded_to = node.projector.state.positions.get("vest")
    found, _ = entries_after(node, AUDITOR, {})
    assert len(found) == (folded_to.position if folded_to else 0)


def test_kinds_are_chosen_by_how_they_begin(folded: Door) -> None:
    found, reached = entries_after(folded.node, PAYER, {}, ["invoice.", "report."])
    assert {each.row.type.partition(".")[0] for each in found} == {"invoice", "report"}
    assert reached["vest"] == folded.node.journal.positions()["vest"].position


@pytest.mark.parametrize("text", ["x", "vest", "vest:-1", "oslo:1", "vest:1,,x"])
def test_a_position_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        read_positions(text)


def test_who_waits_hears_what_is_recorded_meanwhile(folded: Door) -> None:
    node = folded.node

    network = {**NETWORK, "network": "another"}

    async def heard() -> list[str]:
        _, here = entries_after(node, PAYER, {})
        types: list[str] = []
        async for found, _ in feed(node, PAYER, here):
            types += [each.row.type for each in found]
            if types:
                return types
            answer = await asyncio.to_thread(
                folded.post, "/v1/networks", network, Fagnett_Business_Day="2026-07-10"
            )
            assert answer.status_code == 201, answer.text
            await asyncio.to_thread(node.projector.catch_up)
        return types

    assert asyncio.run(asyncio.wait_for(heard(), 30))


def test_events_are_cloudevents_that_go_on_where_somebody_stopped(folded: Door) -> None:
    node = folded.node

    async def first(after: str, last: str | None) -> dict[str, str]:
        answer = await stream_events(node, PAYER, after, [], last)
        async for text in answer.body_iterator:
            lines = str(text).strip().split("\n")
            return dict(line.split(": ", 1) for line in lines)
        raise AssertionError

    event = asyncio.run(first("", None))
    assert event["id"] == "vest:1"
    said = orjson.loads(event["data"])
    assert (said["specversion"], said["type"]) == ("1.0", event["event"])
    assert asyncio.run(first("", event["id"]))["id"] == "vest:2"
    assert asyncio.run(first("vest:2", None))["id"] == "vest:3"
    assert not [*node.reading_log.lines()]


def test_a_feed_ends_with_the_mandate_that_it_rests_on(folded: Door) -> None:
    at, on = f"/v1/organisations/{BERGEN}/mandates", "2026-07-10"
    kari: dict[str, Any] = {"roles": (Role.ADMINISTRATOR,), "actor": "kari"}
    kari["Fagnett_Business_Day"] = on
    for person, role in (("kari", Role.ADMINISTRATOR), ("tester", Role.CONTROLLER)):
        given = folded.post(at, {"person": person, "role": role.value}, **kari)
        assert given.status_code == 201, given.text

    async def heard() -> int:
        count = 0
        answer = await stream_events(folded.node, PAYER)
        async for _ in answer.body_iterator:
            count += 1
            if count == 1:
                end = {"ended_on": on}
                await asyncio.to_thread(folded.post, f"{at}/2/end", end, **kari)
                folded.node.projector.catch_up()
        return count

    assert asyncio.run(asyncio.wait_for(heard(), 30))


def test_an_auditors_feed_is_written_down(folded: Door) -> None:
    auditor = Caller("tester", STAVANGER, frozenset({Role.AUDITOR}))
    asyncio.run(stream_events(folded.node, auditor))
    (line,) = folded.node.reading_log.lines()
    assert (line.person, line.what) == ("tester", "/v1/events")


def test_one_organisation_has_so_many_feeds(folded: Door) -> None:
    folded.node.feeding[BERGEN] = FEEDS_MAX
    with pytest.raises(ProblemError, match="too_many_requests"):
        asyncio.run(stream_events(folded.node, PAYER))
    other = Caller("tester", STAVANGER, frozenset({Role.CONTROLLER}))
    asyncio.run(stream_events(folded.node, other))
