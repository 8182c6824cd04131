"""A year without servers, before it is played: what each row rests on.

The dry federation decides as the nodes do, and says of which streams each decision
asked. A row waits for what was recorded in these before it, and for nothing else; what
is recorded in them after it waits for the row. So every decision of the nodes reads what
it read here, as if every node had received all before.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

import httpx
from typing_extensions import override

from api.auth import Role
from api.clock import AHEAD_DAYS_MAX
from api.words import Language
from deploy.year.dry import DryFederation, RestedOn, StreamKey
from deploy.year.plan import Call, Plan
from deploy.year.player import Player
from domain.values import Region

SILENT_DAYS_MAX: Final = AHEAD_DAYS_MAX // 2
"""A region that has heard nothing for so long hears all before it goes on: it would take
the day for one that is mistyped."""


class Taken(NamedTuple):
    """A command that a row was sent as, and what came of it."""

    day: str
    call: Call
    region: Region
    organisation: str
    person: int
    role: Role
    is_recorded: bool
    position: int
    """Where its region's log ended after it."""
    rested: RestedOn


@dataclass(slots=True)
class RowStep:
    """A command that a row is sent as, and what it waits for."""

    order: int
    """Among all, as they were rehearsed."""
    row: int
    """Which of the rows it is of."""
    is_last: bool
    """It is answered with what becomes of the row."""
    taken: Taken
    after: dict[Region, int]
    """How many steps of each region are answered before it is sent."""
    rests: dict[Region, int]
    """Of how many steps its node holds what they recorded before it is decided."""

    @property
    def may_be_line(self) -> bool:
        """Whether it may be sent as one of many."""
        request = self.taken.call.request
        return bool(request.line) and (
            not request.signed_at or bool(self.taken.rested.fingerprint)
        )

    @property
    def sender(self) -> tuple[str, Role, int, str]:
        """Steps of one sender on one day may go in one request."""
        taken = self.taken
        return taken.organisation, taken.role, taken.person, taken.day


@dataclass(slots=True)
class Rehearsed:
    """The rows of a year, and their steps by region, in the order of the log."""

    rows: list[Call] = field(default_factory=list)
    repeated: set[int] = field(default_factory=set)
    """Rows that stand there before, of which nothing is sent."""
    steps: dict[Region, list[RowStep]] = field(
        default_factory=lambda: {region: [] for region in Region}
    )


async def rehearse(plan: Plan, language: Language) -> Rehearsed:
    """Play a year without servers; say what each row waits for."""
    federation = DryFederation()
    player = _Rehearsal(
        federation.urls,
        federation.token,
        language,
        caller=federation,
        spread=federation.spread,
    )
    player.federation = federation
    await player.play(plan)
    return player.rehearsed


class _Rehearsal(Player):
    """Plays without servers, where nothing is ever waited for: row after row."""

    federation: DryFederation

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.rehearsed = Rehearsed()
        self._taken: list[Taken] = []
        self._dependencies = _Dependencies(self.rehearsed)

    @override
    async def _send(
        self,
        day: str,
        call: Call,
        region: Region,
        organisation: str,
        *,
        person: int = 1,
        role: Role | None = None,
        at_least: Sequence[str] | None = None,
    ) -> httpx.Response:
        answer = await super()._send(
            day, call, region, organisation, person=person, role=role, at_least=at_least
        )
        position, _ = self.federation.logs.ends.get(region.value, (0, None))
        taken = Taken(
            *(day, call, region, organisation, person, role or self._role(call)),
            answer.is_success,
            position,
            self.federation.rested,
        )
        self._taken.append(taken)
        return answer

    @override
    async def _one(
        self, day: str, call: Call, region: Region, organisation: str
    ) -> None:
        self._taken.clear()
        await super()._one(day, call, region, organisation)
        row = len(self.rehearsed.rows)
        self.rehearsed.rows.append(call)
        if not self._taken:
            self.rehearsed.repeated.add(row)
            return
        *before, last = self._taken
        for taken in before:
            # What was refused on the way left nothing, and is not sent again.
            if taken.is_recorded:
                self._dependencies.add(taken, row, is_last=False)
        self._dependencies.add(last, row, is_last=True)


class _Dependencies:
    """Finds what each step waits for, of those before it."""

    def __init__(self, rehearsed: Rehearsed) -> None:
        self._steps = rehearsed.steps
        self._order = 0
        self._day = ""
        self._floor: dict[Region, int] = dict.fromkeys(Region, 0)
        """Steps that all others wait for: those of the days before."""
        self._written: defaultdict[StreamKey, dict[Region, list[tuple[int, int]]]]
        self._written = defaultdict(dict)
        """By stream, the last positions of those who recorded there, and which step."""
        self._read: defaultdict[StreamKey, dict[Region, int]] = defaultdict(dict)
        """By stream, the last step of each region that asked for it."""
        self._heard_on: dict[Region, date] = {}
        """When a region surely held all last, or recorded something."""

    def add(self, taken: Taken, row: int, *, is_last: bool) -> None:
        """Add a step after all others."""
        if taken.day != self._day:
            self._day, self._floor = taken.day, self._counts()
        step = RowStep(
            self._order,
            row,
            is_last,
            taken,
            dict(self._floor),
            dict.fromkeys(Region, 0),
        )
        self._order += 1
        number = len(self._steps[taken.region])
        self._steps[taken.region].append(step)
        if taken.rested.asked_ends or not taken.call.request.line:
            # It asks of all that there is; so all are before it, or after.
            everything = {**self._counts(), taken.region: number}
            step.after, step.rests = dict(everything), everything
            self._floor = self._counts()
        else:
            self._rest_on_read(step, number)
            self._hear(step)
        self._write(step, number)

    def _counts(self) -> dict[Region, int]:
        return {region: len(steps) for region, steps in self._steps.items()}

    def _hear(self, step: RowStep) -> None:
        """Let a region that has heard nothing for long hear all of the days before."""
        taken = step.taken
        day = date.fromisoformat(taken.day) if taken.day else date.min
        heard = self._heard_on.get(taken.region)
        if heard is None or (day - heard).days > SILENT_DAYS_MAX:
            step.rests = {r: max(n, self._floor[r]) for r, n in step.rests.items()}
            self._heard_on[taken.region] = day
        if taken.is_recorded:
            self._heard_on[taken.region] = day

    def _rest_on_read(self, step: RowStep, number: int) -> None:
        own, rested = step.taken.region, step.taken.rested
        for key in rested.read:
            self._read[key][own] = number + 1
            for region, written in self._written.get(key, {}).items():
                if region is not own:
                    heard = rested.heard.get(region.value, 0)
                    self._rest_on(step, number, region, written, heard)

    def _rest_on(
        self,
        step: RowStep,
        number: int,
        region: Region,
        written: Sequence[tuple[int, int]],
        heard: int,
    ) -> None:
        """Wait for what was heard of a stream; what was not waits for this step."""
        for position, other in reversed(written):
            if position <= heard:
                step.rests[region] = max(step.rests[region], other + 1)
                step.after[region] = max(step.after[region], other + 1)
                return
            later = self._steps[region][other].after
            later[step.taken.region] = max(later[step.taken.region], number + 1)

    def _write(self, step: RowStep, number: int) -> None:
        own = step.taken.region
        for key in {*step.taken.rested.written}:
            for region, read in self._read[key].items():
                if region is not own:
                    step.after[region] = max(step.after[region], read)
            place = step.taken.position, number
            self._written[key].setdefault(own, []).append(place)
