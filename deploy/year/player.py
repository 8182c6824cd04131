"""Playing a year through the nodes' HTTP APIs, as its people would have.

Before the next file or the next day, every node has received what was recorded
so far. Within one file and day the lanes of the plan run side by side, each in
the order of its rows, and a row whose owner is in doubt runs alone.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Protocol

import httpx

from api.auth import Role
from api.people import person_of
from api.words import Language
from deploy.year.enclosed import (
    DOCUMENTS_AT,
    NOBODY,
    NOT_KEPT,
    PERSONS_AT,
    Enclosed,
    PersonElsewhere,
    Referred,
    filled_in,
)
from deploy.year.plan import (
    Call,
    FileDay,
    Noticed,
    Plan,
    Refused,
)
from deploy.year.sending import Request, sent
from deploy.year.telling import Telling
from domain.parties.day import ConfirmDay
from domain.values import REGIONAL_AUTHORITY, Region

PATIENCE_SECONDS: Final = 120.0
"""Absence of a node after which the year is given up."""
PAUSE_SECONDS: Final = 0.1
SIDE_BY_SIDE: Final = 16
DETOURS_MAX: Final = 3
RECEIVER: Final = 2
"""Which of a trust's people registers documents as received; the first does all else."""
NOTHING_READ: Final = '""'
"""A tag that nothing has: the node says what is wrong with such a row."""
Lane = tuple[str | None, str]
_ELSEWHERE: Final = ("not_entitled", "wrong_region")


class NotKeptError(Exception):
    """A node does not take a document that a row refers to; ``answer`` says why."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__()
        self.answer = answer


class NodeCaller(Protocol):
    """Calls the nodes: an HTTP client, or what stands for one and all nodes."""

    async def get(
        self,
        url: httpx.URL | str,
        *,
        params: Mapping[str, str | int | Sequence[str]] | None = None,
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Ask for what stands at an address."""

    async def post(
        self,
        url: str,
        *,
        params: Mapping[str, Sequence[str]] | None = None,
        json: Mapping[str, Any] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Send a command, or what one refers to."""


class NodeAwayError(Exception):
    """A node did not answer for as long as anybody would wait."""


@dataclass
class Player:
    """Plays one year. ``token`` makes a bearer token for an organisation's people."""

    urls: Mapping[Region, str]
    token: Callable[..., str]
    language: Language
    tell: Callable[[int], None] = lambda _: None
    """Called with how many rows have been played."""
    doors: Mapping[str, httpx.AsyncBaseTransport] | None = None
    """Ways to the nodes other than a socket, by address."""
    caller: NodeCaller | None = None
    """Calls the nodes in place of an HTTP client."""
    spread: Callable[[], None] | None = None
    """Lets all nodes have everything at once; without it, it is waited for."""
    recorded: dict[str, int] = field(default_factory=dict)
    """The last position that each region has recorded."""

    def __post_init__(self) -> None:
        """Start without any token, and with nothing played."""
        self._tokens: dict[tuple[str, Role, int], str] = {}
        self._looked_up: dict[tuple[str, str | Enclosed], Any] = {}
        """What nodes have said of documents, and of people, by their organisation."""
        self._regions: Mapping[str, Region] = {}
        self._accepted: set[tuple[str, ...] | None] = set()
        self._played = 0
        self._everywhere_held: Sequence[str] = [f"{each.value}:0" for each in Region]
        """Of every region, what all nodes have: a refusal blames none of them."""
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def play(self, plan: Plan) -> None:
        """Play all rows; return when every node has everything."""
        self._telling = Telling(plan, self.language)
        self._regions = plan.regions
        async with self._opened() as self._client:
            try:
                for batch in plan.batches:
                    await self._batch(batch, plan.regions)
                    await self._everywhere()
            except* NodeAwayError as away:
                raise plain_error(away) from None
        self._telling.sort()

    @property
    def refused(self) -> list[Refused]:
        """Rows of which nothing is stored."""
        return self._telling.refused

    @property
    def noticed(self) -> list[Noticed]:
        """What is to be said of rows that are stored."""
        return self._telling.noticed

    @property
    def at_fault(self) -> Mapping[tuple[str, int], Sequence[str]]:
        """The columns that the refusal of a row is about, by its place and line."""
        return self._telling.at_fault

    def _opened(self) -> AbstractAsyncContextManager[NodeCaller]:
        if self.caller is not None:
            return nullcontext(self.caller)
        limits = httpx.Limits(max_connections=4 * SIDE_BY_SIDE)
        return httpx.AsyncClient(timeout=30, limits=limits, mounts=self.doors)

    async def _batch(self, batch: FileDay, regions: Mapping[str, Region]) -> None:
        together: defaultdict[Lane, list[Call]] = defaultdict(list)
        for call in batch.calls:
            if call.organisation is not None:
                together[call.lane].append(call)
                continue
            await self._side_by_side(batch.day, together, regions)
            together.clear()
            await self._everywhere()
            await self._one(
                batch.day, call, Region.VEST, REGIONAL_AUTHORITY[Region.VEST]
            )
            await self._everywhere()
        await self._side_by_side(batch.day, together, regions)

    async def _side_by_side(
        self,
        day: str,
        together: Mapping[Lane, Sequence[Call]],
        regions: Mapping[str, Region],
    ) -> None:
        async with asyncio.TaskGroup() as group:
            for (organisation, _), calls in together.items():
                assert organisation is not None, "a row in doubt has no lane"
                region = regions.get(organisation) or _authority(organisation)
                group.create_task(self._in_order(day, calls, region, organisation))

    async def _in_order(
        self, day: str, calls: Sequence[Call], region: Region, organisation: str
    ) -> None:
        for call in tuple(calls):
            async with self._turns:
                await self._one(day, call, region, organisation)

    async def _one(
        self, day: str, call: Call, region: Region, organisation: str
    ) -> None:
        if call.content is not None and call.content in self._accepted:
            # The same row again, maybe of another trust by now: nothing new.
            self._telling.same(call)
            self._tell_played()
            return
        answer = await self._send(day, call, region, organisation)
        for _ in range(DETOURS_MAX):
            content = {} if answer.is_success else answer.json()
            if content.get("code") not in _ELSEWHERE or "region" not in content:
                break
            # The node has said whose fact this is, and where it is recorded.
            region, organisation = Region(content["region"]), content["organisation"]
            answer = await self._send(day, call, region, organisation)
        for _ in Region:
            code = "" if answer.is_success else answer.json()["code"]
            if code == "not_registered":
                await self._register(day, call, region, organisation)
            elif code == "region_incomplete":
                await self._confirm(day, call, Region(answer.json()["region"]))
            else:
                break
            answer = await self._send(day, call, region, organisation)
        if answer.is_success:
            self._accepted.add(call.content)
            self._note(answer.json()["position"])
            self._telling.taken(call, answer.json())
        else:
            self._telling.refuse(call, answer.json())
        self._tell_played()

    async def _register(
        self, day: str, call: Call, region: Region, organisation: str
    ) -> None:
        """Register what a row approves, as somebody else than who approves it.

        A folder says only that a document is approved; a trust that does so has
        had two people look at it.
        """
        path = f"{call.request.path.rpartition('/')[0]}/registration"
        key = f"{call.key}-received"
        registered = replace(call, request=Request(path, {}), key=key)
        answer = await self._send(
            day, registered, region, organisation, person=RECEIVER
        )
        if answer.is_success:
            self._note(answer.json()["position"])

    async def _confirm(self, day: str, call: Call, region: Region) -> None:
        """Confirm that a region has recorded all that the folder has of a period."""
        members = {"region": region.value, "day": call.row.cells["period_end"]}
        asked = sent(ConfirmDay, members)
        confirmed = replace(call, request=asked, key=f"{call.key}-{region.value}")
        authority = REGIONAL_AUTHORITY[region]
        answer = await self._send(
            day, confirmed, region, authority, role=Role.REGISTRAR
        )
        if answer.is_success:
            self._note(answer.json()["position"])
            await self._everywhere()

    def _tell_played(self) -> None:
        self._played += 1
        self.tell(self._played)

    def _note(self, position: str | None) -> None:
        if position is not None:
            origin, _, number = position.partition(":")
            self.recorded[origin] = max(self.recorded.get(origin, 0), int(number))

    async def _send(  # noqa: PLR0913 - who sends what, where
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
        role = role or self._role(call)
        headers = {
            "Authorization": f"Bearer {self._token(organisation, role, person)}",
            "Idempotency-Key": call.key,
            "Accept-Language": self.language.value,
        }
        if day:
            headers["Fagnett-Business-Day"] = day
        if call.request.signed_at:
            headers["If-Match"] = await self._read(call, region, organisation)
        url = f"{self.urls[region]}{call.request.path}"
        try:
            body = await self._filled(call, call.request.body, region, organisation)
        except NotKeptError as error:
            return error.answer
        return await patiently(
            lambda: self._client.post(
                url,
                params={"at_least": at_least or self._everywhere_held},
                json=body,
                headers=headers,
            )
        )

    @staticmethod
    def _role(call: Call) -> Role:
        by = call.request.by
        return Role.CONTROLLER if Role.CONTROLLER in by else min(by)

    async def _filled(
        self, call: Call, said: Mapping[str, Any], region: Region, organisation: str
    ) -> Mapping[str, Any]:
        """Put in what members refer to, once its node has said what that is."""
        if not call.request.refers:
            return said

        async def look(each: Referred) -> object:
            if isinstance(each, PersonElsewhere):
                return await self._pseudonym(each, region, organisation)
            return await self._document(each, region, organisation)

        found: Mapping[str, Any] = await filled_in({**said}, look)
        return found

    async def _pseudonym(
        self, person: PersonElsewhere, region: Region, organisation: str
    ) -> str:
        """Ask the node of a person's own organisation, as its people."""
        if person.organisation in self._regions:
            organisation, region = (
                person.organisation,
                self._regions[person.organisation],
            )
        key = organisation, person.name
        if key not in self._looked_up:
            said = {"name": person.name}
            answer = await self._asked_first(
                region, organisation, PERSONS_AT, json=said
            )
            told = answer.json() if answer.is_success else {"pseudonym": NOBODY}
            self._looked_up[key] = told["pseudonym"]
        return str(self._looked_up[key])

    async def _document(
        self, of: Enclosed, region: Region, organisation: str
    ) -> object:
        """Leave a text or a file with the node that is to record what refers to it.

        Raises :class:`NotKeptError` where the node does not take it as it is. Where it
        takes nothing of the organisation, what refers to it is refused for that.
        """
        key = organisation, of
        if key not in self._looked_up:
            answer = await self._asked_first(
                region, organisation, DOCUMENTS_AT, enclosed=of
            )
            if not answer.is_success and answer.json()["code"] in NOT_KEPT:
                raise NotKeptError(answer)
            kept = answer.json() if answer.is_success else of.unkept()
            self._looked_up[key] = kept
        return self._looked_up[key]

    async def _asked_first(
        self,
        region: Region,
        organisation: str,
        path: str,
        *,
        json: Mapping[str, str] | None = None,
        enclosed: Enclosed | None = None,
    ) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self._token(organisation, Role.SECRETARY)}",
            "Accept-Language": self.language.value,
        }
        url = f"{self.urls[region]}{path}"
        if enclosed is None:
            ask = partial(self._client.post, url, json=json, headers=headers)
        else:
            headers["Content-Type"] = enclosed.media_type
            content = enclosed.content
            ask = partial(self._client.post, url, content=content, headers=headers)
        return await patiently(ask)

    async def _read(self, call: Call, region: Region, organisation: str) -> str:
        """Read what a row signs, and return its tag; of what is not there, none."""
        token = self._token(organisation, Role.CONTROLLER)
        headers = {"Authorization": f"Bearer {token}"}
        url = httpx.URL(f"{self.urls[region]}{call.request.signed_at}")
        url = url.copy_merge_params({"at_least": self._recorded()})
        answer = await patiently(lambda: self._client.get(url, headers=headers))
        return str(answer.headers.get("ETag", NOTHING_READ))

    def _recorded(self) -> list[str]:
        return [f"{origin}:{position}" for origin, position in self.recorded.items()]

    def _token(self, organisation: str, role: Role, person: int = 1) -> str:
        key = (organisation, role, person)
        if key not in self._tokens:
            actor = person_of(organisation, person)
            self._tokens[key] = self.token(organisation, role, actor=actor)
        return self._tokens[key]

    async def _everywhere(self) -> None:
        """Wait until every node has what was recorded so far."""
        if self.spread is not None:
            self.spread()
            return
        positions = self._recorded()
        if not positions:
            return
        async with asyncio.TaskGroup() as group:
            for region, url in self.urls.items():
                organisation = REGIONAL_AUTHORITY[region]
                token = self._token(organisation, Role.READER)
                headers = {"Authorization": f"Bearer {token}"}
                group.create_task(self._hold(url, headers, positions))
        self._everywhere_held = [
            f"{region.value}:{self.recorded.get(region.value, 0)}" for region in Region
        ]

    async def _hold(
        self, url: str, headers: Mapping[str, str], positions: Sequence[str]
    ) -> None:
        await patiently(
            lambda: self._client.get(
                f"{url}/v1/federation/positions",
                params={"at_least": list(positions), "timeout_seconds": 20},
                headers=dict(headers),
            )
        )


def plain_error(error: BaseException) -> BaseException:
    """First error of a group, which is enough to give up on."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _authority(organisation: str) -> Region:
    """Region whose health authority this is."""
    return next(r for r, number in REGIONAL_AUTHORITY.items() if number == organisation)


async def patiently(ask: Callable[[], Awaitable[httpx.Response]]) -> httpx.Response:
    """Ask until a node answers: what is sent again with its key changes nothing.

    Raises :class:`NodeAwayError` when it does not answer in time.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            answer = await ask()
        except httpx.TransportError as error:
            reason = type(error).__name__
        else:
            if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return answer
            reason = f"HTTP {answer.status_code}"
        if time.monotonic() > until:
            raise NodeAwayError(reason)
        await asyncio.sleep(PAUSE_SECONDS)
