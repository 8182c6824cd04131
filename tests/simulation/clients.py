"""The people who send commands, and send them again until they have an answer."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Final

from eventsourcing.persistence import PersistenceError

from domain.fact import Command
from domain.invoicing.invoice_decision import RegisterInvoice
from domain.refusal import Code, Refusal
from domain.values import Region, business_day
from federation.journal.shapes import WithheldError
from federation.log.executor import (
    ContentionError,
    NotHereError,
    Receipt,
    RequestContext,
)
from federation.log.times import ClockApartError
from tests.simulation.business import Business
from tests.simulation.disk import FAILS
from tests.simulation.invariants import Invariants
from tests.simulation.node import SimulatedNode
from tests.simulation.reading import as_read
from tests.simulation.trace import Trace

ELSEWHERE: Final = (Code.NOT_ENTITLED, Code.WRONG_REGION)
UNHEARD: Final = 0.05
"""So often the answer does not come back, and the command is sent again."""
AGAIN: Final = 0.02
"""So often somebody sends a command again that was answered long ago."""
REMEMBERED: Final = 50


@dataclass(frozen=True, slots=True)
class Sent:
    """A command under its key, and whom it is for."""

    command: Command
    key: str
    region: Region
    organisation: str


@dataclass
class Clients:
    """Everybody who uses the doors of the nodes."""

    random: Random
    trace: Trace
    nodes: Mapping[Region, SimulatedNode]
    invariants: Invariants
    business: Business
    now: Callable[[], datetime]
    waiting: deque[Sent] = field(default_factory=deque)
    _answered: deque[Sent] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _sent: int = 0

    def act(self) -> None:
        """Send what waits for an answer, something old, or something new."""
        if self.waiting and self.random.random() < 0.5:
            self._send(self.waiting.popleft())
        elif self._answered and self.random.random() < AGAIN:
            self._send(self.random.choice(self._answered))
        else:
            self.new(self.business.next(business_day(self.now())))

    def new(self, command: Command) -> None:
        """Send a command to the region that it belongs to."""
        self._sent += 1
        asked = Sent(command, f"c{self._sent}", Region.VEST, "")
        for region in Region:
            if self.nodes[region].parts is not None:
                asked = Sent(command, asked.key, region, "")
                break
        self._send(asked)

    def _send(self, sent: Sent, *, guided: bool = False) -> None:
        node = self.nodes[sent.region]
        if node.parts is None:
            self._wait(sent, "away")
            return
        actor = "receiver" if isinstance(sent.command, RegisterInvoice) else "tester"
        asker = RequestContext(
            actor, sent.organisation, sent.key, sent.key, node.clock.now()
        )
        at_work = FAILS.set(True)
        try:
            with node.parts.executor.history() as history:
                sent = replace(sent, command=as_read(sent.command, history))
            answer = node.parts.executor.execute(sent.command, asker)
        except (
            *(PersistenceError, ContentionError),
            *(WithheldError, ClockApartError, NotHereError),
        ) as error:
            self._wait(sent, type(error).__name__)
            return
        except Exception as error:
            if node.disk.flipped is None:
                raise
            # What is decided on damaged bytes may fail anywhere.
            self._wait(sent, type(error).__name__)
            return
        finally:
            FAILS.reset(at_work)
        if isinstance(answer, Refusal):
            self._refused(sent, answer, guided=guided)
            return
        self._recorded(sent, answer, asker.command_id)

    def _wait(self, sent: Sent, why: str) -> None:
        self.trace.tell("unanswered", f"{sent.key} {sent.region.value} {why}")
        if sent.organisation:
            self.waiting.append(sent)

    def _refused(self, sent: Sent, refusal: Refusal, *, guided: bool) -> None:
        if refusal.code in ELSEWHERE and not guided and refusal.organisation:
            region = refusal.region or sent.region
            there = Sent(sent.command, sent.key, region, refusal.organisation)
            self._send(there, guided=True)
            return
        kind = type(sent.command).__name__
        self.trace.tell("refused", f"{sent.key} {kind} {refusal.code.value}")

    def _recorded(self, sent: Sent, receipt: Receipt, command_id: str) -> None:
        if self.random.random() < UNHEARD:
            self._wait(sent, "unheard")
            return
        self.invariants.acknowledged(command_id, receipt.rows)
        self._answered.append(sent)
        node = self.nodes[sent.region]
        if node.falls_after_answer and receipt.rows and not receipt.repeated:
            node.falls_after_answer, node.disk.fallen = False, True
        place = receipt.rows[0].position if receipt.rows else 0
        what = f"{sent.region.value}/{place}+{len(receipt.rows)}"
        kind = "repeated" if receipt.repeated else "recorded"
        self.trace.tell(kind, f"{sent.key} {type(sent.command).__name__} {what}")
