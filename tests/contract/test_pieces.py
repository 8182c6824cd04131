"""Documents asked of another region's node, over every transport, and of a hostile one."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from domain.document import Document
from domain.values import Region
from federation.documents.salted import DOCUMENT_BYTES_MAX, salted, salted_document
from federation.journal.store import Journal
from federation.node.pieces import (
    PIECE_BYTES,
    PIECES_MAX,
    STANDING_HEADER,
    DocumentStanding,
    NotGivenError,
    OtherBytesError,
    PieceRequest,
    PieceServer,
    UnknownStandingError,
    fetch,
    read_piece_request,
)
from federation.node.ranges import BUSY_HEADER, SERVED_AT_ONCE, RangeServer
from federation.signed.page import Message
from federation.tasks import end_all
from federation.transport.ports import REQUEST_BYTES_MAX, TransportError
from tests.support.kept_documents import MemoryStore
from tests.support.replication import Network

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
SECRET = bytes(32)
LARGE = bytes(range(256)) * (3 * PIECE_BYTES // 256) + b"and a little more"
SMALL = b"Hensikten med nettverket"


def kept(*contents: bytes) -> tuple[MemoryStore, list[Document]]:
    """Return a store with some documents."""
    store = MemoryStore()
    for content in contents:
        store.put(salted(SECRET, content))
    return store, [salted_document(SECRET, content, "a/b") for content in contents]


@asynccontextmanager
async def answering(
    network: Network,
    journal: Journal,
    answer: Callable[[str, bytes], Awaitable[Message | None]],
) -> AsyncIterator[None]:
    """Let vest answer what is no range, once others reach it."""
    server = RangeServer(journal, network.transports[VEST], time.monotonic)
    server.others = answer  # type: ignore[assignment]  # some of these are rogues
    task = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(30):
            while True:
                try:
                    request = b'{"origin":"vest","epoch":1,"first":1}'
                    await network.transports[NORD].ask("vest", request)
                except TransportError:
                    await asyncio.sleep(0.01)
                else:
                    break
        yield
    finally:
        await end_all([task])


def server(
    store: MemoryStore, standing: Callable[[str, Region], DocumentStanding]
) -> Callable[[str, bytes], Awaitable[Message | None]]:
    """Return how an honest owner answers."""
    return PieceServer(store, standing, time.monotonic).answer


def always(standing: DocumentStanding) -> Callable[[str, Region], DocumentStanding]:
    """Say the same of every document."""
    return lambda _sha256, _asker: standing


@pytest.fixture
def vest(journals: Mapping[Region, Journal]) -> Journal:
    """Return the journal of the owner."""
    return journals[VEST]


async def test_a_document_comes_in_pieces_as_it_is_kept(
    network: Network, vest: Journal
) -> None:
    store, documents = kept(LARGE, SMALL, b"x" * (PIECE_BYTES - 16))
    get = partial(fetch, network.transports[NORD], VEST)
    async with answering(network, vest, server(store, always(DocumentStanding.GIVEN))):
        for document in documents:
            assert await get(document) == store.kept[document.sha256]


async def test_the_owner_gives_it_to_those_who_may_have_it(
    network: Network, vest: Journal
) -> None:
    store, (document,) = kept(SMALL)
    asked = []

    def standing(sha256: str, asker: Region) -> DocumentStanding:
        asked.append((sha256, asker))
        return DocumentStanding.GIVEN if asker is NORD else DocumentStanding.CLOSED

    async with answering(network, vest, server(store, standing)):
        assert await fetch(network.transports[NORD], VEST, document)
        with pytest.raises(NotGivenError) as caught:
            await fetch(network.transports[MIDT], VEST, document)
    assert caught.value.standing is DocumentStanding.CLOSED
    assert asked == [(document.sha256, NORD), (document.sha256, MIDT)]


@pytest.mark.parametrize(
    ("standing", "told"),
    [
        (DocumentStanding.REMOVED, DocumentStanding.REMOVED),
        (DocumentStanding.MISSING, DocumentStanding.MISSING),
        (DocumentStanding.GIVEN, DocumentStanding.MISSING),
    ],
)
async def test_what_is_not_there_is_told_from_what_was_removed(
    network: Network, vest: Journal, standing: DocumentStanding, told: DocumentStanding
) -> None:
    _, (document,) = kept(SMALL)
    async with answering(network, vest, server(MemoryStore(), always(standing))):
        with pytest.raises(NotGivenError) as caught:
            await fetch(network.transports[NORD], VEST, document)
    assert (caught.value.standing, caught.value.origin) == (told, VEST)


async def test_an_owner_that_cannot_say_says_nothing(
    network: Network, vest: Journal
) -> None:
    store, (document,) = kept(SMALL)

    def unknown(_sha256: str, _asker: Region) -> DocumentStanding:
        raise UnknownStandingError

    async with answering(network, vest, server(store, unknown)):
        with pytest.raises(TransportError):
            await fetch(network.transports[NORD], VEST, document)


def given(body: bytes, **headers: str) -> Message:
    """Return a piece as an owner says it."""
    return Message({STANDING_HEADER: "given", **headers}, body)


ROGUES: dict[str, tuple[Message, type[Exception]]] = {
    "other bytes": (given(b"y" * (16 + len(SMALL))), OtherBytesError),
    "too few": (given(b"y"), OtherBytesError),
    "none": (given(b""), OtherBytesError),
    "too many": (given(b"y" * (17 + len(SMALL))), OtherBytesError),
    "a whole message": (given(b"y" * 1_000_000), OtherBytesError),
    "nothing of it": (Message({}, b"y" * (16 + len(SMALL))), TransportError),
    "an odd word": (Message({STANDING_HEADER: "gift"}, b""), TransportError),
}


@pytest.mark.parametrize("what", ROGUES)
async def test_what_a_rogue_gives_is_not_taken(
    network: Network, vest: Journal, what: str
) -> None:
    answer, error = ROGUES[what]
    _, (document,) = kept(SMALL)

    async def rogue(_asker: str, _body: bytes) -> Message:
        return answer

    async with answering(network, vest, rogue):
        with pytest.raises(error):
            await fetch(network.transports[NORD], VEST, document)


async def test_a_rogue_that_swaps_one_piece_is_found_out(
    network: Network, vest: Journal
) -> None:
    store, (document,) = kept(LARGE)
    honest = server(store, always(DocumentStanding.GIVEN))
    asked = []

    async def rogue(asker: str, body: bytes) -> Message | None:
        asked.append(body)
        answer = await honest(asker, body)
        if answer is not None and len(asked) == 2:
            return given(answer.body[:-1] + b"!")
        return answer

    async with answering(network, vest, rogue):
        with pytest.raises(OtherBytesError):
            await fetch(network.transports[NORD], VEST, document)
    assert len(asked) == 4, "no more is asked for than the event says there is"


async def test_an_owner_without_end_to_its_pieces_is_left(
    network: Network, vest: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.pieces.FETCH_SECONDS", 0.5)
    _, (document,) = kept(LARGE)

    async def slow(_asker: str, _body: bytes) -> Message:
        await asyncio.sleep(0.3)
        return given(b"y" * PIECE_BYTES)

    async with answering(network, vest, slow):
        with pytest.raises(TransportError, match="too slowly"):
            await fetch(network.transports[NORD], VEST, document)


async def test_what_no_node_takes_is_not_asked_for(network: Network) -> None:
    """An event may say any size; nobody is asked for that many pieces."""
    huge = Document(sha256="0" * 64, media_type="a/b", size=DOCUMENT_BYTES_MAX + 1)
    with pytest.raises(OtherBytesError):
        await fetch(network.transports[NORD], VEST, huge)


async def test_who_is_told_to_wait_waits(
    network: Network, vest: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("federation.node.pieces.BUSY_SECONDS", 0.01)
    store, (document,) = kept(SMALL)
    honest = server(store, always(DocumentStanding.GIVEN))
    times = 0

    async def busy(asker: str, body: bytes) -> Message | None:
        nonlocal times
        times += 1
        return (
            Message({BUSY_HEADER: "1"}, b"") if times < 3 else await honest(asker, body)
        )

    async with answering(network, vest, busy):
        assert await fetch(network.transports[NORD], VEST, document)
    assert times == 3


async def test_nobody_is_served_without_end() -> None:
    store, (document,) = kept(SMALL)
    answer = PieceServer(store, always(DocumentStanding.GIVEN), lambda: 0.0).answer
    request = PieceRequest(document.sha256, 0).to_bytes()
    replies = [await answer("nord", request) for _ in range(SERVED_AT_ONCE + 1)]
    assert [r for r in replies if r and BUSY_HEADER in r.headers] == replies[-1:]
    other = await answer("midt", request)
    assert other is not None
    assert other.body == salted(SECRET, SMALL)


HASH = "0" * 64
BROKEN: dict[str, Any] = {
    "no JSON": b"{",
    "no object": b"[1]",
    "another member": f'{{"document":"{HASH}","piece":0,"x":1}}'.encode(),
    "no piece": f'{{"document":"{HASH}"}}'.encode(),
    "a path": b'{"document":"../../../etc/passwd","piece":0}',
    "no text": b'{"document":7,"piece":0}',
    "below zero": f'{{"document":"{HASH}","piece":-1}}'.encode(),
    "a fraction": f'{{"document":"{HASH}","piece":0.5}}'.encode(),
    "true": f'{{"document":"{HASH}","piece":true}}'.encode(),
    "beyond any document": f'{{"document":"{HASH}","piece":{PIECES_MAX}}}'.encode(),
    "very far beyond": f'{{"document":"{HASH}","piece":{10**60}}}'.encode(),
    "too large": b" " * REQUEST_BYTES_MAX + PieceRequest(HASH, 0).to_bytes(),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_no_request_gets_no_answer(what: str) -> None:
    server = PieceServer(MemoryStore(), always(DocumentStanding.GIVEN), time.monotonic)
    assert await server.answer("nord", BROKEN[what]) is None


async def test_a_request_is_read_as_it_was_written() -> None:
    last = PieceRequest(HASH, PIECES_MAX - 1)
    assert read_piece_request(last.to_bytes()) == last
    assert len(last.to_bytes()) <= REQUEST_BYTES_MAX


async def test_a_node_of_an_earlier_release_takes_it_for_no_request(
    vest: Journal, network: Network
) -> None:
    server = RangeServer(vest, network.transports[VEST], time.monotonic)
    assert await server.answer("nord", PieceRequest(HASH, 0).to_bytes()) is None
    assert server.state.turned_away == 1
