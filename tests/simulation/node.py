"""One region's node, as ``deploy.bootstrap`` puts it together, on simulated ground."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Engine
from typing_extensions import override

from deploy.bootstrap import Running
from deploy.databases import last_known, last_recorded
from domain.values import Region
from federation.journal.store import Journal
from federation.log.arrivals import commits, within
from federation.log.digests import KEY_BYTES, Digests
from federation.log.executor import Executor
from federation.log.times import OwnClock, Times
from federation.node.auditor import Auditor
from federation.node.comparison import Comparison
from federation.node.heartbeat import Heartbeat, Listener
from federation.node.inbox import Inbox
from federation.node.outbox import Outbox
from federation.node.ranges import RangeServer
from federation.node.restore import Restore
from federation.node.witness import Witness
from federation.node.writable import WriteProbe
from federation.signed.keyring import KeyRing
from federation.signed.keys import SigningKey, VerifierKey
from federation.tasks import Background, end_all
from projections.database import open_sqlite
from projections.engine import FAILURES, Projector
from tests.simulation.disk import FAILS, Disk, SimulatedJournal, SimulatedSignedHeads
from tests.simulation.network import Network, SimulatedTransport

APART_MAX: Final = timedelta(hours=23)
"""Days pass in minutes here: what is said of the time is hours old when it is heard."""
PROJECT_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 5.0
CHECKS_KEPT: Final = 2**14
"""So many signatures are not checked again; checking them is most of a run."""


class RememberedKey(VerifierKey):
    """A key that all nodes of a run share: what one has checked, the others know."""

    @override
    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Say whether the signature of ``message`` is this key's."""
        return _verifies(self.public, signature, message)


@lru_cache(maxsize=CHECKS_KEPT)
def _verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    key = Ed25519PublicKey.from_public_bytes(public)
    return VerifierKey("", key).verifies(signature, message)


def _remembered(keys: Sequence[VerifierKey]) -> Sequence[VerifierKey]:
    return [RememberedKey(each.name, each.key) for each in keys]


@dataclass
class KnownKeys:
    """A region's keys as one node knows them: a :class:`~federation.signed.keys.Verifier`."""

    ring: KeyRing

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        return self.ring.name

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:
        """Return the keys that may sign a log of a size."""
        return _remembered(self.ring.at(epoch, size))

    def ever(self) -> Sequence[VerifierKey]:
        """Return all keys that the region has had."""
        return _remembered(self.ring.ever())


@dataclass
class Clock:
    """A node's clock: that of the world, and how far it is off."""

    world: Callable[[], datetime]
    off: timedelta = timedelta()
    leap: timedelta = timedelta()
    """So far it has leapt besides, where nobody could believe it."""

    def now(self) -> datetime:
        """Return what the node believes."""
        return self.world() + self.off + self.leap

    def seconds(self) -> float:
        """Return the same in POSIX seconds."""
        return self.now().timestamp()

    def gone(self) -> float:
        """Return seconds that go on as time does, whatever the clock shows."""
        return self.world().timestamp()


@dataclass
class Parts:
    """What runs while a node is up."""

    journal: SimulatedJournal
    views: Engine
    executor: Executor
    projector: Projector
    running: Running
    background: Background
    tasks: Sequence[asyncio.Task[None]]


class SimulatedNode:
    """A node that can be stopped, damaged, and started again."""

    def __init__(
        self,
        region: Region,
        disk: Disk,
        network: Network,
        clock: Clock,
        key: SigningKey,
        known: Mapping[Region, KnownKeys],
    ) -> None:
        self.region = region
        self.disk = disk
        self.clock = clock
        self.key = key
        self.known = known
        self.parts: Parts | None = None
        self.falls_after_answer = False
        """The power goes as soon as somebody has been told that all is recorded."""
        self._network = network

    @property
    def name(self) -> str:
        """The region's name."""
        return self.region.value

    @property
    def up(self) -> Parts:
        """What a node that is up consists of."""
        assert self.parts is not None, f"{self.name} is up"
        return self.parts

    @property
    def whole(self) -> bool:
        """The node is up and may record."""
        return self.parts is not None and self.parts.running.restore.state.whole

    @property
    def reason(self) -> str | None:
        """Why the node may not record; None where it may, or is down."""
        return None if self.parts is None else self.parts.running.restore.state.reason

    def holds_of(self, origin: str) -> int:
        """Return how much of a log the node's disk holds, also while it is down."""
        if self.parts is not None:
            return self.parts.journal.positions()[origin].position
        return self.disk.holds_of(origin)

    def start(self) -> None:
        """Open the disk and run."""
        journal = SimulatedJournal(self.disk, self.region, self.clock.now)
        views = open_sqlite(self.disk.views)
        running = self._made(journal)
        projector = Projector(journal, views, quarantine=running.auditor.quarantine)
        projector.prepare()
        running.auditor.prepare()
        self.disk.keep_views()
        parts = {**running.always(), **running.leading()}
        parts["projector"] = lambda: _project(journal, projector)
        at_work = copy_context()
        at_work.run(FAILS.set, True)
        background = Background()
        tasks = [
            at_work.run(asyncio.ensure_future, background.keep(name, part))
            for name, part in parts.items()
        ]
        executor = Executor(journal, Digests(bytes(KEY_BYTES)))
        self.parts = Parts(
            journal, views, executor, projector, running, background, tasks
        )

    def _made(self, journal: SimulatedJournal) -> Running:
        transport = SimulatedTransport(self._network, self.name)
        signed_heads = SimulatedSignedHeads(self.disk)
        own, clock = self.known[self.region], self.clock
        times = Times(clock.gone, APART_MAX, lambda: last_known(journal))
        journal.judge = times.judge
        believed = OwnClock(times, clock.now, lambda: last_recorded(journal))
        keys = {region.value: key for region, key in self.known.items()}
        others = {each: self.known[each] for each in Region if each != self.region}
        listeners = {
            each: Listener(
                *(journal, transport, key, clock.seconds, each.value),
                believed.believes,
            )
            for each, key in others.items()
        }
        time = asyncio.get_running_loop().time
        ranges = RangeServer(journal, transport, time, signed_heads.keep)
        witness = Witness(
            journal, transport, self.key, keys, signed_heads, believed.unix_seconds
        )
        return Running(
            Outbox(journal, transport, self.key, own, signed_heads.keep),
            {
                each: Inbox(
                    *(journal, transport, each.value, key),
                    listeners[each].state,
                    believed.latest,
                    cosigned=partial(witness.state.ahead_of, each.value),
                )
                for each, key in others.items()
            },
            Heartbeat(journal, transport, self.key, clock.now, signed_heads.keep),
            listeners,
            ranges,
            Comparison(journal, transport, keys),
            Auditor(journal, seconds=clock.gone),
            witness,
            Restore(journal, transport, own, signed_heads),
            WriteProbe(journal),
        )

    async def stop(self) -> None:
        """End everything at once, as a power cut does; the disk forgets what it may."""
        parts, self.parts = self.up, None
        await end_all(parts.tasks)
        self.disk.cut()
        parts.views.dispose()
        parts.journal.close()
        self.disk.power_cut()


async def _project(journal: Journal, projector: Projector) -> None:
    """Do what the projector's own thread does."""
    with commits(journal) as more:
        while True:
            more.clear()
            try:
                await asyncio.to_thread(projector.catch_up)
            except FAILURES:
                await asyncio.to_thread(projector.follow)
            await asyncio.sleep(PROJECT_SECONDS)
            await within(more, LOOK_SECONDS)
