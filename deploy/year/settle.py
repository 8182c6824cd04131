"""``settle``: a folder in, the settlement out, by way of a whole federation."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Final, NamedTuple

import httpx

from api.auth import Role
from api.words import Language
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from deploy.year.conductor import Conductor
from deploy.year.plan import Noticed, Plan, Refused
from deploy.year.player import (
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    NodeAwayError,
    patiently,
)
from domain.grants.money import GrantView
from domain.values import REGIONAL_AUTHORITY, Region
from federation.private import replace_private

PAGE_ITEMS: Final = 50
LIST_ITEMS: Final = 500
"""Of each page of what is derived: as many as a node gives."""
STANDINGS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "grants": ("/v1/grants", tuple(each.name for each in fields(GrantView))),
    "bodies": ("/v1/bodies", ("body", "chair", "vacant", "uncovered")),
    "networks": ("/v1/network-standings", ("network", "standing", "lacking")),
    "obligations": (
        "/v1/obligations",
        ("id", "rule", "owed_by", "due_on", "done_on", "state"),
    ),
}
"""By the name of a list: where it is asked for, and what is told of each."""


class DisagreementError(Exception):
    """The nodes do not give the same settlement; this must never happen."""


class OtherYearError(Exception):
    """A home holds another year, or one that was not played to its end."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which settlement is asked for."""

    year: int
    as_of: date


def question(plan: Plan, year: int | None, as_of: date | None) -> Question:
    """What is asked; without a word, the last day of the folder and its year."""
    last = date.fromisoformat(plan.last_day) if plan.last_day else date.today()  # noqa: DTZ011 - a folder without a day
    until = as_of or last
    return Question(year or until.year, until)


class Told(NamedTuple):
    """What was said of the rows of a year that was played."""

    refused: list[Refused]
    noticed: list[Noticed]


class Played:
    """What a home remembers of the year that was played in it."""

    def __init__(self, home: Home, fingerprint: str) -> None:
        self._path = home.played
        self._fingerprint = fingerprint

    def told(self) -> Told | None:
        """What was said of this year if it was played here, or None.

        Raises :class:`OtherYearError` when the home holds something else.
        """
        if not self._path.exists():
            return None
        try:
            kept = json.loads(self._path.read_text())
            same = kept["fingerprint"] == self._fingerprint and kept["complete"]
            refused = [Refused(**told) for told in kept["refused"]]
            noticed = [Noticed(**told) for told in kept.get("noticed", ())]
        except (ValueError, KeyError, TypeError):
            # Torn or damaged: nobody knows what was played to its end.
            raise OtherYearError from None
        if not same:
            raise OtherYearError
        return Told(refused, noticed)

    def begin(self) -> None:
        """Note that the year is being played."""
        self._write(Told([], []), complete=False)

    def end(self, told: Told) -> None:
        """Note that the year is played to its end."""
        self._write(told, complete=True)

    def _write(self, told: Told, *, complete: bool) -> None:
        content = {
            "fingerprint": self._fingerprint,
            "complete": complete,
            "refused": [asdict(each) for each in told.refused],
            "noticed": [asdict(each) for each in told.noticed],
        }
        replace_private(self._path, json.dumps(content, ensure_ascii=False))


async def play(
    federation: LocalFederation,
    plan: Plan,
    language: Language,
    tell: Callable[[int], None],
) -> Told:
    """Play a year through a running federation; return what was said of its rows."""
    player = Conductor(federation.urls, federation.token, language, tell)
    await player.play(plan)
    return Told(player.refused, player.noticed)


async def settle_year(federation: LocalFederation, asked: Question) -> dict[str, Any]:
    """Ask every node for the settlement, and return what they all say."""
    asker = Asker(federation.urls, federation.token)
    async with httpx.AsyncClient(timeout=60) as client:
        at_least = []
        for region in Region:
            positions = await asker.get(client, region, "/v1/federation/positions", {})
            at_least.append(f"{region.value}:{json.loads(positions)[region.value]}")
        day = asked.as_of.isoformat()
        params = {"year": asked.year, "as_of": day, "at_least": at_least}
        await asyncio.gather(*(asker.heard_all(client, each) for each in Region))
        answers = [
            await asker.get(client, region, "/v1/settlement", params)
            for region in Region
        ]
        standings = [await asker.standings(client, each, params) for each in Region]
        organisations = await asker.all(client, "/v1/organisations", {"as_of": day})
    known = [each for each in standings if each is not None]
    if len(set(answers)) != 1 or any(each != known[0] for each in known):
        raise DisagreementError
    settled: dict[str, Any] = json.loads(answers[0])
    settled |= known[0] if known else {name: [] for name in STANDINGS}
    settled["organisations"] = organisations
    return settled


class Asker:
    """Asks the nodes as their regional health authorities' people."""

    def __init__(self, urls: Mapping[Region, str], token: Callable[..., str]) -> None:
        self._urls = urls
        self._token = token
        self._tokens = {
            region: token(organisation, Role.AUDITOR)
            for region, organisation in REGIONAL_AUTHORITY.items()
        }

    async def get(
        self,
        client: httpx.AsyncClient,
        region: Region,
        path: str,
        params: Mapping[str, Any],
    ) -> bytes:
        """Body of an answer as it came."""
        answer = await self._asked(client, region, path, params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            # An earlier release knows no auditors, and lets every role read all.
            self._tokens[region] = self._token(REGIONAL_AUTHORITY[region], Role.READER)
            answer = await self._asked(client, region, path, params)
        answer.raise_for_status()
        return answer.content

    async def _asked(
        self,
        client: httpx.AsyncClient,
        region: Region,
        path: str,
        params: Mapping[str, Any],
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens[region]}"}
        return await patiently(
            lambda: client.get(
                f"{self._urls[region]}{path}", params=dict(params), headers=headers
            )
        )

    async def heard_all(self, client: httpx.AsyncClient, region: Region) -> None:
        """Wait until a node has heard of every region, also of one without entries.

        Raises :class:`NodeAwayError` when it does not in time.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            status = json.loads(await self.get(client, region, "/v1/federation", {}))
            regions = status["regions"]
            if all(regions[of]["complete_to"] for of in Region if of != region):
                return
            await asyncio.sleep(PAUSE_SECONDS)
        raise NodeAwayError(region)

    async def standings(
        self, client: httpx.AsyncClient, region: Region, params: Mapping[str, Any]
    ) -> dict[str, list[dict[str, Any]]] | None:
        """What a node derives of grants, bodies, networks and what is owed.

        None of an earlier release, which knows nothing of these.
        """
        found: dict[str, list[dict[str, Any]]] = {}
        for name, (path, members) in STANDINGS.items():
            asked = {**params, "limit": LIST_ITEMS}
            if name != "obligations":
                del asked["year"]
            try:
                items = await self.all(client, path, asked, region)
            except httpx.HTTPStatusError as error:
                if error.response.status_code == httpx.codes.NOT_FOUND:
                    return None
                raise
            found[name] = [{each: item[each] for each in members} for item in items]
        return found

    async def all(
        self,
        client: httpx.AsyncClient,
        path: str,
        params: Mapping[str, Any],
        region: Region = Region.VEST,
    ) -> list[dict[str, Any]]:
        """All items of a list, page after page, as one node has them."""
        items: list[dict[str, Any]] = []
        asked = {"limit": PAGE_ITEMS, **params}
        while True:
            page = json.loads(await self.get(client, region, path, asked))
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            asked["cursor"] = page["next_cursor"]
