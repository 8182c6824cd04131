"""Playing a year where nothing was recorded yet: each row waits for what it rests on.

What that is, a rehearsal without servers has found. Each region has its rows in their
order; rows that rest on nothing of each other run side by side in their regions, and a
day begins when the rows of the days before are answered everywhere. What the nodes say
counts, and not what was rehearsed.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import httpx
import orjson
from typing_extensions import override

from api.auth import Role
from api.lines import MEDIA_TYPE
from api.routers import PREFIX
from deploy.year.plan import Plan
from deploy.year.player import (
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    NodeAwayError,
    NotKeptError,
    Player,
    patiently,
    plain_error,
)
from deploy.year.rehearsal import RowStep, rehearse
from deploy.year.telling import Telling
from domain.values import REGIONAL_AUTHORITY, Region

LINES_MAX: Final = 64
"""So many rows go in one request."""
RowAnswer = Mapping[str, Any]
"""What a row is answered."""


class Conductor(Player):
    """Plays one year.

    Row by row where something is recorded already, or a node is of a release that takes
    no lines.
    """

    @override
    async def play(self, plan: Plan) -> None:
        async with self._opened() as self._client:
            conducts = await self._may_conduct()
        if not conducts:
            await super().play(plan)
            return
        self._regions = plan.regions
        self._rehearsed = rehearsed = await rehearse(plan, self.language)
        self._begin()
        async with self._opened() as self._client:
            try:
                async with asyncio.TaskGroup() as group:
                    for region in Region:
                        group.create_task(self._play_region(region))
                await self._everywhere()
            except* NodeAwayError as away:
                raise plain_error(away) from None
        self._telling = Telling(plan, self.language)
        for number, call in enumerate(rehearsed.rows):
            if number in rehearsed.repeated:
                self._telling.same(call)
            elif "recorded" in (content := self._answers[number]):
                self._telling.taken(call, content)
            else:
                self._telling.refuse(call, content)
        self._telling.sort()

    async def _may_conduct(self) -> bool:
        assert isinstance(self._client, httpx.AsyncClient)
        for region, url in self.urls.items():
            token = self._token(REGIONAL_AUTHORITY[region], Role.READER)
            headers = {"Authorization": f"Bearer {token}"}
            at = f"{url}{PREFIX}/federation/positions"
            answer = await patiently(partial(self._client.get, at, headers=headers))
            if any(answer.json().values()):
                return False
            lines = {**headers, "Content-Type": MEDIA_TYPE}
            door = f"{url}{PREFIX}/commands"
            ask = partial(self._client.post, door, content=b"", headers=lines)
            if (await patiently(ask)).status_code == httpx.codes.NOT_FOUND:
                return False
        return True

    def _begin(self) -> None:
        self._answers: dict[int, RowAnswer] = {}
        """By row, what it was answered."""
        self._ends: dict[Region, list[int]] = {region: [0] for region in Region}
        """Where each log ended after each of its steps that is answered."""
        self._held: dict[Region, dict[Region, int]] = {
            region: dict.fromkeys(Region, 0) for region in Region
        }
        """Of how many steps each node surely holds what they recorded."""
        self._waiting: dict[Region, RowStep] = {}
        """Steps that wait for others."""
        self._forced = -1
        self._changed = asyncio.Event()
        self._at_work = len(Region)

    async def _play_region(self, region: Region) -> None:
        steps, ends = self._rehearsed.steps[region], self._ends[region]
        while len(ends) <= len(steps):
            run = await self._next_run(region)
            for step, content in zip(run, await self._answered(run), strict=True):
                self._take(step, content)
            self._tell_change()
        self._at_work -= 1
        self._tell_change()

    def _tell_change(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _is_ready(self, step: RowStep) -> bool:
        return all(len(self._ends[r]) > count for r, count in step.after.items())

    def _is_stuck(self) -> bool:
        waiting = self._waiting.values()
        if len(waiting) < self._at_work:
            return False
        return not any(
            self._is_ready(step) or step.order == self._forced for step in waiting
        )

    async def _next_run(self, region: Region) -> Sequence[RowStep]:
        """Wait for what the next steps wait for; give those of one request."""
        at = len(self._ends[region]) - 1
        first, *others = self._rehearsed.steps[region][at : at + LINES_MAX]
        while not self._is_ready(first) and self._forced != first.order:
            self._waiting[region] = first
            if self._is_stuck():
                # Rows of one file and day that each would come before the other.
                self._forced = min(step.order for step in self._waiting.values())
                self._tell_change()
            if self._forced != first.order:
                await self._changed.wait()
            del self._waiting[region]
        run = [first]
        for step in others:
            if not (first.may_be_line and step.may_be_line) or (
                step.sender != first.sender or not self._may_follow(step, run)
            ):
                break
            run.append(step)
        return run

    def _may_follow(self, step: RowStep, run: Sequence[RowStep]) -> bool:
        """Whether a step may stand behind others in a request: it waits for nothing."""
        own = step.taken.region
        held = self._held[own]
        return all(
            len(self._ends[region]) + (len(run) if region is own else 0) > count
            for region, count in step.after.items()
        ) and all(held[r] >= count for r, count in step.rests.items() if r is not own)

    def _take(self, step: RowStep, content: RowAnswer) -> None:
        region = step.taken.region
        self._note(content.get("position"))
        self._ends[region].append(self.recorded.get(region.value, 0))
        held = self._held[region]
        for each, count in step.rests.items():
            held[each] = max(held[each], count)
        if step.is_last:
            self._answers[step.row] = content
            self._tell_played()

    def _at_least(self, step: RowStep) -> list[str]:
        """What is to be held, and every region by name: a refusal blames none of them."""
        return [
            f"{region.value}:{self._ends[region][min(count, len(self._ends[region]) - 1)]}"
            for region, count in step.rests.items()
        ]

    async def _answered(self, run: Sequence[RowStep]) -> Sequence[RowAnswer]:
        first, *others = run
        if not first.may_be_line:
            return [await self._answered_alone(first)]
        try:
            contents = await self._send_lines(run)
        except NotKeptError:
            # Of one of them the node does not keep the text: the others go without it.
            return [await self._answered_alone(step) for step in run]
        if not others and contents[0]["status"] == httpx.codes.PRECONDITION_FAILED:
            # It is read otherwise there than it was rehearsed.
            return [await self._answered_alone(first)]
        return contents

    async def _answered_alone(self, step: RowStep) -> RowAnswer:
        day, call, region, organisation, person, role, *_ = step.taken
        at_least = self._at_least(step)
        answer = await self._send(
            day, call, region, organisation, person=person, role=role, at_least=at_least
        )
        content: RowAnswer = answer.json()
        return content

    async def _send_lines(self, run: Sequence[RowStep]) -> Sequence[RowAnswer]:
        """Send steps of one sender as lines, until each has an answer."""
        taken = run[0].taken
        token = self._token(taken.organisation, taken.role, taken.person)
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept-Language": self.language.value,
            "Content-Type": MEDIA_TYPE,
        }
        lines = b"".join([await self._line(step) for step in run])
        url = f"{self.urls[taken.region]}{PREFIX}/commands"
        assert isinstance(self._client, httpx.AsyncClient)
        ask = partial(self._client.post, url, content=lines, headers=headers)
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = await patiently(ask)
            contents: list[RowAnswer] = [
                *map(orjson.loads, answer.content.splitlines())
            ]
            failed = [
                each
                for each in contents
                if each["status"] >= httpx.codes.INTERNAL_SERVER_ERROR
            ]
            if len(contents) == len(run) and not failed:
                return contents
            if answer.is_client_error:
                return contents * len(run)
            if time.monotonic() > until:
                status = failed[0]["status"] if failed else answer.status_code
                reason = f"HTTP {status}"
                raise NodeAwayError(reason)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _line(self, step: RowStep) -> bytes:
        taken = step.taken
        call = taken.call
        said = await self._filled(
            call, call.request.line, taken.region, taken.organisation
        )
        line = {**said, "idempotency_key": call.key}
        if taken.day:
            line["business_day"] = taken.day
        if call.request.signed_at:
            line["if_match"] = f'"{taken.rested.fingerprint}"'
        line["at_least"] = self._at_least(step)
        return orjson.dumps(line) + b"\n"
