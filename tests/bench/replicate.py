"""From a full journal in one region to verified, synced rows in another.

Beside it, what nats-py users do first: one message for each event, published
in windows of 500 acknowledgements, fetched 500 at a time, and the same rows
stored. Both go over leaf links, with two processes each; ours under TLS and
the federation's permissions, the other's in the clear.
"""

import asyncio
import multiprocessing
import resource
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig

from deploy.carrier.files import CarrierFiles
from deploy.databases import open_journal
from deploy.local.nats import binary
from deploy.local.process import Program, Supervisor, free_ports, listens, wait_until
from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.signed.entry import leaf_hash, parse
from federation.tasks import end_all
from federation.transport.connection import connect
from federation.transport.jetstream import JetStreamTransport
from tests.bench.facts import fill
from tests.bench.measure import Result, Rounds, compared, quiet, rate
from tests.support import servers
from tests.support.federation import KEYS

ENTRIES: Final = 50_000
BEHIND: Final = 1_000_000
"""How far behind a region is that catches up."""
MEMORY_MB_MAX: Final = 300
WINDOW: Final = 500
ROUNDS: Final = 3
FROM: Final = Region.VEST
TO: Final = Region.NORD
ORIGIN: Final = FROM.value
EACH_STREAM: Final = "each-event"
KILOBYTES: Final = 1024
POLL_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Place:
    """A server, and where its login is, if it asks for one."""

    url: str
    files: CarrierFiles | None = None


async def carrier_at(place: Place, region: Region) -> JetStreamTransport:
    """Connect as a region's node does."""
    assert place.files is not None
    transport = JetStreamTransport(region.value, place.files.login(region, "node"))
    await transport.connect(place.url)
    return transport


@dataclass(frozen=True, slots=True)
class Task:
    """How many entries go over, and what is told when they have."""

    entries: int
    go: Event
    done: Event
    peak_kb: "Synchronized[int]"
    """The most memory that the receiving process had."""

    def end(self) -> None:
        """Tell that everything has come."""
        self.peak_kb.value = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.done.set()


async def send_pages(place: Place, database: str, _: Task) -> None:
    """Send a region's log as a node does, until ended."""
    transport = await carrier_at(place, FROM)
    assert place.files is not None
    signed_heads = SignedHeads(place.files.path / f"{ORIGIN}.promises")
    journal, key = open_journal(database, FROM), KEYS[FROM]
    await Outbox(journal, transport, key, keep_head=signed_heads.keep).run()


async def receive_pages(place: Place, database: str, task: Task) -> None:
    """Receive it as a node does."""
    journal = open_journal(database, TO)
    transport = await carrier_at(place, TO)
    receiver = Inbox(journal, transport, ORIGIN, KEYS[FROM].verifier)
    running = asyncio.create_task(receiver.run())
    while journal.positions()[ORIGIN].position < task.entries:
        await asyncio.sleep(POLL_SECONDS)
    task.end()
    await end_all([running])


async def send_each(place: Place, database: str, task: Task) -> None:
    """Publish one message for each entry."""
    journal = open_journal(database, FROM)
    client = await connect(place.url, "each", None)
    stream = client.jetstream(timeout=PATIENCE_SECONDS)
    subject = f"each.{ORIGIN}"
    for after in range(0, task.entries, WINDOW):
        rows = journal.entries(ORIGIN, after, WINDOW)
        await asyncio.gather(*(stream.publish(subject, row.body) for row in rows))
    await client.close()


async def receive_each(place: Place, database: str, task: Task) -> None:
    """Fetch the messages and store their rows, a transaction for each fetch."""
    journal = open_journal(database, TO)
    client = await connect(place.url, "each", None)
    stream = client.jetstream(domain=ORIGIN, timeout=PATIENCE_SECONDS)
    everything = ConsumerConfig(ack_policy=AckPolicy.ALL, max_ack_pending=10 * WINDOW)
    consumer = await stream.pull_subscribe(
        f"each.{ORIGIN}", stream=EACH_STREAM, config=everything
    )
    stored = 0
    while stored < task.entries:
        messages = await consumer.fetch(WINDOW, timeout=PATIENCE_SECONDS)
        with journal.writing() as cursor:
            journal.insert_rows(cursor, [parse(each.data) for each in messages])
        await messages[-1].ack()
        stored += len(messages)
    task.end()
    await client.close()


Side = Callable[[Place, str, Task], Coroutine[Any, Any, None]]


def side(act: Side, place: Place, database: str, task: Task) -> None:
    """Run one side in a process of its own, from the signal on."""
    quiet()
    task.go.wait()
    asyncio.run(act(place, database, task))


async def declare_each(url: str) -> None:
    """Make the stream of single messages, as safe as that of pages."""
    client = await connect(url, "declare", None)
    await client.jetstream().add_stream(
        StreamConfig(
            name=EACH_STREAM, subjects=[f"each.{ORIGIN}"], storage=StorageType.FILE
        )
    )
    await client.close()


@contextmanager
def safe_servers() -> Iterator[Mapping[Region, Place]]:
    """Run servers as every federation has them."""
    with servers.carrier_servers() as found:
        yield {region: Place(found.urls[region], found.files) for region in (FROM, TO)}


@contextmanager
def plain_servers() -> Iterator[Mapping[Region, Place]]:
    """Run servers as simple as can be, with a stream of single messages."""
    hub_port, leaf_port, *rest = free_ports(4)
    ports = dict(zip((FROM, TO), rest, strict=True))
    links = {"hub": f"leafnodes {{ listen: 127.0.0.1:{leaf_port} }}"}
    remote = (
        f'leafnodes {{ remotes: [ {{ url: "nats-leaf://127.0.0.1:{leaf_port}" }} ] }}'
    )
    links |= {region.value: remote for region in ports}
    with servers.folder() as home:
        wanted = {}
        for name, port in {
            "hub": hub_port,
            **{r.value: port for r, port in ports.items()},
        }.items():
            file = home / f"{name}.conf"
            file.write_text(
                f"server_name: {name}\nlisten: 127.0.0.1:{port}\n{links[name]}\n"
                f'jetstream {{ store_dir: "{home / name}", domain: {name}, '
                "sync_interval: always }\n"
            )
            command = [binary(), "--config", str(file)]
            program = Program(name, command, home / f"{name}.log")
            wanted[program] = partial(wait_until, partial(listens, port), program)
        supervisor = Supervisor()
        try:
            supervisor.keep(wanted)
            places = {r: Place(f"nats://127.0.0.1:{port}") for r, port in ports.items()}
            asyncio.run(declare_each(places[FROM].url))
            yield places
        finally:
            supervisor.stop()


Running = Callable[[], AbstractContextManager[Mapping[Region, Place]]]


class Done(NamedTuple):
    """How a log went over."""

    rate: float
    """Entries a second."""
    peak_mb: float


def replicated(
    started: Running, sender: Side, receiver: Side, full: str, entries: int = ENTRIES
) -> Done:
    """Send a log over servers and into a journal that are new."""
    context = multiprocessing.get_context("spawn")
    peak_kb = context.Value("q", 0)
    task = Task(entries, context.Event(), context.Event(), peak_kb)
    with ExitStack() as stack:
        places = stack.enter_context(started())
        folder = stack.enter_context(servers.folder())
        empty = f"sqlite:///{folder / 'journal.sqlite'}"
        sides = (sender, places[FROM], full), (receiver, places[TO], empty)
        processes = [
            context.Process(target=side, args=(*of, task), daemon=True) for of in sides
        ]
        for process in processes:
            process.start()

        def until_done() -> None:
            task.go.set()
            assert task.done.wait(PATIENCE_SECONDS), "nothing came"

        measured = rate(entries, until_done)
        for process in processes:
            process.terminate()
            process.join()
    return Done(measured, peak_kb.value / KILOBYTES)


@contextmanager
def filled(entries: int) -> Iterator[str]:
    """Give a database with a full journal."""
    with servers.folder() as folder:
        full = f"sqlite:///{Path(folder) / 'journal.sqlite'}"
        journal = open_journal(full, FROM)
        fill(journal, entries)
        journal.close()
        yield full


def store_bare(full: str, empty: str) -> None:
    """Do with each entry, in one thread, what no receiver can do without."""
    with (
        closing(open_journal(full, FROM, read_only=True)) as journal,
        closing(open_journal(empty, TO)) as copy,
    ):
        for after in range(0, ENTRIES, WINDOW):
            rows = journal.entries(ORIGIN, after, WINDOW)
            for row in rows:
                orjson.dumps(orjson.loads(row.body), option=orjson.OPT_SORT_KEYS)
                leaf_hash(row.body)
            with copy.writing() as cursor:
                copy.insert_rows(cursor, rows)


def limit(full: str) -> float:
    """Return the entries per second of the bare work, into a journal that is new."""
    with servers.folder() as folder:
        empty = f"sqlite:///{folder / 'journal.sqlite'}"
        return rate(ENTRIES, partial(store_bare, full, empty))


def run() -> list[Result]:
    """Measure ours, one message for each, and the bare work, by turns."""
    with filled(ENTRIES) as full:
        rounds = [
            (
                replicated(safe_servers, send_pages, receive_pages, full).rate,
                replicated(plain_servers, send_each, receive_each, full).rate,
                limit(full),
            )
            for _ in range(ROUNDS)
        ]
    ours, other, bare = (Rounds(each) for each in zip(*rounds, strict=True))
    what = "replicate: entries, beside"
    return [
        compared(f"{what} one message for each", ours, other, "/s", "≥ 10"),
        compared(f"{what} parse, write, hash, insert alone", ours, bare, "/s", "≥ 0.7"),
    ]


def run_behind() -> list[Result]:
    """Measure a region that is a million entries behind, beside one of 50,000."""
    pages = (safe_servers, send_pages, receive_pages)
    with filled(ENTRIES) as few:
        before = replicated(*pages, few)
        with filled(BEHIND) as full:
            behind = replicated(*pages, full, BEHIND)
        after = replicated(*pages, few)
    usual = (before.rate + after.rate) / 2
    what = f"catch up: {BEHIND:,} entries, beside {ENTRIES:,}"
    peak = f"{behind.peak_mb:.0f} MB"
    return [
        compared(what, behind.rate, usual, "/s", "≥ 0.50"),
        Result(f"{what}: memory", peak, "", "", f"< {MEMORY_MB_MAX} MB"),
    ]
