"""What disks and streams lose, and how it comes back or is given up.

One store of entries is lost at a time, the next when the others have filled it
again. What a node had signed for and nobody holds any more, a new epoch gives up.
"""

from itertools import count
from pathlib import Path
from typing import Final

from domain.values import Region
from federation.checks.damage import DamageError
from federation.checks.signed_heads import SignedHeads
from federation.checks.verification import verify
from tests.simulation.invariants import InvariantError
from tests.simulation.network import STALE_MAX
from tests.simulation.node import SimulatedNode
from tests.simulation.operators import Operators
from tests.simulation.stage import LONG_SECONDS, SHORT_SECONDS, Stage, last, some

BACKUPS_KEPT: Final = 3
LOOKS: Final = 20
LOOK_SECONDS: Final = (1.0, 1.5)
"""How often, and when, is looked whether a region that is cut off has signed."""


class Losses:
    """Everything that may be lost."""

    def __init__(self, stage: Stage, operators: Operators) -> None:
        self._stage = stage
        self._operators = operators
        self._random = stage.random
        self._backups = count(1)
        self._filling: dict[str, dict[str, int]] = {}
        """Of who has lost entries: how much of each log it must hold again."""
        self._short: dict[str, int] = {}
        """How far each stream must reach again that has lost messages."""
        self.beginning = 0
        """Losses whose repair has not begun yet, and regions that have left."""

    def look(self) -> None:
        """See what is filled again."""
        for name, sizes in list(self._filling.items()):
            if self._filled(name, sizes):
                del self._filling[name]
        for origin, size in list(self._short.items()):
            if last(self._stage.network.streams[origin]) >= size:
                del self._short[origin]

    def is_filling(self, node: SimulatedNode) -> bool:
        """Say whether a node has not got back yet what it lost."""
        return node.name in self._filling

    def _tell(self, kind: str, what: str) -> None:
        self._stage.trace.tell(kind, what)

    # What the streams lose

    async def tail(self) -> bool:
        """Lose what the server had acknowledged and not yet on its disk."""
        origin = some(self._stage).name
        stream = self._stage.network.streams[origin]
        if not stream or not self._may_lose():
            return False
        lost = self._random.randint(1, STALE_MAX)
        self._short[origin] = last(stream)
        del stream[-lost:]
        self._stage.network.tell(origin)
        self._tell("tail lost", f"{origin} {lost}")
        return True

    async def stream(self) -> bool:
        """Delete a stream; an operator makes it anew, empty."""
        network, origin = self._stage.network, some(self._stage).name
        if network.streams[origin] is None or not self._may_lose():
            return False
        self._short[origin] = last(network.streams[origin])
        network.streams[origin] = None
        network.tell(origin)
        self.beginning += 1
        self._tell("stream deleted", origin)

        async def declare() -> None:
            network.streams[origin] = []
            network.tell(origin)
            self.beginning -= 1
            self._tell("stream made anew", origin)

        self._stage.due.later(SHORT_SECONDS, declare)
        return True

    # What a disk loses

    async def back_up(self) -> bool:
        """Copy a journal, while its node runs or stands still."""
        node = some(self._stage)
        if node.parts is not None and node.disk.flipped is None:
            node.disk.back_up(next(self._backups))
            del node.disk.backups[:-BACKUPS_KEPT]
            self._tell("backup", node.name)
        return True

    async def restore(self) -> bool:
        """Lose a database, and come back with an older one, or with none."""
        node = some(self._stage)
        if node.parts is None or not self._may_lose():
            return False
        await self._lose(node, "restore")
        return True

    async def promises(self) -> bool:
        """Lose the memory beside the keys, and nothing of the journal."""
        node = some(self._stage)
        if not node.whole or not self._may_lose() or node.disk.flipped is not None:
            return False
        await node.stop()
        node.disk.lose_promises()
        self._tell("promises lost", node.name)
        self._stage.due.later(SHORT_SECONDS, self._operators.starting(node))
        return True

    async def flip(self) -> bool:
        """Turn a bit; whoever looks must find it, and nobody else may get it."""
        node = some(self._stage)
        if not node.whole or not self._may_lose() or node.disk.ill is not None:
            return False
        flipped = node.disk.flip()
        if flipped is None:
            return False
        self.beginning += 1
        self._tell("bit flipped", f"{node.name} {flipped.origin}/{flipped.position}")

        async def find() -> None:
            self.beginning -= 1
            self._operators.start(node)
            try:
                list(verify(node.up.journal, node.known))
            except DamageError:
                await self._lose(node, "damage")
                return
            text = f"{node.name}: verify does not find the bit turned in {flipped}"
            raise InvariantError(text)

        self._stage.due.later(SHORT_SECONDS, find)
        return True

    async def site(self) -> bool:
        """Cut a region off; what it has signed for meanwhile burns with all its disks."""
        node, apart = some(self._stage), self._stage.network.apart
        pairs = {frozenset({node.name, other.name}) for other in self._others(node)}
        if pairs & apart or not self._may_lose():
            return False
        apart |= pairs
        self.beginning += 1
        self._tell("cut off", node.name)

        self._burn_later(node, pairs, LOOKS)
        return True

    def _burn_later(
        self, node: SimulatedNode, pairs: set[frozenset[str]], looks: int
    ) -> None:
        """Wait until a region that is cut off has signed for what only it holds."""
        network = self._stage.network

        async def join() -> None:
            network.apart -= pairs

        async def burn() -> None:
            elsewhere = self._elsewhere(node)
            if node.parts is None or self._promised(node) <= elsewhere:
                if looks:
                    self._burn_later(node, pairs, looks - 1)
                    return
                self.beginning -= 1
                await join()
                return
            self.beginning -= 1
            network.streams[node.name] = []
            network.tell(node.name)
            self._short[node.name] = elsewhere
            self._stage.due.later(LONG_SECONDS, join)
            await self._lose(node, "site lost")

        self._stage.due.later(LOOK_SECONDS, burn)

    async def _lose(self, node: SimulatedNode, why: str) -> None:
        backup: Path | None = self._random.choice([None, *node.disk.backups])
        self.beginning += 1
        if node.parts is not None:
            await node.stop()
        node.disk.restore(backup)
        if why == "damage" or self._random.random() < 0.5:
            node.disk.lose_views()
        number = "nothing" if backup is None else backup.name
        self._tell(why, f"{node.name} {number}")

        async def start() -> None:
            self.beginning -= 1
            node.disk.replaced = False
            self._operators.start(node)
            self._forget(node)

        self._stage.due.later(LONG_SECONDS, start, hurries=False)

    def _forget(self, node: SimulatedNode) -> None:
        """Count as lost what had not left a disk when it went."""
        own = node.up.journal.positions()[node.name].position
        stream = last(self._stage.network.streams[node.name])
        left = max(own, stream, self._elsewhere(node))
        promised = self._promised(node)
        for command in self._stage.invariants.lost(node.name, left, promised):
            self._tell("lost with the disk", command)
        self._filling[node.name] = {
            region.value: self._elsewhere(node, region)
            for region in Region
            if region is not node.region
        } | {node.name: left}
        if promised > left:
            # One of before may hold what is given up now, which is another history.
            node.disk.backups.clear()
            self._operators.follow_advice(node)

    def _others(self, node: SimulatedNode) -> list[SimulatedNode]:
        return [each for each in self._stage.nodes.values() if each is not node]

    def _elsewhere(self, node: SimulatedNode, of: Region | None = None) -> int:
        """Return how much of a log the other nodes hold, of their own one if not said."""
        origin = (of or node.region).value
        return max(each.holds_of(origin) for each in self._others(node))

    def _promised(self, node: SimulatedNode) -> int:
        """Return how much of its log a node has signed for."""
        promised = SignedHeads(node.disk.promises).last(node.name)
        return 0 if promised is None else promised.size

    def _may_lose(self) -> bool:
        """Say whether everything is held so often that one may lose it."""
        if self.beginning or self._filling or self._short:
            return False
        nodes = self._stage.nodes.values()
        # Who has lost its promises must not lose entries too before all have answered.
        if any(SignedHeads(node.disk.promises).partial for node in nodes):
            return False
        return all(node.parts is not None for node in nodes) and all(
            stream is not None for stream in self._stage.network.streams.values()
        )

    def _filled(self, name: str, sizes: dict[str, int]) -> bool:
        node = self._stage.nodes[Region(name)]
        if not node.whole:
            return False
        epoch = node.up.journal.positions()[name].epoch
        others = [each for each in self._others(node) if each.parts is not None]
        if all(each.up.journal.positions()[name].epoch < epoch for each in others):
            # Nobody else could give the beginning of an epoch back.
            return False
        held = node.up.journal.positions()
        return all(held[origin].position >= size for origin, size in sizes.items())
