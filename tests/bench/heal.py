"""How soon another region holds everything, once what was broken works again.

A region records all the time. Its link to the hub is cut or holds everything
back, its server or the hub is killed. Measured is the time from the moment at
which that works again until the other node holds all that had been recorded then.
"""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from deploy.databases import open_journal
from deploy.local.process import listens
from domain.values import Region
from federation.journal.store import Journal
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.ranges import RangeServer
from federation.tasks import end_all
from tests.bench.measure import Result
from tests.support import servers
from tests.support.federation import KEYS
from tests.support.links import Link, switchboard
from tests.support.replication import Part, connected, record, running

FROM: Final = Region.VEST
TO: Final = Region.NORD
EACH_SECONDS: Final = 0.05
"""Between two entries."""
LOOK_SECONDS: Final = 0.01
GOAL_SECONDS: Final = 2.0
ROUNDS: Final = 3

Fault = Callable[[], Awaitable[float]]
"""Breaks and mends something; returns when it worked again."""


class Scene:
    """Two regions' nodes over real servers, with a link between them."""

    def __init__(self, found: servers.Servers, link: Link, folder: Path) -> None:
        self._servers = found
        self._link = link
        self._sender = open_journal(f"sqlite:///{folder}/from.sqlite", FROM)
        self._taker = open_journal(f"sqlite:///{folder}/to.sqlite", TO)

    async def measure(self, fault: Fault) -> float:
        """Return how many seconds after its end a fault is healed."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(running(*await self._nodes(stack)))
            writing = asyncio.create_task(self._record())
            await self._holds(await asyncio.to_thread(position, self._sender))
            mended = await fault()
            wanted = await asyncio.to_thread(position, self._sender)
            await self._holds(wanted)
            seconds = time.monotonic() - mended
            await end_all([writing])
        return seconds

    async def _nodes(self, stack: AsyncExitStack) -> list[Part]:
        transports = {each: self._servers.node(each) for each in (FROM, TO)}
        for region, transport in transports.items():
            url = self._servers.urls[region]
            await stack.enter_async_context(connected(transport, url))
        return [
            Outbox(self._sender, transports[FROM], KEYS[FROM]),
            RangeServer(self._sender, transports[FROM], time.monotonic),
            Inbox(self._taker, transports[TO], FROM.value, KEYS[FROM].verifier),
        ]

    async def _record(self) -> None:
        while True:
            await asyncio.to_thread(record, self._sender)
            await asyncio.sleep(EACH_SECONDS)

    async def _holds(self, wanted: int) -> None:
        while await asyncio.to_thread(position, self._taker) < wanted:
            await asyncio.sleep(LOOK_SECONDS)

    # What is broken

    async def cut(self, seconds: float) -> float:
        """Cut the link for a while."""
        self._link.cut()
        await asyncio.sleep(seconds)
        self._link.heal()
        return time.monotonic()

    async def blackhole(self, seconds: float) -> float:
        """Let nothing through the link for a while, its connections being."""
        self._link.hold()
        await asyncio.sleep(seconds)
        self._link.heal()
        return time.monotonic()

    async def kill(self, program: str, port: int) -> float:
        """Kill a server, and wait until it listens again."""
        killed = self._servers.supervisor.pid(program)
        os.kill(killed, signal.SIGKILL)
        while self._servers.supervisor.pid(program) == killed or not listens(port):
            await asyncio.sleep(LOOK_SECONDS)
        return time.monotonic()

    def faults(self) -> dict[str, Fault]:
        """Return what is measured, by its name."""
        ports = self._servers
        region_port = int(ports.urls[FROM].rpartition(":")[2])
        return {
            "link cut for 3 s": partial(self.cut, 3),
            "link cut for 15 s": partial(self.cut, 15),
            "link cut for 45 s": partial(self.cut, 45),
            "nothing comes through for 15 s": partial(self.blackhole, 15),
            "region's server killed": partial(self.kill, "nats-vest", region_port),
            "hub killed": partial(self.kill, "nats-hub", ports.hub_port),
        }


def position(journal: Journal) -> int:
    """Return how much of the sender's log a journal holds."""
    return journal.positions()[FROM.value].position


def run() -> list[Result]:
    """Break everything, one after the other."""
    results = []
    with switchboard() as loop, servers.folder() as folder:
        links: dict[Region, Link] = {}

        def link(region: Region, port: int) -> int:
            links[region] = Link(loop, port)
            return links[region].port

        with servers.carrier_servers(link) as found:
            scene = Scene(found, links[FROM], folder)
            for name, fault in scene.faults().items():
                taken = [asyncio.run(scene.measure(fault)) for _ in range(ROUNDS)]
                what = f"complete again after: {name}"
                slowest = f"at most {max(taken):.1f} s"
                goal = f"≤ {GOAL_SECONDS:.0f} s"
                results.append(
                    Result(what, f"{median(taken):.1f} s", slowest, "", goal)
                )
    return results
