"""A document of another region's, read at the own node: over every transport."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from api.app import create_app
from api.auth import Role
from api.desk.documents import FETCHED_SECONDS, Documents, forget_documents
from api.desk.tables import fetched_document
from api.document_access import standing_of
from api.services import Node
from domain.document import Document
from domain.values import REGIONAL_AUTHORITY, Region
from federation.documents.salted import DOCUMENT_BYTES_MAX, PLAIN_TEXT
from federation.journal.store import Journal
from federation.node.pieces import PieceServer, fetch
from federation.node.ranges import RangeRequest, RangeServer
from federation.tasks import end_all
from federation.transport.ports import TransportError
from tests.support.citing import announce, hold_gathering, present, publish_call
from tests.support.federation import desk_in_memory, node_of, token
from tests.support.forging import register
from tests.support.kept_documents import MemoryStore
from tests.support.replication import Network

pytestmark = [pytest.mark.anyio, pytest.mark.servers]

VEST, NORD, MIDT = Region.VEST, Region.NORD, Region.MIDT
BERGEN, TROMSO, TRONDHEIM = "983974724", "983974899", "883974832"
AT_HOME = {VEST: BERGEN, NORD: TROMSO, MIDT: TRONDHEIM}
FUNDER = REGIONAL_AUTHORITY[NORD]
TEXT = "Møtet gjaldt samarbeidet.\n".encode() * 20_000


@dataclass
class Nodes:
    """The nodes of three regions, and their time."""

    nodes: dict[Region, Node]

    def pass_a_day(self) -> None:
        """Have all that was fetched be fetched a day earlier."""
        at = fetched_document.c.fetched_at
        earlier = update(fetched_document).values(fetched_at=at - FETCHED_SECONDS)
        for node in self.nodes.values():
            with node.documents._engine.begin() as connection:
                connection.execute(earlier)

    def hear(self, origin: Region) -> None:
        """Let the others hold all that one has recorded, and fold it."""
        journal = self.nodes[origin].journal
        for region, node in self.nodes.items():
            held = node.journal.positions()[origin.value].position
            rows = journal.entries(origin.value, held, 1000)
            if region is not origin and rows:
                with node.journal.writing() as cursor:
                    node.journal.insert_rows(cursor, rows)
            node.projector.catch_up()

    async def read(
        self,
        region: Region,
        document: Document,
        *,
        by: str = "",
        role: Role = Role.LEADER,
    ) -> httpx.Response:
        """Read a document at a region's node."""
        organisation = by or AT_HOME[region]
        headers = {"Authorization": f"Bearer {token(organisation, role)}"}
        app = httpx.ASGITransport(create_app(self.nodes[region]))
        async with httpx.AsyncClient(transport=app, base_url="http://node") as client:
            at = f"/v1/documents/{document.sha256}"
            return await client.get(at, headers=headers)

    def give(self, content: bytes = TEXT) -> Document:
        """Give vest's node a document of Bergen's."""
        documents = self.nodes[VEST].documents
        return documents.keep(BERGEN, content, PLAIN_TEXT, 0, "tester")

    def stored(self, region: Region) -> dict[str, bytes]:
        """Return what a node keeps."""
        store = self.nodes[region].documents.store
        assert isinstance(store, MemoryStore)
        return store.kept


@pytest.fixture
async def federation(
    network: Network, journals: Mapping[Region, Journal], tmp_path: Path
) -> AsyncIterator[Nodes]:
    """Run what gives documents in three regions, in one of which there are some."""
    found = Nodes({})
    for region, number in AT_HOME.items():
        register(journals[region], number)
        node, desk = node_of(journals[region], tmp_path), desk_in_memory()
        asked = partial(fetch, network.transports[region])
        secret = region.value.ljust(32).encode()
        documents = Documents(MemoryStore(), desk, secret, DOCUMENT_BYTES_MAX, asked)
        found.nodes[region] = replace(node, documents=documents)
    for region in AT_HOME:
        found.hear(region)
    async with answering(network, found.nodes[VEST]):
        yield found
    for node in found.nodes.values():
        node.views.dispose()


@asynccontextmanager
async def answering(network: Network, node: Node) -> AsyncIterator[None]:
    """Let a node answer until this ends, once others reach it."""
    server = RangeServer(node.journal, network.transports[node.region], time.monotonic)
    standing = partial(standing_of, node)
    server.others = PieceServer(node.documents.store, standing, time.monotonic).answer
    task = asyncio.create_task(server.run())
    request = RangeRequest(node.region.value, 1, 1).to_bytes()
    try:
        async with asyncio.timeout(30):
            while not await _answers(network, node.region.value, request):
                await asyncio.sleep(0.01)
        yield
    finally:
        await end_all([task])


async def _answers(network: Network, region: str, request: bytes) -> bool:
    try:
        await network.transports[NORD].ask(region, request)
    except TransportError:
        return False
    return True


def is_problem(answer: httpx.Response, status: int, code: str) -> None:
    """Expect a problem, which names vest where it names a region."""
    problem: dict[str, Any] = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), problem
    assert problem.get("region", "vest") == "vest"


async def test_what_another_region_has_is_fetched_checked_and_kept_for_a_day(
    federation: Nodes,
) -> None:
    document = federation.give()
    hold_gathering(federation.nodes[VEST].journal, BERGEN, document)
    is_problem(await federation.read(NORD, document), 404, "unknown_document")
    federation.hear(VEST)
    asked = 0
    fetched = federation.nodes[NORD].documents._fetch

    async def count(origin: Region, wanted: Document) -> bytes:
        nonlocal asked
        asked += 1
        return await fetched(origin, wanted)

    federation.nodes[NORD].documents._fetch = count
    answers = await asyncio.gather(*(federation.read(NORD, document) for _ in range(4)))
    assert {answer.content for answer in answers} == {TEXT}
    assert asked == 1, "who wants the same at the same time waits for it"
    assert federation.stored(NORD) == federation.stored(VEST)
    federation.pass_a_day()
    assert (await federation.read(NORD, document)).content == TEXT
    assert asked == 2


async def test_what_was_fetched_is_gone_when_its_day_is_over(federation: Nodes) -> None:
    document = federation.give()
    hold_gathering(federation.nodes[VEST].journal, BERGEN, document)
    federation.hear(VEST)
    assert (await federation.read(NORD, document)).content == TEXT
    documents = federation.nodes[NORD].documents
    federation.pass_a_day()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await forget_documents(documents, lambda: int(time.time()))
    assert federation.stored(NORD) == {}
    with documents._engine.connect() as connection:
        counted = select(func.count()).select_from(fetched_document)
        assert connection.scalar(counted) == 0


async def test_what_its_region_removes_is_removed_everywhere(federation: Nodes) -> None:
    document = federation.give()
    hold_gathering(federation.nodes[VEST].journal, BERGEN, document)
    federation.hear(VEST)
    assert (await federation.read(NORD, document)).content == TEXT
    federation.nodes[VEST].documents.remove(document.sha256, 0)
    is_problem(await federation.read(MIDT, document), 410, "document_removed")
    federation.pass_a_day()
    is_problem(await federation.read(NORD, document), 410, "document_removed")
    assert federation.stored(NORD) == {}


async def test_an_application_is_for_the_funders_region_until_it_is_announced(
    federation: Nodes,
) -> None:
    document = federation.give()
    publish_call(federation.nodes[NORD].journal, FUNDER)
    present(federation.nodes[VEST].journal, BERGEN, document)
    federation.hear(NORD)
    federation.hear(VEST)
    read = partial(federation.read, document=document)
    assert (await read(NORD, by=FUNDER)).content == TEXT
    # It is there now, and yet it is not for the others of that region.
    is_problem(await read(NORD), 403, "document_not_open")
    is_problem(await read(MIDT), 403, "document_not_open")
    # Their own node would let an auditor; the owner does not give it to that region.
    is_problem(await read(MIDT, role=Role.AUDITOR), 403, "document_not_open")
    assert (await read(NORD, role=Role.AUDITOR)).content == TEXT
    announce(federation.nodes[NORD].journal, FUNDER)
    federation.hear(NORD)
    assert (await read(MIDT)).content == TEXT
    assert (await read(NORD)).content == TEXT


async def test_what_another_region_says_of_the_same_bytes_opens_nothing(
    federation: Nodes,
) -> None:
    """A rogue midt refers to what Bergen applies for, so that everybody may read it."""
    document = federation.give()
    publish_call(federation.nodes[NORD].journal, FUNDER)
    present(federation.nodes[VEST].journal, BERGEN, document)
    hold_gathering(federation.nodes[MIDT].journal, TRONDHEIM, document)
    for region in AT_HOME:
        federation.hear(region)
    read = partial(federation.read, document=document)
    assert (await read(NORD, by=FUNDER)).content == TEXT
    # The copy that is there now came of vest, which gave it to the funder.
    answer = await read(NORD)
    assert (answer.status_code, answer.json()["code"]) == (503, "document_elsewhere")
    is_problem(await read(VEST, by=REGIONAL_AUTHORITY[VEST]), 403, "document_not_open")


async def test_what_is_not_what_the_entry_says_is_not_shown(federation: Nodes) -> None:
    document = federation.give()
    hold_gathering(federation.nodes[VEST].journal, BERGEN, document)
    federation.hear(VEST)
    federation.stored(VEST)[document.sha256] = b"y" * (document.size + 16)
    is_problem(await federation.read(NORD, document), 502, "document_differs")
    assert federation.stored(NORD) == {}
    del federation.stored(VEST)[document.sha256]
    is_problem(await federation.read(NORD, document), 404, "document_not_held")


async def test_while_its_region_is_away_it_is_elsewhere(federation: Nodes) -> None:
    document = federation.give()
    hold_gathering(federation.nodes[VEST].journal, BERGEN, document)
    federation.hear(VEST)

    async def silent(_origin: Region, _document: Document) -> bytes:
        message = "vest does not answer"
        raise TransportError(message)

    federation.nodes[NORD].documents._fetch = silent
    answer = await federation.read(NORD, document)
    is_problem(answer, 503, "document_elsewhere")
    assert answer.headers["Retry-After"] == "5"
