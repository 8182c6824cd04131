"""Playing a year through the nodes' HTTP APIs, as its people would have.

Before the next file or the next day, every node has received what was recorded
so far. Within one file and day the lanes of the plan run side by side, each in
the order of its rows, and a row whose owner is in doubt runs alone.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, Protocol

import httpx

from api.auth import Role
from api.people import person_of
from api.words import Language, problem, sentence
from api.written.names import NameOf, alike, in_words, shown
from deploy.year.because import Fallen, FallenRows
from deploy.year.columns import Cell
from deploy.year.plan import (
    FILE_ORDER,
    Call,
    FileDay,
    Noticed,
    Plan,
    Refused,
    UnreadRow,
)
from deploy.year.requests import Request, sent
from deploy.year.rows import CellFault, repeatable, wrong_numbers
from domain.kind import Asks
from domain.parties.day import ConfirmDay
from domain.payments.doubt import PaymentDoubt
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
OTHER_REGION: Final = "other_region"
"""Code of what is told of an organisation whose parent is of another region."""
SAME_ROW: Final = "same_row"
"""Code of what is told of a payment whose row stands in the folder twice."""
Lane = tuple[str | None, str]
_ELSEWHERE: Final = ("not_entitled", "wrong_region")
_NAMED: Final = {
    f"unknown_{each}": each for each in ("network", "agreement", "post", "report")
}
"""By the code of what is not there, the column that names it."""
_DOUBTS: Final = frozenset(PaymentDoubt)
_FORM_PROBLEMS: Final = ("not_found", "method_not_allowed", "too_large")


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
        json: Mapping[str, Any],
        headers: Mapping[str, str],
    ) -> httpx.Response:
        """Send a command."""


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
    refused: list[Refused] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    recorded: dict[str, int] = field(default_factory=dict)
    """The last position that each region has recorded."""

    def __post_init__(self) -> None:
        """Start without any token, and with nothing played."""
        self._tokens: dict[tuple[str, Role, int], str] = {}
        self._accepted: set[tuple[str, ...] | None] = set()
        self._fallen = FallenRows()
        self._orders: dict[str, int] = {}
        """By file or sheet, where its form stands among the others."""
        self._played = 0
        self._everywhere_held: Sequence[str] = [f"{each.value}:0" for each in Region]
        """Of every region, what all nodes have: a refusal blames none of them."""
        self._turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def play(self, plan: Plan) -> None:
        """Play all rows; return when every node has everything."""
        self._belonging, self._names = plan.belonging, plan.names
        authorities = {number: of for of, number in REGIONAL_AUTHORITY.items()}
        self._regions = {**plan.regions, **authorities}
        for each in plan.unread:
            self.refused.append(self._unread(each))
            self._fallen.add(Fallen(each.name, each.file, each.line, each.cells))
            self._orders[each.file] = FILE_ORDER[each.name]
        async with self._opened() as self._client:
            try:
                for batch in plan.batches:
                    await self._batch(batch, plan.regions)
                    await self._everywhere()
            except* NodeAwayError as away:
                raise _plain(away) from None
        self.refused.sort(key=self._place)
        self.noticed.sort(key=self._place)

    def _opened(self) -> AbstractAsyncContextManager[NodeCaller]:
        if self.caller is not None:
            return nullcontext(self.caller)
        limits = httpx.Limits(max_connections=4 * SIDE_BY_SIDE)
        return httpx.AsyncClient(timeout=30, limits=limits, mounts=self.doors)

    def _unread(self, row: UnreadRow) -> Refused:
        if row.key:
            faults = (CellFault(row.key, row.values), *row.others)
            reason = " ".join(cell_reason(self.language, *each) for each in faults)
        else:
            detail = problem(self.language, row.code, row.values).detail
            reason = " ".join([detail, *self._meant(row.code, row.cells)])
        return Refused(row.file, row.line, row.code, reason)

    def _place(self, told: Refused | Noticed) -> tuple[int, int]:
        """What brings rows into the order of the folder."""
        return self._orders[told.file], told.line

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

    def _of_parent(self, cells: Mapping[str, Cell]) -> Iterator[Mapping[str, str]]:
        """Tell of an organisation in another region than the one that is above it.

        Of a company of several regions this is right; a trust's region was mistyped.
        """
        above = str(cells.get("parent_org_number"))
        region = self._regions.get(above)
        if region is not None and region != cells["region"]:
            values = {"parent": above, "region": region.value}
            detail = sentence(self.language, "doubt", OTHER_REGION, values)
            yield {"code": OTHER_REGION, "detail": detail}

    async def _one(
        self, day: str, call: Call, region: Region, organisation: str
    ) -> None:
        if call.content is not None and call.content in self._accepted:
            # The same row again, maybe of another trust by now: nothing new.
            if call.row.form.name == "payments":
                said = sentence(self.language, "doubt", SAME_ROW)
                self._notice(call, [{"code": SAME_ROW, "detail": said}])
            self._tell_played()
            return
        answer = await self._send(day, call, region, organisation)
        for _ in range(DETOURS_MAX):
            content = answer.json()
            if answer.is_success or content["code"] not in _ELSEWHERE:
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
            self._notice(call, _warnings(answer.json()))
            self._notice(call, self._of_parent(call.row.cells))
        else:
            self._refuse(call, answer.json())
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

    def _refuse(self, call: Call, content: Mapping[str, Any]) -> None:
        code = content["code"]
        if code in _FORM_PROBLEMS:
            code = "invalid_row"
        row = call.row
        more = (self._belonging.get(named, ()) for named in row.cells.items())
        first = self._fallen.first(code, row.cells, chain.from_iterable(more))
        because = "" if first is None else f"{first.place}:{first.line}"
        parts = [content["detail"], *self._read_of(call, content)]
        parts += self._numbers_of(call, content)
        parts += self._meant(code, row.cells)
        reason = " ".join(parts)
        self.refused.append(Refused(row.place, row.line, code, reason, because))
        self._fallen.add(Fallen(row.form.name, row.place, row.line, row.cells))
        self._orders[row.place] = FILE_ORDER[row.form.name]

    def _read_of(self, call: Call, content: Mapping[str, Any]) -> Iterator[str]:
        """Give the first cell that a refusal is about, and what it has."""
        fields = [error["field"] for error in content.get("errors", ())]
        for column in call.row.form.columns:
            text = call.row.cells.get(column.name)
            if column.member in fields and isinstance(text, str):
                if column.personal or not repeatable(text):
                    return
                name = shown(NameOf.COLUMN, column.name, self.language)
                values = {"column": name, "text": repeatable(text)}
                yield sentence(self.language, "cell", "has", values)
                return

    def _meant(self, code: str, cells: Mapping[str, Cell]) -> Iterator[str]:
        """Ask whether the folder's name that differs only in case or signs is meant."""
        column = _NAMED.get(code, "")
        meant = alike(str(cells.get(column)), self._names.get(column, ()))
        if meant and repeatable(meant):
            yield sentence(self.language, "cell", "meant", {"meant": repeatable(meant)})

    def _numbers_of(self, call: Call, content: Mapping[str, Any]) -> Iterator[str]:
        """Say which other organisation numbers of a refused row are none."""
        fields = [each["field"] for each in content.get("errors", ())]
        for column in call.row.form.columns:
            number = repeatable(str(call.row.cells.get(column.name)))
            wrong = column.name in wrong_numbers(call.row.form, call.row.cells)
            if wrong and column.member not in fields:
                name = shown(NameOf.COLUMN, column.name, self.language)
                values: dict[str, str | int] = {"column": name, "text": number}
                yield cell_reason(self.language, "wrong_check_digit", values)

    def _notice(self, call: Call, warnings: Iterable[Mapping[str, str]]) -> None:
        row = call.row
        self.noticed += [
            Noticed(row.place, row.line, warning["code"], warning["detail"])
            for warning in warnings
        ]
        self._orders[row.place] = FILE_ORDER[row.form.name]

    async def _send(
        self,
        day: str,
        call: Call,
        region: Region,
        organisation: str,
        *,
        person: int = 1,
        role: Role | None = None,
    ) -> httpx.Response:
        registers = call.row.form.asks is Asks.AUTHORITY
        role = role or (Role.REGISTRAR if registers else Role.CONTROLLER)
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
        return await patiently(
            lambda: self._client.post(
                url,
                params={"at_least": self._everywhere_held},
                json=call.request.body,
                headers=headers,
            )
        )

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


def _warnings(content: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Give the warnings of an answer; an entry of a bank has its own.

    What such a payment may be the same as is told as with one by hand, by its row.
    """
    yield from content.get("warnings", ())
    for entry in content.get("entries", ()):
        for each in entry["warnings"]:
            if each["code"] in _DOUBTS:
                yield {"code": each["code"], "detail": each["why"]}


def cell_reason(language: Language, key: str, values: Mapping[str, str | int]) -> str:
    """Say why a cell cannot be read, where it stands, and what was read of it."""
    values = in_words(values, language)
    reason = sentence(language, "cell", key, values)
    has_text, has_place = bool(values.get("text")), "cell" in values
    read = {(True, True): "read_at", (True, False): "read", (False, True): "at"}
    if (has_text, has_place) not in read:
        return reason
    return f"{reason} {sentence(language, 'cell', read[has_text, has_place], values)}"


def _plain(error: BaseException) -> BaseException:
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
