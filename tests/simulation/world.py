"""A run: four nodes, hours of faults and business, then healing, all from one seed."""

import asyncio
import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import structlog

from domain.values import Region
from federation.checks.signed_heads import SignedHeads
from federation.node.witness import cosigned_sizes
from federation.signed.keyring import read_key_rings
from federation.signed.keys import SigningKey, key_name, signing_key
from federation.tasks import end_all
from tests.simulation.book import YEAR
from tests.simulation.business import Business
from tests.simulation.clients import Clients
from tests.simulation.disk import Disk
from tests.simulation.due import Due
from tests.simulation.faults import Faults
from tests.simulation.invariants import (
    InvariantError,
    Invariants,
    check_books,
    check_same,
    check_whole,
)
from tests.simulation.loop import VirtualLoop
from tests.simulation.network import FINE, Network
from tests.simulation.node import Clock, KnownKeys, SimulatedNode
from tests.simulation.trace import Trace

BEGAN: Final = datetime(YEAR, 11, 20, 6, tzinfo=UTC)
PACE: Final = 720.0
"""So many seconds pass in the world while the nodes' own timers count one. Their
pauses are short against a day, and what happens in them is the same again and
again: a day of 24 hours is pressed into two minutes of them."""
STEPS_PER_HOUR: Final = 10.0
FAULTS: Final = 0.3
"""The share of steps in which something breaks, is mended, or is changed."""
BOOKS_STEPS: Final = 60
"""So many steps lie between two checks of one node's read models and nets."""
HEAL_SECONDS: Final = 600.0
"""So long, by the nodes' timers, may healing take."""
LOOK_SECONDS: Final = 1.0
HOUR_SECONDS: Final = 3600.0
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder in memory, if there is one


@dataclass
class Outcome:
    """What a run led to."""

    seed: int
    hours: float
    steps: int = 0
    entries: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    failed: str | None = None
    """The invariant that does not hold, and at which step; None where all do."""

    @property
    def node_days(self) -> float:
        """How long all nodes together have run."""
        return self.hours * len(Region) / 24


class World:
    """Everything of one run."""

    def __init__(
        self, seed: int, folder: Path, loop: VirtualLoop, trace: Trace
    ) -> None:
        self.random = Random(seed)
        self.trace = trace
        self.loop = loop
        self.due = Due(loop.time, self.random)
        self.network = Network(self.random, trace)
        keys = {
            region: signing_key(key_name(region.value), self.random.randbytes(32))
            for region in Region
        }
        self.rings = _known(keys)
        self.nodes = {
            region: SimulatedNode(
                region,
                Disk(_made(folder / region.value), self.random, trace.counts),
                self.network,
                Clock(self.now),
                keys[region],
                _known(keys),
            )
            for region in Region
        }
        self.invariants = Invariants(self.rings, self.network.bent, self.now)
        business = Business(self.random)
        self.clients = Clients(
            self.random, trace, self.nodes, self.invariants, business, self.now
        )
        self.faults = Faults(self)
        self.steps = 0

    def now(self) -> datetime:
        """Return the time of the world."""
        return BEGAN + timedelta(seconds=self.loop.time() * PACE)

    async def run(self, hours: float) -> None:
        """Begin, go on for some hours, and heal."""
        for node in self.nodes.values():
            node.start()
        await self._begin()
        end = self.loop.time() + hours * HOUR_SECONDS / PACE
        while self.loop.time() < end:
            rate = STEPS_PER_HOUR * PACE / HOUR_SECONDS
            await asyncio.sleep(self.random.expovariate(rate))
            if self.random.random() < FAULTS:
                await self.faults.strike()
            else:
                self.clients.act()
            await self._look()
        await self._heal()
        for node in self.nodes.values():
            if node.parts is not None:
                await node.stop()

    async def _begin(self) -> None:
        """Register what everything else needs, while all is well."""
        await self._until("begin", self._same_everywhere)
        for command in self.clients.business.beginnings():
            self.clients.new(command)
            await self._until("begin", self._same_everywhere)

    async def _look(self) -> None:
        """Check what must hold now."""
        self.steps += 1
        await self.faults.pass_time()
        self.invariants.check(self.nodes.values())
        if self.steps % BOOKS_STEPS == 0:
            up = [each for each in self.nodes.values() if each.parts is not None]
            healthy = [each for each in up if each.disk.flipped is None]
            if healthy:
                check_books(self.random.choice(healthy), [YEAR], may_wait=True)

    async def _heal(self) -> None:
        """Mend everything; then all must hold the same, witnessed and proven."""
        await self.faults.mend_all()
        self.network.weather = FINE
        await self._until("converge", self._same_everywhere)
        while self.clients.waiting:
            self.clients.act()
            await self._until("converge", self._same_everywhere)
        await self._until("be witnessed", self._witnessed)
        await self._until("hear all", self._all_heard)
        nodes = list(self.nodes.values())
        for node in nodes:
            check_books(node, [YEAR])
        check_whole(nodes, {region: each.ring for region, each in self.rings.items()})
        check_same(nodes)

    async def _until(self, what: str, reached: Callable[[], bool]) -> None:
        until = self.loop.time() + HEAL_SECONDS
        while not reached():
            if self.loop.time() > until:
                message = f"the regions do not {what}: {self._standing()}"
                raise InvariantError(message)
            await asyncio.sleep(LOOK_SECONDS)
            self.invariants.check(self.nodes.values())

    def _same_everywhere(self) -> bool:
        """Say whether every node is whole and holds all logs to their ends."""
        sizes = {name: len(log.leaves) for name, log in self.invariants.logs.items()}
        self.invariants.check(self.nodes.values())
        return all(
            node.whole
            and all(
                each.position == sizes[origin]
                for origin, each in node.up.journal.positions().items()
            )
            for node in self.nodes.values()
        )

    def _witnessed(self) -> bool:
        """Say whether every node knows that all others have cosigned every log."""
        return all(
            sizes == {len(self.invariants.logs[origin.value].leaves)}
            for node in self.nodes.values()
            for origin in Region
            for held in [cosigned_sizes(node.up.journal, origin.value)]
            for sizes in [set(held.values()) if len(held) == len(Region) - 1 else None]
        )

    def _all_heard(self) -> bool:
        """Say whether no node that lost its promises waits for others any more."""
        return not any(
            SignedHeads(node.disk.promises).partial for node in self.nodes.values()
        )

    def _standing(self) -> str:
        found = []
        for node in self.nodes.values():
            if node.parts is None:
                found.append(f"{node.name} is down")
                continue
            positions = node.parts.journal.positions()
            held = " ".join(f"{o} {p.position}" for o, p in positions.items())
            states = {
                each.value: part.state.refused or part.state.trouble
                for each, part in node.parts.running.inboxes.items()
            }
            reason, trouble = (
                node.parts.running.restore.state.reason,
                node.parts.running.outbox.state,
            )
            found.append(f"{node.name}: {held}, {reason}, {trouble}, {states}")
        return "; ".join(found)


def _known(keys: dict[Region, SigningKey]) -> dict[Region, KnownKeys]:
    rings = read_key_rings(str(key.verifier) for key in keys.values())
    return {region: KnownKeys(rings[key.name]) for region, key in keys.items()}


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the nodes' own logs from being written meanwhile."""
    kept = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**kept)


def simulate(
    seed: int, hours: float, show: Callable[[str], None] | None = None
) -> Outcome:
    """Run a federation; the outcome says which invariant failed, if one did."""
    scratch = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(dir=scratch, prefix="fagnett-") as folder:
        loop = VirtualLoop(Random(seed))
        trace = Trace(loop.time, show)
        world = World(seed, Path(folder), loop, trace)
        outcome = Outcome(seed, hours, counts=trace.counts)
        try:
            with _quiet():
                loop.run_until_complete(world.run(hours))
        except InvariantError as error:
            trace.tell("failed", str(error))
            outcome.failed = f"step {world.steps}: {error}"
        finally:
            _end(loop, world)
        outcome.steps, outcome.digest = world.steps, trace.digest
        logs = world.invariants.logs.values()
        outcome.entries = sum(len(log.leaves) for log in logs)
    return outcome


def _end(loop: VirtualLoop, world: World) -> None:
    """Stop what still runs after a failure."""
    with _quiet():
        for node in world.nodes.values():
            if node.parts is not None:
                loop.run_until_complete(node.stop())
        loop.run_until_complete(end_all(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
