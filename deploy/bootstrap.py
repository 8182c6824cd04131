"""The composition root: settings in, a node's running parts out; no logic."""

import asyncio
import gc
import hmac
import time
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Mapping,
)
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, Final

import structlog
from fastapi import FastAPI
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine

from api.app import create_app
from api.clock import Clock, ClockSource
from api.desk.application_drafts import ApplicationDrafts
from api.desk.calendars import CalendarAddresses
from api.desk.contacts import Contacts
from api.desk.documents import Documents, forget_documents
from api.desk.invitations import Invitations
from api.desk.notices import Notices
from api.desk.opening import prepared
from api.desk.reading_log import ReadingLog
from api.desk.sessions import BrowserSessions
from api.desk.webhooks import Webhooks
from api.document_access import standing_of
from api.mailing import Mailer
from api.noticing import NoticeSender
from api.provider.outward import Outward
from api.provider.profile import Profile
from api.provider.provider import Provider
from api.services import Node
from api.way_out import WayOut
from api.webhooks.sending import WebhookSender
from deploy.carrier.certificates import ends_at
from deploy.carrier.files import load_login
from deploy.databases import (
    documents_path,
    last_known,
    last_recorded,
    open_journal,
    system_clock,
)
from deploy.keyfiles import (
    check_signs,
    load_documents_key,
    load_persons_key,
    load_signing_key,
    read_secret,
)
from deploy.peers import PeersFile
from deploy.provider import load_client_key
from deploy.settings import CarrierSettings, NodeSettings, ProviderSettings
from deploy.stores import open_store
from deploy.tokenfiles import load_token_key
from deploy.views import open_desk, open_views
from deploy.year.uploads import UploadDoor
from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.journal.postgres import PostgresJournal
from federation.journal.store import Journal
from federation.log.digests import Digests
from federation.log.executor import Executor
from federation.log.persons import Persons
from federation.log.times import OwnClock, Times
from federation.node.asking import Asking
from federation.node.auditor import Auditor
from federation.node.comparison import Comparison
from federation.node.heartbeat import Heartbeat, Listener
from federation.node.inbox import Inbox
from federation.node.leader import LeaderElection, OnlyProcess, PostgresElection
from federation.node.outbox import Outbox
from federation.node.pieces import PieceServer, fetch
from federation.node.ranges import RangeServer
from federation.node.restore import Restore, RestoreState
from federation.node.throttle import Throttle
from federation.node.witness import Witness
from federation.node.writable import WriteProbe
from federation.tasks import all_of, end_all, in_own_thread
from federation.transport.jetstream import JetStreamTransport
from projections.citations import cited_of
from projections.engine import Projector

log = structlog.get_logger()

THREADS: Final = 32
GARBAGE_OBJECTS: Final = 100_000
GARBAGE_ROUNDS: Final = 50


def system_seconds() -> int:
    """The machine's time in whole POSIX seconds."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Running:
    """What runs in the background of a node."""

    outbox: Outbox
    inboxes: Mapping[Region, Inbox]
    heartbeat: Heartbeat
    listeners: Mapping[Region, Listener]
    ranges: RangeServer
    comparison: Comparison
    auditor: Auditor
    witness: Witness
    restore: Restore
    database: WriteProbe

    def states(self) -> dict[str, Any]:
        """What a node's doors see of it, by the members of ``Node``."""
        return {
            "outbox": self.outbox.state,
            "ranges": self.ranges.state,
            "comparison": self.comparison.state,
            "auditor": self.auditor.state,
            "restore": self.restore.state,
            "inboxes": {each: part.state for each, part in self.inboxes.items()},
            "listeners": {each: part.state for each, part in self.listeners.items()},
            "database": self.database.state,
            "witness": self.witness.state,
        }

    def always(self) -> "Parts":
        """What every process of a region runs."""
        parts: Parts = {
            "database": self.database.run,
            "restore": self.restore.run,
            "ranges": self.ranges.run,
            "promises": self.witness.remember,
        }
        for region, listener in self.listeners.items():
            parts[f"listener-{region.value}"] = listener.run
        return parts

    def leading(self) -> "Parts":
        """What only the process runs that leads."""
        whole = self.restore.then
        parts: Parts = {
            "courier": partial(whole, self.outbox.run),
            "heartbeat": partial(self.restore.then_tell, self.heartbeat.run),
            "witness": self.witness.run,
            "comparison": self.comparison.run,
            "auditor": self.auditor.run,
        }
        for region, inbox in self.inboxes.items():
            parts[f"receiver-{region.value}"] = inbox.run
        return parts


Parts = dict[str, Callable[[], Coroutine[Any, Any, None]]]


def build_node(settings: NodeSettings) -> FastAPI:
    """App of a node whose background starts and ends with it."""
    journal = open_journal(settings.database, settings.region)
    views = open_views(settings.database, settings.views)
    desk = prepared(open_desk(settings.database, settings.desk))
    throttle = Throttle(journal, time.monotonic)
    transport = open_transport(settings)
    clock = _clock(settings, journal)
    running = _running(settings, journal, transport, clock, throttle.pause_seconds)
    pause, quarantine = throttle.pause_seconds, running.auditor.quarantine
    projector = Projector(journal, views, lambda: election.leads, pause, quarantine)
    election = _election(settings, journal, projector, running.restore.state)
    secret = load_persons_key(settings.persons_key_file)
    persons = Persons(journal, secret)
    documents = _documents(settings, desk, transport, views)
    running.ranges.others = PieceServer(
        documents.store, lambda *asked: standing_of(node, *asked), time.monotonic
    ).answer
    node = Node(
        region=settings.region,
        version=version("fagnett"),
        journal=journal,
        executor=Executor(journal, Digests(secret)),
        persons=persons,
        projector=projector,
        views=views,
        clock=clock,
        token_key=load_token_key(settings.token_key_file),
        unix_seconds=system_seconds,
        **_at_the_desk(desk),
        documents=documents,
        webhooks=Webhooks(desk, hmac.digest(secret, b"webhook", "sha256")),
        webhooks_way=WayOut(settings.webhook_origins.split()),
        sends_mail=bool(settings.smtp_url),
        **running.states(),
        quorum=settings.witnesses,
        leads=lambda: election.leads,
        public_url=settings.public_url.rstrip("/"),
        provider=_provider(settings, desk, persons),
        folders=UploadDoor(journal),
        local_people=settings.clock is ClockSource.REQUEST,
        certificate_ends=ends_at(read_secret(settings.nats_certificate_file).encode()),
    )
    run = partial(_background, settings, transport, running, election, node)
    ends = (views.dispose, desk.dispose, documents.store.close, journal.close)
    return create_app(node, lifespan=_until_closed(run, *ends))


def _at_the_desk(desk: Engine) -> Mapping[str, Any]:
    """What people of the region keep beside the journal."""
    return {
        "sessions": BrowserSessions(desk),
        "reading_log": ReadingLog(desk),
        "notices": Notices(desk),
        "calendars": CalendarAddresses(desk),
        "contacts": Contacts(desk),
        "invitations": Invitations(desk),
        "drafts": ApplicationDrafts(desk),
    }


def _documents(
    settings: NodeSettings, desk: Engine, transport: JetStreamTransport, views: Engine
) -> Documents:
    secret = load_documents_key(settings.documents_key)
    asked = partial(fetch, transport)
    most = settings.documents_bytes_max
    folder = documents_path(settings.database, settings.documents)
    store = open_store(folder, settings.bucket)
    return Documents(store, desk, secret, most, asked, partial(cited_of, views))


def _until_closed(
    run: Callable[[], AbstractAsyncContextManager[None]], *ends: Callable[[], None]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Run something around an app's requests, and close what it rested on after that."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with run():
            yield
        for end in ends:
            end()

    return lifespan


def _noticing(settings: NodeSettings, node: Node) -> Parts:
    """What tells people of what waits, where a mail server takes it."""
    if not settings.smtp_url:
        return {}
    file = settings.smtp_password_file
    password = "" if file is None else read_secret(file).strip()
    mailer = Mailer(
        settings.smtp_url, settings.smtp_sender, settings.smtp_user, password
    )
    return {"notices": NoticeSender(node, mailer).run}


def _provider(
    settings: ProviderSettings, desk: Engine, persons: Persons
) -> Provider | None:
    if not settings.provider_issuer:
        return None
    profile = Profile(
        issuer=settings.provider_issuer,
        client_id=settings.provider_client_id,
        key=load_client_key(settings.provider_key_file),
        public_url=settings.public_url.rstrip("/"),
        name=settings.provider_name,
        scope=settings.provider_scope,
        algorithms=frozenset(settings.provider_algorithms.split()),
        audience=settings.provider_audience,
        organisation_claims=tuple(settings.provider_organisation_claims.split()),
        programs={
            client: frozenset(roles) for client, roles in settings.programs.items()
        },
    )
    outward = Outward(profile.issuer)
    return Provider(profile, outward, desk, persons.who_acts, system_seconds)


def _election(
    settings: NodeSettings, journal: Journal, projector: Projector, home: RestoreState
) -> LeaderElection:
    if not isinstance(journal, PostgresJournal):
        return OnlyProcess()
    dsn = conninfo_to_dict(settings.database)
    return PostgresElection(dsn, journal, projector.look, lambda: home.whole)


def open_transport(settings: CarrierSettings) -> JetStreamTransport:
    """A region's end of the transport, not connected yet."""
    login = load_login(
        settings.nats_ca_file, settings.nats_certificate_file, settings.nats_nkey_file
    )
    return JetStreamTransport(settings.region.value, login)


def _running(
    settings: NodeSettings,
    journal: Journal,
    transport: JetStreamTransport,
    clock: Clock,
    throttle: Callable[[float], float],
) -> Running:
    key = load_signing_key(settings.signing_key_file)
    peers = PeersFile(settings.peers_file)
    check_signs(key, peers.ring(settings.region))
    peers.check_known(journal)
    others = {each: peers.of(each) for each in Region if each is not settings.region}
    own_clock = clock.own
    listeners = {
        each: Listener(
            *(journal, transport, peer, time.time, each.value),
            *([] if own_clock is None else [own_clock.believes]),
        )
        for each, peer in others.items()
    }
    signed_heads = SignedHeads(settings.promises)
    own = peers.of(settings.region)
    keys = {region.value: peers.of(region) for region in Region}
    ranges = RangeServer(journal, transport, time.monotonic, signed_heads.keep)
    seconds = system_seconds if own_clock is None else own_clock.unix_seconds
    witness = Witness(journal, transport, key, keys, signed_heads, seconds)
    return Running(
        Outbox(journal, transport, key, own, signed_heads.keep),
        {
            each: Inbox(
                *(journal, transport, each.value, peer),
                listeners[each].state,
                # Played years come before their days do: nothing is known of the future.
                None if own_clock is None else own_clock.latest,
                throttle=throttle,
                cosigned=partial(witness.state.ahead_of, each.value),
            )
            for each, peer in others.items()
        },
        Heartbeat(journal, transport, key, clock.known, signed_heads.keep),
        listeners,
        ranges,
        Comparison(journal, transport, keys),
        Auditor(journal, throttle),
        witness,
        Restore(journal, transport, own, signed_heads),
        WriteProbe(journal),
    )


def _clock(settings: NodeSettings, journal: Journal) -> Clock:
    last = partial(last_recorded, journal)
    own = None
    if settings.clock is ClockSource.SYSTEM:
        times = Times(time.monotonic, last_entry=partial(last_known, journal))
        journal.judge = times.judge
        own = OwnClock(times, system_clock, last)
    return Clock(settings.clock, system_clock, last, partial(last_known, journal), own)


def collect_seldom() -> None:
    """Have the garbage collector look seldom, and never at what is loaded now.

    A question makes tens of thousands of objects and no cycles; looking through
    all of them again and again took a tenth of its time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS, GARBAGE_ROUNDS, GARBAGE_ROUNDS)


@asynccontextmanager
async def _background(
    settings: NodeSettings,
    transport: JetStreamTransport,
    running: Running,
    election: LeaderElection,
    node: Node,
) -> AsyncIterator[None]:
    projector, keep = node.projector, node.background.keep
    asking = Asking(node.journal, transport.asked, node.asking, node.leads)
    projector.prepare()
    running.auditor.prepare()
    # What hangs in one of them keeps it; there are enough for the others.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))

    async def lead() -> None:
        leading = {**running.leading(), **_noticing(settings, node)}
        leading["webhooks"] = WebhookSender(node).run
        leading["documents"] = partial(forget_documents, node.documents, system_seconds)
        await all_of(*(keep(name, part) for name, part in leading.items()))

    parts: Parts = {
        "projector": partial(in_own_thread, projector.run, projector.stop),
        "carrier": partial(transport.run, settings.nats_url),
        "asking": asking.run,
        "siblings": partial(election.run, lead),
        **running.always(),
    }
    tasks = [asyncio.create_task(keep(name, part)) for name, part in parts.items()]
    collect_seldom()
    server = isinstance(node.journal, PostgresJournal)
    log.info("node_started", database="postgresql" if server else "sqlite")
    try:
        yield
    finally:
        await end_all(tasks)
        await transport.close()
        log.info("node_stopped")
