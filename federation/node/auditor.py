"""The auditor: decides the other regions' logs again as they come.

- Command by command, from their beginning: a command that rests on what is not here
  yet waits for it.
- What is no decision is an incident that this node has seen. The log is kept and
  passed on all the same; what is read of it ends there, until an operator decides.
- What waits for long is not read either, before it can be judged.
- Decisions of this region rest on what was decided again, and on nothing after that:
  nothing that waits, nothing unfounded, nothing that this release cannot read.
- A node that begins goes on where it was, and then decides all before that again, as
  its release does.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, NamedTuple

import structlog
from eventsourcing.persistence import PersistenceError

from domain.values import Region
from federation.checks import incidents
from federation.checks.incidents import Observation, Observed, observe
from federation.journal.audited import Audited, audited_in, keep_audited
from federation.journal.order import last_decided
from federation.journal.shapes import DamagedEntryError, Position
from federation.journal.store import Journal
from federation.journal.witnessing import OPEN_MAX
from federation.log.arrivals import commits, within
from federation.log.redeciding import Redecided, Unfounded, redecide
from federation.node.throttle import unthrottled
from federation.signed.entry import position_of, seen_of
from federation.signed.seen import NOWHERE

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0
COMMANDS_AT_ONCE: Final = 100
"""Commands of a log between two pauses: some thousandths of a second for each."""
WAITING_MAX: Final = 1000
"""Commands of a log that may wait for what they rest on."""
WAITS_SECONDS: Final = 60.0
"""What a command rests on comes sooner than that, wherever somebody has it."""
WAITS: Final = "waits"
"""Reason where what a command rested on is not here yet, and has not come for long."""
NEVER_CAME: Final = "never_came"
"""Reason where so many others have waited since that nobody waits any more."""


class Quarantine(NamedTuple):
    """Where what is read of a region's log has to end."""

    position: int
    """Of the first entry that is not read."""
    reason: str


@dataclass(slots=True)
class AuditorState:
    """What an operator asks of an auditor."""

    audited: dict[str, int] = field(default_factory=dict)
    """The positions up to which the logs were decided again since the node started.

    A command that rested on what is not here yet is not; those after it may be.
    """


class Auditor:
    """Decides the other regions' logs again, from their beginning. One runs in a node."""

    def __init__(
        self,
        journal: Journal,
        throttle: Callable[[float], float] = unthrottled,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; ``throttle`` gives the seconds to pause after some seconds of work.

        ``seconds`` never goes back, and goes on as time does.
        """
        self._journal = journal
        self._throttle = throttle
        self._seconds = seconds
        self._since: dict[str, dict[int, float]] = {}
        """Since when commands wait, by the position of the first entry."""
        self._unreadable: dict[str, int] = {}
        """Where the first command stands that this release cannot read."""
        self._again: dict[str, tuple[int, int]] = {}
        """How much was decided again since the node began, of what was before."""
        self._late: dict[str, int | None] = {}
        """Where the first command stands that has waited for long."""
        self._looked: dict[str, int] = {}
        self._waiting: dict[str, dict[int, Mapping[str, Position]]] = {}
        self._suspects: dict[str, set[int]] = {}
        """Positions that this release finds unfounded, or an earlier one did and this
        one has not come to yet."""
        self._crowded: set[str] = set()
        """Regions of which no more is kept before an operator has decided."""
        self._audited: dict[str, Audited] = {}
        """What was kept last."""
        self._lock = Lock()
        self.state = AuditorState()

    def prepare(self) -> None:
        """Begin where the home log has rested on the others' before.

        What its decisions had seen was decided again then.
        """
        journal = self._journal
        with journal.writing() as cursor:
            last = last_decided(cursor, journal.region.value)
            rested = {} if last is None else seen_of(last.body)
            known = audited_in(cursor)
            for region in Region:
                if region is not journal.region:
                    _, position = rested.get(region.value, NOWHERE)
                    before = known.get(region.value, Audited(0, 0))
                    start = max(before.position, position)
                    keep_audited(cursor, region.value, Audited(start, start))
                    self._looked[region.value] = start
                    self._again[region.value] = 0, start

    async def run(self) -> None:
        """Audit until cancelled."""
        clock = asyncio.get_running_loop().time
        with commits(self._journal) as committed:
            while True:
                committed.clear()
                began = clock()
                for region in Region:
                    if region is not self._journal.region:
                        await self._look(region.value)
                pause = self._throttle(clock() - began)
                if pause:
                    await asyncio.sleep(pause)
                await within(committed, PAUSE_SECONDS)

    async def _look(self, origin: str) -> None:
        try:
            await asyncio.to_thread(self.look, origin)
        except DamagedEntryError as error:
            self._journal.damage.found(origin, error)
        except PersistenceError as error:
            log.warning("not_audited", origin=origin, reason=type(error).__name__)

    def quarantine(self, origin: str) -> Quarantine | None:
        """From the first unfounded entry of a log on that nobody has decided on.

        Called from any thread, again and again: mostly nothing is suspected.
        """
        late = self._late.get(origin)
        with self._lock:
            suspects = self._suspects_of(origin)
            found = incidents.unfounded(self._journal, origin) if suspects else {}
            suspects &= found.keys()
            first = min(suspects, default=None)
        if first is not None and (late is None or first <= late):
            return Quarantine(first, found[first])
        return None if late is None else Quarantine(late, WAITS)

    def _suspects_of(self, origin: str) -> set[int]:
        if origin not in self._suspects:
            self._suspects[origin] = set(incidents.unfounded(self._journal, origin))
        return self._suspects[origin]

    def look(self, origin: str) -> None:
        """Decide the next commands of a log again, and keep what was no decision."""
        if origin in self._crowded and not self._is_full(origin):
            # What was not kept then is found once more.
            self._crowded.discard(origin)
            self._looked[origin] = 0
            self._again.pop(origin, None)
        waiting = self._waiting.setdefault(origin, {})
        ends = self._journal.positions()
        for position, needed in sorted(waiting.items()):
            came = all(ends[region] >= place for region, place in needed.items())
            # What never will come shows where its region is complete beyond it.
            if came or position == min(waiting):
                again = self._decide(origin, position - 1, 1)
                if again.reached >= position and position not in again.waiting:
                    del waiting[position]
        looked = self._looked.get(origin, 0)
        if ends[origin].position > looked:
            looked = self._decide(origin, looked, COMMANDS_AT_ONCE).reached
            self._looked[origin] = looked
        else:
            self._decide_before(origin)
        while len(waiting) > WAITING_MAX:
            position = min(waiting)
            self._give_up(origin, position)
            del waiting[position]
        done, before = self._again.get(origin, (0, 0))
        reached = done if done < before else looked
        self.state.audited[origin] = min((reached, *(each - 1 for each in waiting)))
        self._note_late(origin, waiting)
        self._keep_audited(origin, looked)

    def _decide_before(self, origin: str) -> None:
        """Decide some more of what was decided before the node began."""
        done, before = self._again.get(origin, (0, 0))
        if done < before:
            reached = self._decide(origin, done, COMMANDS_AT_ONCE).reached
            self._again[origin] = (reached, before) if reached > done else (0, 0)
            self._journal.tell(origin)

    def _note_late(self, origin: str, waiting: Mapping[int, object]) -> None:
        """Note whether the first command that waits has waited for long."""
        since, now = self._since.get(origin, {}), self._seconds()
        since = {position: since.get(position, now) for position in waiting}
        self._since[origin] = since
        late = (each for each, began in since.items() if now - began > WAITS_SECONDS)
        first = min(late, default=None)
        if first != self._late.get(origin):
            self._late[origin] = first
            self._journal.tell(origin)

    def _keep_audited(self, origin: str, looked: int) -> None:
        """Let decisions rest on what was decided again, up to what was not."""
        stop = self.quarantine(origin)
        stops = [self._unreadable.get(origin), *self._waiting[origin]]
        stops.append(None if stop is None else stop.position)
        first = min((each for each in stops if each is not None), default=looked + 1)
        audited = Audited(min(looked, first - 1), looked)
        if self._audited.get(origin) == audited:
            return
        with self._journal.writing() as cursor:
            keep_audited(cursor, origin, audited)
        self._audited[origin] = audited
        self._journal.tell(origin)

    def _decide(self, origin: str, after: int, commands: int) -> Redecided:
        redecided = redecide(self._journal, origin, after, commands)
        for unfounded in redecided.unfounded:
            self._keep(origin, unfounded, Observed.UNFOUNDED)
        if redecided.unfounded and self._is_full(origin):
            self._crowded.add(origin)
        self._waiting[origin] |= redecided.waiting
        if redecided.unreadable is not None:
            first = self._unreadable.get(origin, redecided.unreadable)
            self._unreadable[origin] = min(first, redecided.unreadable)
        self._suspect(origin, after, redecided)
        return redecided

    def _is_full(self, origin: str) -> bool:
        return len(incidents.unfounded(self._journal, origin)) >= OPEN_MAX

    def _suspect(self, origin: str, after: int, redecided: Redecided) -> None:
        """Note what is unfounded of what was decided again, and what no longer is."""
        wrong = {position_of(entry.place) for entry in redecided.unfounded}
        with self._lock:
            suspects = self._suspects_of(origin)
            judged = {at for at in suspects if after < at <= redecided.reached}
            cleared = judged - wrong - redecided.waiting.keys()
            suspects -= cleared
            suspects |= wrong
        if wrong or cleared:
            self._journal.tell(origin)

    def _give_up(self, origin: str, position: int) -> None:
        """Keep that what a command rested on has not come for so long."""
        for row in self._journal.entries(origin, position - 1, 1):
            waited = Unfounded(row.id, row.type, NEVER_CAME)
            self._keep(origin, waited, Observed.UNJUDGED)
        with self._lock:
            self._suspects_of(origin).add(position)

    def _keep(self, origin: str, unfounded: Unfounded, kind: Observed) -> None:
        text = f"{unfounded.type} is no decision on what {origin} had seen: {unfounded.reason}"
        seen = Observation(kind, origin, text, entry=unfounded.place)
        observe(self._journal, origin, seen)
