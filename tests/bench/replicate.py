"""From a full journal in one region to verified, synced rows in another.

Beside it, what nats-py users do first: one message for each event, published
in windows of 500 acknowledgements, fetched 500 at a time, and the same rows
stored. Both go over the same leaf links, with two processes each.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any, Final

from nats.js.api import AckPolicy, ConsumerConfig, StorageType, StreamConfig

from deploy.bootstrap import open_journal
from domain.values import Region
from federation.courier import Courier
from federation.entry import parse
from federation.jetstream import JetStreamCarrier, connect
from federation.receiver import Receiver
from tests.bench.facts import fill
from tests.bench.measure import Result, alternating, compared, quiet, rate
from tests.support import servers
from tests.support.federation import KEYS

ENTRIES: Final = 50_000
WINDOW: Final = 500
ROUNDS: Final = 3
FROM: Final = Region.VEST
TO: Final = Region.NORD
ORIGIN: Final = FROM.value
EACH_STREAM: Final = "each-event"
POLL_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 300


async def send_pages(url: str, database: str, _: Event) -> None:
    """Send a region's log as a node does, until ended."""
    carrier = JetStreamCarrier(ORIGIN)
    await carrier.connect(url)
    await Courier(open_journal(database, FROM), carrier, KEYS[FROM]).run()


async def receive_pages(url: str, database: str, done: Event) -> None:
    """Receive it as a node does."""
    journal = open_journal(database, TO)
    carrier = JetStreamCarrier(TO.value)
    await carrier.connect(url)
    receiver = Receiver(journal, carrier, ORIGIN, KEYS[FROM].verifier)
    task = asyncio.create_task(receiver.run())
    while journal.positions()[ORIGIN].position < ENTRIES:
        await asyncio.sleep(POLL_SECONDS)
    done.set()
    task.cancel()


async def send_each(url: str, database: str, _: Event) -> None:
    """Publish one message for each entry."""
    journal = open_journal(database, FROM)
    client = await connect(url, "each")
    stream = client.jetstream(timeout=PATIENCE_SECONDS)
    subject = f"each.{ORIGIN}"
    for after in range(0, ENTRIES, WINDOW):
        rows = journal.entries(ORIGIN, after, WINDOW)
        await asyncio.gather(*(stream.publish(subject, row.body) for row in rows))
    await client.close()


async def receive_each(url: str, database: str, done: Event) -> None:
    """Fetch the messages and store their rows, a transaction for each fetch."""
    journal = open_journal(database, TO)
    client = await connect(url, "each")
    stream = client.jetstream(domain=ORIGIN, timeout=PATIENCE_SECONDS)
    everything = ConsumerConfig(ack_policy=AckPolicy.ALL, max_ack_pending=10 * WINDOW)
    consumer = await stream.pull_subscribe(
        f"each.{ORIGIN}", stream=EACH_STREAM, config=everything
    )
    stored = 0
    while stored < ENTRIES:
        messages = await consumer.fetch(WINDOW, timeout=PATIENCE_SECONDS)
        with journal.writing() as cursor:
            journal.insert_rows(cursor, [parse(each.data) for each in messages])
        await messages[-1].ack()
        stored += len(messages)
    done.set()
    await client.close()


Side = Callable[[str, str, Event], Coroutine[Any, Any, None]]


def side(act: Side, url: str, database: str, go: Event, done: Event) -> None:
    """Run one side in a process of its own, from the signal on."""
    quiet()
    go.wait()
    asyncio.run(act(url, database, done))


async def declare_each(url: str) -> None:
    """Make the stream of single messages, as safe as that of pages."""
    client = await connect(url, "declare")
    await client.jetstream().add_stream(
        StreamConfig(
            name=EACH_STREAM, subjects=[f"each.{ORIGIN}"], storage=StorageType.FILE
        )
    )
    await client.close()


def replicated(sender: Side, receiver: Side, full: str) -> float:
    """Return entries per second over servers and into a journal that are new."""
    context = multiprocessing.get_context("spawn")
    go, done = context.Event(), context.Event()
    with ExitStack() as stack:
        urls = stack.enter_context(servers.carrier_servers())
        folder = stack.enter_context(servers.folder())
        asyncio.run(declare_each(urls[FROM]))
        empty = f"sqlite:///{folder / 'journal.sqlite'}"
        sides = (sender, urls[FROM], full), (receiver, urls[TO], empty)
        processes = [
            context.Process(target=side, args=(*of, go, done), daemon=True)
            for of in sides
        ]
        for process in processes:
            process.start()

        def until_done() -> None:
            go.set()
            assert done.wait(PATIENCE_SECONDS), "nothing came"

        measured = rate(ENTRIES, until_done)
        for process in processes:
            process.terminate()
            process.join()
    return measured


def run() -> list[Result]:
    """Measure both, by turns."""
    with servers.folder() as folder:
        full = f"sqlite:///{Path(folder) / 'journal.sqlite'}"
        journal = open_journal(full, FROM)
        fill(journal, ENTRIES)
        journal.close()
        ours, other = alternating(
            lambda: replicated(send_pages, receive_pages, full),
            lambda: replicated(send_each, receive_each, full),
            ROUNDS,
        )
    what = "replicate: entries, beside one message for each"
    return [compared(what, ours, other, "/s", "≥ 2.5")]
