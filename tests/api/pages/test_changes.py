"""Open pages hear that something new has come, and nothing of what it is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from fastapi import Request
from fastapi.responses import StreamingResponse

from api.app import create_app
from api.auth import Role
from api.desk.sessions import IDLE_SECONDS, LOOK_SECONDS, SESSION_KEY
from api.feed import positions_text
from api.pages.history.changes import OF_A_PERSON_MAX, changes
from api.services import Node
from domain.values import REGIONAL_AUTHORITY, Region
from tests.support.doors import NETWORK, Door
from tests.support.examples import BERGEN
from tests.support.visiting import PageVisitor

LATER = "2026-07-10"


@pytest.fixture
def visitor(invoiced: Door) -> PageVisitor:
    invoiced.node.projector.catch_up()
    return PageVisitor(invoiced)


def _here(node: Node) -> str:
    folded = node.projector.state.positions
    return positions_text({o: each.position for o, each in folded.items()})


async def _asked(
    visitor: PageVisitor, about: str = "", after: str | None = None
) -> StreamingResponse | None:
    node = visitor.door.node
    scope = {
        "type": "http",
        "app": create_app(node),
        "headers": [],
        "query_string": b"language=en",
        SESSION_KEY: visitor.session,
    }
    at = _here(node) if after is None else after
    answer = await changes(Request(scope), node, at, about, None)
    return answer if isinstance(answer, StreamingResponse) else None


async def _next_event(told: AsyncIterator[object]) -> str:
    async for text in told:
        if "event: changed" in str(text):
            return str(text)
    return ""


def _run(of: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(of(), 30)

    asyncio.run(bounded())


def _record(visitor: PageVisitor, network: str) -> None:
    door = visitor.door
    body = {**NETWORK, "network": network}
    answer = door.post("/v1/networks", body, Fagnett_Business_Day=LATER)
    assert answer.status_code == 201, answer.text
    door.node.projector.catch_up()


def test_a_page_hears_that_something_came_and_of_what_it_shows_alone(
    visitor: PageVisitor,
) -> None:
    async def heard() -> None:
        of_all, of_other = await _asked(visitor), await _asked(visitor, "another")
        assert of_all is not None
        assert of_other is not None
        told, other = aiter(of_all.body_iterator), aiter(of_other.body_iterator)
        assert await anext(told) == await anext(other) == ": hears\n\n"
        await asyncio.to_thread(_record, visitor, "one")
        first = await _next_event(told)
        assert "one" not in first, "no content is told"
        await asyncio.to_thread(_record, visitor, "another")
        assert await _next_event(told) > first
        assert _here(visitor.door.node) in await _next_event(other)
        await told.aclose()  # type: ignore[attr-defined]
        await other.aclose()  # type: ignore[attr-defined]
        assert not visitor.door.node.watching

    _run(heard)


def test_a_person_has_so_many_pages_that_hear(visitor: PageVisitor) -> None:
    async def heard() -> None:
        node = visitor.door.node
        node.watching[visitor.session.person] = OF_A_PERSON_MAX
        assert await _asked(visitor) is None
        other = PageVisitor(visitor.door, person="person-2")
        assert await _asked(other) is not None

    _run(heard)


def test_who_is_not_signed_in_hears_nothing_and_is_not_asked_again(door: Door) -> None:
    answer = door.client.request("GET", "/changes")
    assert (answer.status_code, answer.content) == (204, b"")


def test_what_a_page_asks_by_itself_is_no_sign_that_anybody_sits_there(
    visitor: PageVisitor,
) -> None:
    sessions, session = visitor.door.node.sessions, visitor.session
    now = session.seen_at + LOOK_SECONDS + 1
    known = sessions.find(session.secret, now, by_itself=True)
    assert known is not None
    over = session.seen_at + IDLE_SECONDS + LOOK_SECONDS + 1
    assert sessions.find(session.secret, over - 1, by_itself=True) is not None
    assert sessions.find(session.secret, over, by_itself=True) is None
    assert sessions.find(session.secret, now) is not None
    assert sessions.find(session.secret, over) is not None


@pytest.mark.parametrize(
    "path", ["/my-day", "/agreements/a", "/settlement", "/federation"]
)
def test_pages_of_now_hear_and_those_of_an_earlier_day_do_not(
    visitor: PageVisitor, path: str
) -> None:
    page = visitor.get(path)
    assert f'data-after="{_here(visitor.door.node)}"' in page.text
    assert "data-asks" not in page.text
    assert "live.js" in page.text
    early = visitor.get(f"{path}?as_of=2026-07-10")
    assert 'id="news"' not in early.text
    assert "live.js" not in early.text


def test_whose_reading_is_noted_is_asked_first(visitor: PageVisitor) -> None:
    """A page that asks for itself would note what nobody has read."""
    authority = REGIONAL_AUTHORITY[Region.VEST]
    reader = PageVisitor(visitor.door, authority, Role.READER)
    assert "data-asks" in reader.get("/my-day").text
    assert authority != BERGEN


def test_forms_are_no_pages_that_hear(visitor: PageVisitor) -> None:
    for path in ("/organisation/billing-details", "/organisation/webhooks/new"):
        assert 'id="news"' not in visitor.get(path).text
