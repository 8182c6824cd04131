"""One region's node, as ``deploy.bootstrap`` puts it together, on simulated ground."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from deploy.simulation.disk import Disk, SimulatedJournal
from deploy.simulation.network import Network, SimulatedCarrier
from domain.values import Region
from federation.comparison import Comparison
from federation.courier import Courier
from federation.executor import Executor
from federation.keyring import KeyRing
from federation.keys import SigningKey, VerifierKey
from federation.promises import Promises
from federation.ranges import RangeServer
from federation.receiver import Receiver
from federation.restore import Restore
from federation.silence import Heartbeat, Listener
from federation.tasks import end_all
from federation.witness import Witness
from projections.database import open_sqlite
from projections.engine import FAILURES, Projector

AHEAD_MAX: Final = timedelta(days=1)
PROJECT_SECONDS: Final = 1.0


@dataclass
class KnownKeys:
    """A region's keys as one node knows them: a :class:`~federation.keys.Verifier`."""

    ring: KeyRing

    @property
    def name(self) -> str:
        """The name under which the region signs."""
        return self.ring.name

    def at(self, epoch: int, size: int) -> Sequence[VerifierKey]:
        """Return the keys that may sign a log of a size."""
        return self.ring.at(epoch, size)

    def ever(self) -> Sequence[VerifierKey]:
        """Return all keys that the region has had."""
        return self.ring.ever()


@dataclass
class Clock:
    """A node's clock: that of the world, and how far it is off."""

    world: Callable[[], datetime]
    off: timedelta = timedelta()

    def now(self) -> datetime:
        """Return what the node believes."""
        return self.world() + self.off

    def seconds(self) -> float:
        """Return the same in POSIX seconds."""
        return self.now().timestamp()

    def whole_seconds(self) -> int:
        """Return the same, as a witness signs it."""
        return int(self.seconds())


@dataclass
class Parts:
    """What runs while a node is up."""

    journal: SimulatedJournal
    views: Engine
    executor: Executor
    projector: Projector
    courier: Courier
    restore: Restore
    receivers: Mapping[Region, Receiver]
    tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)


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
        self._network = network

    @property
    def name(self) -> str:
        """The region's name."""
        return self.region.value

    @property
    def running(self) -> Parts:
        """What runs, of a node that is up."""
        assert self.parts is not None, f"{self.name} is up"
        return self.parts

    @property
    def whole(self) -> bool:
        """The node is up and may record."""
        return self.parts is not None and self.parts.restore.state.whole

    def start(self) -> None:
        """Open the disk and run."""
        journal = SimulatedJournal(self.disk, self.region, self.clock.now)
        views = open_sqlite(self.disk.views)
        projector = Projector(journal, views)
        projector.prepare()
        self.parts = self._made(journal, views, projector)

    def _made(
        self, journal: SimulatedJournal, views: Engine, projector: Projector
    ) -> Parts:
        carrier = SimulatedCarrier(self._network, self.name)
        promises = Promises(self.disk.promises)
        loop = asyncio.get_running_loop()
        own = self.known[self.region]
        others = {each: self.known[each] for each in Region if each != self.region}
        listeners = {
            each: Listener(journal, carrier, key, self.clock.seconds, each.value)
            for each, key in others.items()
        }
        receivers = {
            each: Receiver(
                *(journal, carrier, each.value, key),
                listeners[each].state.announced,
                lambda: self.clock.now() + AHEAD_MAX,
            )
            for each, key in others.items()
        }
        parts = Parts(
            journal,
            views,
            Executor(journal),
            projector,
            Courier(journal, carrier, self.key, own, promises.keep),
            Restore(journal, carrier, own, lambda: promises.last(self.name)),
            receivers,
        )
        heartbeat = Heartbeat(
            journal, carrier, self.key, self.clock.now, promises.prolong
        )
        keys = {region.value: key for region, key in self.known.items()}
        witness = Witness(
            journal, carrier, self.key, keys, promises, self.clock.whole_seconds
        )
        ranges = RangeServer(journal, carrier, loop.time)
        runs: dict[str, Awaitable[None]] = {
            "restore": parts.restore.run(),
            "courier": parts.restore.then(parts.courier.run),
            "heartbeat": parts.restore.then(heartbeat.run),
            "ranges": ranges.run(),
            "comparison": Comparison(journal, carrier, keys, ranges.state).run(),
            "witness": witness.run(),
            "projector": _project(projector),
        }
        for region, listener in listeners.items():
            runs[f"receiver-{region.value}"] = receivers[region].run()
            runs[f"listener-{region.value}"] = listener.run()
        for name, run in runs.items():
            parts.tasks[name] = asyncio.ensure_future(run)
        return parts

    async def stop(self) -> None:
        """End everything at once, as a power cut does; the disk forgets what it may."""
        parts, self.parts = self.running, None
        await end_all(list(parts.tasks.values()))
        parts.views.dispose()
        parts.journal.close()
        self.disk.power_cut()


async def _project(projector: Projector) -> None:
    """Do what the projector's own thread does, in this one."""
    while True:
        try:
            projector.catch_up()
        except FAILURES:
            projector.prepare()
        await asyncio.sleep(PROJECT_SECONDS)
