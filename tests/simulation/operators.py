"""The people who run the nodes: they stop and start them, and begin epochs."""

from contextlib import closing
from datetime import timedelta
from typing import Final

from eventsourcing.persistence import PersistenceError

from federation.checks.signed_heads import SignedHeads
from federation.node.new_epoch import NewEpoch, NotBegunError
from tests.simulation.disk import SimulatedJournal
from tests.simulation.due import Act
from tests.simulation.network import SimulatedTransport
from tests.simulation.node import SimulatedNode
from tests.simulation.stage import SHORT_SECONDS, Stage

ADVICE: Final = "begin a new epoch"
"""What a node tells its operator that only an epoch helps."""


def look_at_the_clock(node: SimulatedNode) -> None:
    """Set a clock right that shows another year, as who records by hand sees to."""
    node.clock.leap = timedelta()


class Operators:
    """Those who run the nodes."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def stop(self, node: SimulatedNode, why: str) -> None:
        """Cut a node's power; it comes back by itself."""
        self._stage.trace.tell("power cut", f"{node.name} {why}")
        await node.stop()
        self._stage.due.later(SHORT_SECONDS, self.starting(node))

    def start(self, node: SimulatedNode) -> None:
        """Start a node, unless it runs or somebody is at work on its disk."""
        if node.parts is None and not node.disk.replaced:
            self._stage.invariants.restarted(node)
            node.start()
            self._stage.trace.tell("started", node.name)

    def starting(self, node: SimulatedNode) -> Act:
        """Return what starts a node."""

        async def act() -> None:
            self.start(node)

        return act

    def follow_advice(self, node: SimulatedNode) -> None:
        """Look after a node that may not record, until it may; do what it advises."""

        async def act() -> None:
            if node.whole:
                return
            reason = node.reason
            if reason is not None and ADVICE in reason:
                await self._begin(node)
            self.follow_advice(node)

        self._stage.due.later(SHORT_SECONDS, act, hurries=False)

    async def _begin(self, node: SimulatedNode) -> None:
        """Give up what nobody holds, as ``fagnett epoch begin`` does."""
        await node.stop()
        look_at_the_clock(node)
        with closing(
            SimulatedJournal(node.disk, node.region, node.clock.now)
        ) as journal:
            new_epoch = NewEpoch(
                journal,
                SimulatedTransport(self._stage.network, node.name),
                node.key,
                node.known[node.region],
                SignedHeads(node.disk.promises),
                node.clock.now,
            )
            try:
                loss = await new_epoch.look()
                row = new_epoch.begin(loss, "The site burned down", "operator")
            except (NotBegunError, PersistenceError) as error:
                self._stage.trace.tell("no epoch", f"{node.name} {error}")
            else:
                what = (
                    f"{row.origin}/{row.epoch}/{row.position} of {loss.promised.size}"
                )
                self._stage.trace.tell("epoch", what)
        self.start(node)
