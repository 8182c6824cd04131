"""What goes wrong, what people do about it, and what they change while it runs.

A fault begins at a step and is mended some time later. One store of entries is
lost at a time, the next when the others have filled it again.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from deploy.simulation.disk import Ill
from deploy.simulation.invariants import InvariantError
from deploy.simulation.network import (
    FINE,
    LATE_SECONDS_MAX,
    STALE_MAX,
    Weather,
)
from deploy.simulation.node import SimulatedNode
from deploy.simulation.stage import Act, Stage, accept, accepting, last
from domain.values import Region
from federation.keyring import Place, succession
from federation.keys import signing_key
from federation.promises import Promises
from federation.verification import DamageError, verify

CLOCK_HOURS_MAX: Final = 11.0
"""Two clocks so far off each other's way are still within a day of each other."""
SHORT_SECONDS: Final = (1.0, 10.0)
LONG_SECONDS: Final = (LATE_SECONDS_MAX + 5.0, 2 * LATE_SECONDS_MAX)
"""A database is not back before everything that was on its way has arrived."""
BACKUPS_KEPT: Final = 3
KEY_BYTES: Final = 32

Fault = Callable[[], Awaitable[bool]]
"""Says whether it happened; some faults must wait until others are mended."""


class Faults:
    """Everything that may happen to the nodes and between them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._random = stage.network.random
        self._deck: list[Fault] = []
        """Everything happens before anything happens again."""
        self._due: list[tuple[float, int, Act]] = []
        self._numbers = count(1)
        self._filling: dict[str, dict[str, int]] = {}
        """Of who has lost entries: how much of each log it must hold again."""
        self._short: dict[str, int] = {}
        """How far each stream must reach again that has lost messages."""
        self._lossy = 0
        """Losses whose repair has not begun yet."""

    async def strike(self) -> None:
        """Let something happen."""
        if not self._deck:
            small: list[Fault] = [self._weather, self._partition, self._server]
            small += [self._clock, self._power, self._disk, self._back_up, self._copy]
            large: list[Fault] = [self._tail, self._stream, self._restore, self._flip]
            self._deck = [*small, *small, *large, self._rotate, self._upgrade]
            self._random.shuffle(self._deck)
        for fault in list(self._deck):
            if await fault():
                self._deck.remove(fault)
                return

    async def pass_time(self) -> None:
        """Mend what it is time to mend."""
        now = self._stage.loop.time()
        ready = sorted(each for each in self._due if each[0] <= now)
        self._due = [each for each in self._due if each[0] > now]
        for _, _, mend in ready:
            await mend()
        for name, sizes in list(self._filling.items()):
            if self._filled(name, sizes):
                del self._filling[name]
        for origin, size in list(self._short.items()):
            if last(self._stage.network.streams[origin]) >= size:
                del self._short[origin]

    async def mend_all(self) -> None:
        """Mend everything now that is to be mended some time."""
        for node in self._stage.nodes.values():
            node.falls_after_answer = False
        self._stage.network.weather = FINE
        while self._due:
            due, self._due = sorted(self._due), []
            for _, _, mend in due:
                await mend()
            for node in self._stage.nodes.values():
                if node.disk.fallen:
                    await self.stop(node, "with its disk")

    # Telling and waiting

    def _tell(self, kind: str, what: str = "") -> None:
        self._stage.trace.tell(kind, what)

    def _later(self, seconds: tuple[float, float], mend: Act) -> None:
        at = self._stage.loop.time() + self._random.uniform(*seconds)
        self._due.append((at, next(self._numbers), mend))

    def _some(self) -> SimulatedNode:
        return self._random.choice(list(self._stage.nodes.values()))

    # Between the regions

    async def _weather(self) -> bool:
        if self._random.random() < 0.3:  # noqa: PLR2004 - a draw
            self._stage.network.weather = FINE
            self._tell("weather", "fine")
            return True
        draw = self._random.uniform
        self._stage.network.weather = Weather(
            delay_seconds=draw(0.01, 1.0),
            lost=draw(0, 0.2),
            doubled=draw(0, 0.2),
            bent=draw(0, 0.1),
            stale=draw(0, 0.2),
        )
        self._tell("weather", "bad")
        return True

    async def _partition(self) -> bool:
        one, other = self._random.sample([region.value for region in Region], 2)
        pair, apart = frozenset({one, other}), self._stage.network.apart
        if pair in apart:
            return False
        apart.add(pair)
        self._tell("partition", f"{one} {other}")

        async def join() -> None:
            apart.discard(pair)

        self._later(LONG_SECONDS, join)
        return True

    async def _server(self) -> bool:
        region, down = self._some().name, self._stage.network.down
        if region in down:
            return False
        down.add(region)
        self._tell("server down", region)

        async def rise() -> None:
            down.discard(region)

        self._later(SHORT_SECONDS, rise)
        return True

    # What the streams lose

    async def _tail(self) -> bool:
        """Lose what the server had acknowledged and not yet on its disk."""
        origin = self._some().name
        stream = self._stage.network.streams[origin]
        if not stream or not self._may_lose():
            return False
        lost = self._random.randint(1, STALE_MAX)
        self._short[origin] = last(stream)
        del stream[-lost:]
        self._stage.network.tell(origin)
        self._tell("tail lost", f"{origin} {lost}")
        return True

    async def _stream(self) -> bool:
        """Delete a stream; an operator makes it anew, empty."""
        network, origin = self._stage.network, self._some().name
        if network.streams[origin] is None or not self._may_lose():
            return False
        self._short[origin] = last(network.streams[origin])
        network.streams[origin] = None
        network.tell(origin)
        self._lossy += 1
        self._tell("stream deleted", origin)

        async def declare() -> None:
            network.streams[origin] = []
            network.tell(origin)
            self._lossy -= 1

        self._later(SHORT_SECONDS, declare)
        return True

    async def _copy(self) -> bool:
        """Add an old page to a stream once more, long after."""
        network, origin = self._stage.network, self._some().name
        stream = network.streams[origin]
        if not stream:
            return False
        stream.append(self._random.choice(stream))
        network.tell(origin)
        self._tell("page repeated", origin)
        return True

    # At a node

    async def stop(self, node: SimulatedNode, why: str) -> None:
        """Cut a node's power; it comes back by itself."""
        self._tell("power cut", f"{node.name} {why}")
        await node.stop()
        self._later(SHORT_SECONDS, self._starting(node))

    def _starting(self, node: SimulatedNode) -> Act:
        async def start() -> None:
            if node.parts is None and not node.disk.replaced:
                self._stage.invariants.restarted(node)
                node.start()
                self._tell("started", node.name)

        return start

    async def _power(self) -> bool:
        node = self._some()
        if node.parts is None or node.disk.flipped is not None:
            return False
        if self._random.random() < 0.5:  # noqa: PLR2004 - a coin
            node.falls_after_answer = True
        else:
            await self.stop(node, "at any time")
        return True

    async def _disk(self) -> bool:
        node = self._some()
        if node.parts is None or node.disk.ill is not None:
            return False
        node.disk.ill = self._random.choice(list(Ill))
        self._tell("disk", f"{node.name} {node.disk.ill}")

        async def mend() -> None:
            node.disk.ill = None

        self._later(SHORT_SECONDS, mend)
        return True

    async def _clock(self) -> bool:
        node = self._some()
        hours = self._random.uniform(-CLOCK_HOURS_MAX, CLOCK_HOURS_MAX)
        node.clock.off = timedelta(hours=hours)
        self._tell("clock", f"{node.name} {node.clock.off}")
        return True

    async def _upgrade(self) -> bool:
        """Stop a node, and start it with read models of another shape."""
        node = self._some()
        if node.parts is None or node.disk.flipped is not None:
            return False
        await node.stop()
        self._tell("upgrade", node.name)
        with closing(sqlite3.connect(node.disk.views)) as views, views:
            views.execute("UPDATE about SET schema_version = -1")
        self._later(SHORT_SECONDS, self._starting(node))
        return True

    async def _rotate(self) -> bool:
        """Give a region another key; the others accept it one after the other."""
        node = self._some()
        if not node.whole or node.disk.flipped is not None or self._lossy:
            return False
        if node.name in self._filling:
            return False
        held = node.up.journal.positions()[node.name]
        if node.up.running.courier.state.sent != held.position:
            return False
        await node.stop()
        new = signing_key(node.key.name, self._random.randbytes(KEY_BYTES))
        line = succession(node.key, new.verifier, Place(held.epoch, held.position))
        node.key = new
        for known in (self._stage.rings, node.known):
            accept(known[node.region], line)
        self._tell("key", f"{node.name} {held.position}")
        self._later(SHORT_SECONDS, self._starting(node))
        for other in self._stage.nodes.values():
            if other is not node:
                self._later(LONG_SECONDS, accepting(other.known[node.region], line))
        return True

    # What a disk loses

    async def _back_up(self) -> bool:
        node = self._some()
        if node.parts is not None and node.disk.flipped is None:
            node.disk.back_up(next(self._numbers))
            del node.disk.backups[:-BACKUPS_KEPT]
            self._tell("backup", node.name)
        return True

    async def _restore(self) -> bool:
        """Lose a database, and come back with an older one, or with none."""
        node = self._some()
        if node.parts is None or not self._may_lose() or not self._kept(node):
            return False
        await self._lose(
            node, "restore", self._random.choice([None, *node.disk.backups])
        )
        return True

    async def _lose(self, node: SimulatedNode, why: str, backup: Path | None) -> None:
        self._lossy += 1
        await node.stop()
        node.disk.restore(backup)
        if why == "damage" or self._random.random() < 0.5:  # noqa: PLR2004 - a coin
            node.disk.lose_views()
        number = "nothing" if backup is None else backup.name
        self._tell(why, f"{node.name} {number}")

        async def start() -> None:
            self._lossy -= 1
            self._forget(node)
            await self._starting(node)()

        self._later(LONG_SECONDS, start)

    def _forget(self, node: SimulatedNode) -> None:
        """Count as lost what had not left a disk when it went."""
        node.disk.replaced = False
        log = self._stage.invariants.logs[node.name]
        others = [each for each in self._stage.nodes.values() if each is not node]
        held = [
            each.up.journal.positions() for each in others if each.parts is not None
        ]
        size = self._left(node)
        for command in log.forget(size):
            self._tell("lost with the disk", command)
        self._filling[node.name] = {
            region.value: max(each[region.value].position for each in held)
            for region in Region
            if region is not node.region
        } | {node.name: size}

    def _left(self, node: SimulatedNode) -> int:
        """Return how much of a node's own log is there without its database."""
        held = [
            each.up.journal.positions()[node.name].position
            for each in self._stage.nodes.values()
            if each is not node and each.parts is not None
        ]
        return max([last(self._stage.network.streams[node.name]), *held])

    def _kept(self, node: SimulatedNode) -> bool:
        """Say whether others hold all that a node has signed for.

        What it has given away and nobody got would be lost for ever with its
        database, and only a new epoch would let the region go on.
        """
        promised = Promises(node.disk.promises).last(node.name)
        return promised is None or promised.size <= self._left(node)

    async def _flip(self) -> bool:
        """Turn a bit; whoever looks must find it, and nobody else may get it."""
        node = self._some()
        if not node.whole or not self._may_lose() or node.disk.ill is not None:
            return False
        flipped = node.disk.flip()
        if flipped is None:
            return False
        self._lossy += 1
        self._tell("bit flipped", f"{node.name} {flipped.origin}/{flipped.position}")

        async def find() -> None:
            self._lossy -= 1
            await self._starting(node)()
            try:
                list(verify(node.up.journal, node.known))
            except DamageError:
                if not self._kept(node):
                    node.disk.turn_back()
                    self._stage.invariants.restarted(node)
                    return
                backup = self._random.choice([None, *node.disk.backups])
                await self._lose(node, "damage", backup)
                return
            text = f"{node.name}: verify does not find the bit turned in {flipped}"
            raise InvariantError(text)

        self._later(SHORT_SECONDS, find)
        return True

    def _may_lose(self) -> bool:
        """Say whether everything is held so often that one may lose it."""
        if self._lossy or self._filling or self._short:
            return False
        nodes = self._stage.nodes.values()
        return all(node.parts is not None for node in nodes) and all(
            stream is not None for stream in self._stage.network.streams.values()
        )

    def _filled(self, name: str, sizes: dict[str, int]) -> bool:
        node = self._stage.nodes[Region(name)]
        if not node.whole:
            return False
        held = node.up.journal.positions()
        return all(held[origin].position >= size for origin, size in sizes.items())
