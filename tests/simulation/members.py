"""Regions leave the federation, and join it again some time later.

Nobody waits for who has left: what only that region holds, an epoch of another
would give up. So nothing is lost from when one leaves until all know that it is
a member again.
"""

from contextlib import closing
from functools import partial
from typing import Final

from deploy.databases import last_recorded
from domain.parties.membership import TrustedKey, decide_joining, decide_leaving
from domain.refusal import Refusal
from domain.values import business_day, parse_instant
from federation.log.membership import Decide, record
from tests.simulation.disk import SimulatedJournal
from tests.simulation.invariants import InvariantError
from tests.simulation.losses import Losses
from tests.simulation.node import SimulatedNode
from tests.simulation.operators import Operators, look_at_the_clock
from tests.simulation.stage import SHORT_SECONDS, Stage, some

REASON: Final = "The trusts of the region have gone elsewhere"


class Members:
    """What regions say of their membership; one is away at a time."""

    def __init__(self, stage: Stage, operators: Operators, losses: Losses) -> None:
        self._stage = stage
        self._operators = operators
        self._losses = losses

    async def leave(self) -> bool:
        """Let a region leave, as ``fagnett federation leave`` does."""
        node = some(self._stage)
        if not node.whole or node.disk.flipped is not None:
            return False
        if self._losses.beginning or self._losses.is_filling(node):
            return False
        if await self._say(node, "left") is None:
            return False
        self._losses.beginning += 1
        self._stage.due.later(SHORT_SECONDS, partial(self._join, node), hurries=False)
        return True

    async def _join(self, node: SimulatedNode) -> None:
        """Let it join again once it is up and whole."""
        if not node.whole:
            again = partial(self._join, node)
            self._stage.due.later(SHORT_SECONDS, again, hurries=False)
            return
        position = await self._say(node, "joined")
        if position is None:
            text = f"{node.name} cannot join again"
            raise InvariantError(text)
        self._settle_later(node, position)

    def _settle_later(self, node: SimulatedNode, position: int) -> None:
        """Wait until everybody knows that a region is a member again."""

        async def settle() -> None:
            nodes = self._stage.nodes.values()
            if all(each.holds_of(node.name) >= position for each in nodes):
                self._losses.beginning -= 1
                return
            self._settle_later(node, position)

        self._stage.due.later(SHORT_SECONDS, settle, hurries=False)

    async def _say(self, node: SimulatedNode, what: str) -> int | None:
        """Record it while the node stands still; return at which position.

        None where it is refused: a region that has said nothing cannot leave.
        """
        await node.stop()
        look_at_the_clock(node)
        with closing(
            SimulatedJournal(node.disk, node.region, node.clock.now)
        ) as journal:
            last, now = last_recorded(journal), node.clock.now()
            now = max(now, parse_instant(last)) if last else now
            outcome = record(journal, self._decide(node, what), "operator", now)
        self._stage.due.later(SHORT_SECONDS, self._operators.starting(node))
        if isinstance(outcome, Refusal):
            return None
        place = f"{node.name}/{outcome.position}"
        self._stage.invariants.acknowledged(f"{place} {what}", [outcome])
        self._stage.trace.tell(what, place)
        return outcome.position

    def _decide(self, node: SimulatedNode, what: str) -> Decide:
        on = business_day(node.clock.now())
        if what == "left":
            return lambda standing: decide_leaving(standing, on, REASON)
        keys = tuple(
            TrustedKey(region=region, key=str(known.ring.current))
            for region, known in node.known.items()
        )
        return lambda standing: decide_joining(standing, on, keys)
