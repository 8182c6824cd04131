"""A whole federation in one process: the real nodes over the transport in memory."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import orjson
from joserfc.jwk import OKPKey
from sqlalchemy import Engine, StaticPool, create_engine

from api.app import create_app
from api.auth import Caller, Role, issue_token
from api.clock import Clock, ClockSource
from api.desk.application_drafts import ApplicationDrafts
from api.desk.calendars import CalendarAddresses
from api.desk.contacts import Contacts
from api.desk.documents import Documents
from api.desk.invitations import Invitations
from api.desk.notices import Notices
from api.desk.opening import prepared
from api.desk.reading_log import ReadingLog
from api.desk.sessions import BrowserSessions
from api.desk.webhooks import Webhooks
from api.document_access import standing_of
from api.services import Node
from api.settlement import settlement_document
from api.words import Language
from deploy.databases import last_known, last_recorded
from deploy.year.conductor import Conductor
from deploy.year.folder import read_year
from deploy.year.plan import Noticed, Refused, plan
from deploy.year.settle import Asker
from domain.values import Region
from federation.documents.salted import DOCUMENT_BYTES_MAX
from federation.journal.sqlite import SQLiteJournal
from federation.journal.store import Journal
from federation.log.digests import Digests
from federation.log.executor import Executor
from federation.log.persons import Persons
from federation.log.redeciding import redecide
from federation.node.auditor import AuditorState
from federation.node.comparison import ComparisonState
from federation.node.heartbeat import Heartbeat, Listener, ListenerState
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.pieces import PieceServer, fetch
from federation.node.ranges import RangeServer, RangesState
from federation.node.restore import RestoreState
from federation.signed.keys import SigningKey, key_name, signing_key
from federation.tasks import end_all
from federation.transport.memory import MemoryNetwork, MemoryTransport
from federation.transport.ports import Transport
from projections.database import open_sqlite, reading
from projections.engine import Projector
from projections.replay import settlements
from projections.settlement import settlement
from tests.support.kept_documents import MemoryStore

DIGESTS = Digests(bytes(32))
TOKEN_KEY = OKPKey.generate_key("Ed25519")
KEYS: Mapping[Region, SigningKey] = {
    region: signing_key(key_name(region.value), bytes([number]) * 32)
    for number, region in enumerate(Region)
}


def instant() -> datetime:
    """Return a fixed instant: nothing in a test depends on today."""
    return datetime(2026, 1, 1, 12, tzinfo=UTC)


def token(organisation: str, *roles: Role, actor: str = "tester") -> str:
    """Return a bearer token for the nodes of a test."""
    caller = Caller(actor, organisation, frozenset(roles))
    return issue_token(caller, TOKEN_KEY, int(time.time()), 3600)


def node_of(
    journal: Journal, folder: Path, network: MemoryNetwork | None = None
) -> Node:
    """Return a node around a journal, with its read models in a folder."""
    views = open_sqlite(folder / f"{journal.region.value}-views.sqlite")
    return node_around(journal, views, network)


def desk_in_memory() -> Engine:
    """Return a database for what a node keeps for its people, in this process alone."""
    engine = create_engine(
        "sqlite://",
        poolclass=StaticPool,
        connect_args={"check_same_thread": False},
    )
    return prepared(engine)


def node_around(
    journal: Journal, views: Engine, network: MemoryNetwork | None = None
) -> Node:
    """Return a node around a journal and its read models, in a network of its own."""
    region = journal.region
    projector = Projector(journal, views)
    projector.prepare()
    desk = desk_in_memory()
    transport = MemoryTransport(network or MemoryNetwork(), region.value)
    secret, asked = bytes([len(region.value)]) * 32, partial(fetch, transport)
    others = [each for each in Region if each is not region]
    return Node(
        region=region,
        version="0",
        journal=journal,
        executor=Executor(journal, DIGESTS),
        persons=Persons(journal, bytes(32)),
        projector=projector,
        views=views,
        clock=Clock(
            ClockSource.REQUEST,
            instant,
            lambda: last_recorded(journal),
            lambda: last_known(journal),
        ),
        token_key=TOKEN_KEY,
        unix_seconds=lambda: int(time.time()),
        sessions=BrowserSessions(desk),
        reading_log=ReadingLog(desk),
        notices=Notices(desk),
        drafts=ApplicationDrafts(desk),
        webhooks=Webhooks(desk, bytes(32)),
        calendars=CalendarAddresses(desk),
        contacts=Contacts(desk),
        invitations=Invitations(desk),
        documents=Documents(MemoryStore(), desk, secret, DOCUMENT_BYTES_MAX, asked),
        outbox=Outbox(journal, transport, KEYS[region]).state,
        ranges=RangesState(),
        comparison=ComparisonState(),
        auditor=AuditorState(),
        restore=RestoreState(whole=True, reason=None),
        inboxes={
            each: Inbox(journal, transport, each.value, KEYS[each].verifier).state
            for each in others
        },
        listeners={each: ListenerState() for each in others},
    )


def range_server(node: Node, transport: Transport) -> RangeServer:
    """Return what answers for a node: ranges, and pieces of documents."""
    server = RangeServer(node.journal, transport, time.monotonic)
    pieces = PieceServer(
        node.documents.store, partial(standing_of, node), time.monotonic
    )
    server.others = pieces.answer
    return server


@dataclass
class InProcess:
    """The nodes of all regions, their network, and how to call them."""

    nodes: Mapping[Region, Node]
    network: MemoryNetwork
    doors: Mapping[str, httpx.AsyncBaseTransport]
    noticed: list[Noticed] = field(default_factory=list)
    """What the rows of the last folder lack that are stored."""

    @property
    def urls(self) -> Mapping[Region, str]:
        """The nodes' addresses, which only the doors know."""
        return {region: f"http://{region.value}.test" for region in Region}

    async def play(self, folder: Path) -> list[Refused]:
        """Play a business year."""
        player = Conductor(self.urls, token, Language.EN, doors=self.doors)
        await player.play(plan(read_year(folder)))
        self.noticed[:] = player.noticed
        return player.refused

    def settle(self, region: Region, year: int, as_of: date) -> dict[str, Any]:
        """Return the settlement as one node has it."""
        node = self.nodes[region]
        held = {o: each.position for o, each in node.journal.positions().items()}
        assert node.projector.wait_for(held, 30)
        with reading(node.views) as views:
            settled = settlement_document(settlement(views, year, as_of))
        found: dict[str, Any] = orjson.loads(settled.to_json())
        return found

    async def standings(
        self, region: Region, year: int, as_of: date
    ) -> dict[str, list[dict[str, Any]]]:
        """Return what one node derives of grants, bodies, networks and what is owed."""
        node = self.nodes[region]
        held = {o: each.position for o, each in node.journal.positions().items()}
        assert node.projector.wait_for(held, 30)
        asker = Asker(self.urls, token)
        async with httpx.AsyncClient(mounts=self.doors, timeout=60) as client:
            asked = {"year": year, "as_of": as_of.isoformat()}
            found = await asker.standings(client, region, asked)
        assert found is not None, "a node of this release"
        return found

    def replay(self, region: Region, year: int, as_of: date) -> dict[str, Any]:
        """Return the settlement from one node's journal alone."""
        (settled,) = settlements(self.nodes[region].journal, (year,), as_of)
        found: dict[str, Any] = orjson.loads(settlement_document(settled).to_json())
        return found


@asynccontextmanager
async def in_process(
    folder: Path, open_journal: Callable[[Region], Journal] | None = None
) -> AsyncIterator[InProcess]:
    """Run the nodes of all regions over the transport in memory."""

    def sqlite(region: Region) -> Journal:
        return SQLiteJournal(folder / f"{region.value}.sqlite", region, instant)

    journals = {region: (open_journal or sqlite)(region) for region in Region}
    network = MemoryNetwork()
    nodes = {r: node_of(journal, folder, network) for r, journal in journals.items()}
    tasks = []
    for region, journal in journals.items():
        transport, clock = MemoryTransport(network, region.value), nodes[region].clock
        parts = [
            Outbox(journal, transport, KEYS[region]).run(),
            Heartbeat(journal, transport, KEYS[region], clock.known).run(),
            range_server(nodes[region], transport).run(),
        ]
        for other in Region:
            if other is not region:
                key = KEYS[other].verifier
                parts.append(Inbox(journal, transport, other.value, key).run())
                listener = Listener(journal, transport, key, time.time, other.value)
                parts.append(listener.run())
        tasks += [asyncio.create_task(part) for part in parts]
    doors = {
        f"http://{region.value}.test": httpx.ASGITransport(create_app(node))
        for region, node in nodes.items()
    }
    threads = [
        threading.Thread(target=node.projector.run, daemon=True)
        for node in nodes.values()
    ]
    for thread in threads:
        thread.start()
    try:
        yield InProcess(nodes, network, doors)
        for region, journal in journals.items():
            # Whatever a test plays: each region could only decide what it recorded.
            assert redecide(journal, region.value).unfounded == []
    finally:
        await end_all(tasks)
        for node in nodes.values():
            node.projector.stop()
        for thread in threads:
            thread.join()
        for node in nodes.values():
            node.views.dispose()
            node.journal.close()
