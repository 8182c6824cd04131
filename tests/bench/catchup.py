"""Commands of a region that is far behind: beside those of one that is not."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

import httpx
from stdnum.no import orgnr

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.parties.organisation import OrganisationRegistered
from domain.values import REGIONAL_AUTHORITY, OrganisationKind, Region
from federation.journal.mapper import MAPPER, Recorded
from federation.journal.sqlite import SQLiteJournal
from tests.bench.measure import Result
from tests.support import servers
from tests.support.federation import instant

WAITING: Final = 60_000
"""Entries that the other region has recorded meanwhile."""
AT_ONCE: Final = 1000
COMMANDS_PER_SECOND: Final = 50
IDLE_COMMANDS: Final = 500
MILLISECONDS: Final = 1000
HERE: Final = Region.VEST
THERE: Final = Region.NORD


def recorded_there(home: Home) -> None:
    """Fill the journal of the other region, before its node starts."""
    path = home.journal(THERE)
    path.parent.mkdir(parents=True)
    journal = SQLiteJournal(path, THERE, instant)
    for first in range(0, WAITING, AT_ONCE):
        numbers = range(100_000_000 + first, 100_000_000 + first + AT_ONCE)
        journal.append(
            [
                MAPPER.to_stored_event(
                    Recorded(f"nord:organisation:{number}", 1, registered(number))
                )
                for number in numbers
            ]
        )
    journal.close()


def registered(number: int) -> OrganisationRegistered:
    """Return that there is an organisation."""
    return OrganisationRegistered(
        org_number=str(number),
        name="Helse Nord",
        short_name="HN",
        kind=OrganisationKind.HF,
        region=THERE,
        parent_org_number=None,
    )


@dataclass
class Caller:
    """Sends commands at an even pace, and notes how long each took."""

    url: str
    token: str
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(810_000_000))

    async def commands(self, going_on: Callable[[], bool]) -> list[float]:
        """Send commands for as long as wanted; return their milliseconds."""
        taken: list[float] = []
        start = time.perf_counter()
        numbers = (str(n) for n in self.numbers if orgnr.is_valid(str(n)))
        async with httpx.AsyncClient(timeout=60) as client, asyncio.TaskGroup() as all_:
            for index, number in enumerate(numbers):
                if not going_on():
                    break
                due = start + index / COMMANDS_PER_SECOND
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                all_.create_task(self._one(client, number, taken))
        return taken

    async def _one(
        self, client: httpx.AsyncClient, number: str, taken: list[float]
    ) -> None:
        body = {"org_number": number, "name": "Helse Vest", "short_name": "HV"}
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Fagnett-Business-Day": "2026-01-05",
            "Idempotency-Key": number,
        }
        start = time.perf_counter()
        answer = await client.post(
            f"{self.url}/v1/organisations",
            json={**body, "kind": "hf", "region": HERE.value},
            headers=headers,
        )
        assert answer.is_success, answer.text
        taken.append((time.perf_counter() - start) * MILLISECONDS)

    async def projected(self, reached: Callable[[int], None]) -> None:
        """Tell how much of the other region's log the read models hold, until all."""
        async with httpx.AsyncClient(timeout=60) as client:
            headers = {"Authorization": f"Bearer {self.token}"}
            position = 0
            while position < WAITING:
                answer = await client.get(f"{self.url}/v1/federation", headers=headers)
                position = answer.json()["regions"][THERE.value]["projected"]
                reached(position)
                await asyncio.sleep(0.25)


async def measured(caller: Caller) -> tuple[Sequence[float], Sequence[float], float]:
    """Return the milliseconds of commands while it catches up, and afterwards."""
    behind = WAITING

    def reached(position: int) -> None:
        nonlocal behind
        behind = WAITING - position

    start = time.perf_counter()
    watching = asyncio.create_task(caller.projected(reached))
    during = await caller.commands(lambda: behind > 0)
    await watching
    seconds = time.perf_counter() - start
    left = iter(range(IDLE_COMMANDS))
    idle = await caller.commands(lambda: next(left, None) is not None)
    return during, idle, seconds


def run() -> list[Result]:
    """Measure over a local federation, all of whose regions catch up on one machine."""
    with servers.folder() as folder:
        home = Home(folder)
        recorded_there(home)
        with LocalFederation(home, Database.SQLITE) as federation:
            token = federation.token(REGIONAL_AUTHORITY[HERE], Role.REGISTRAR)
            caller = Caller(federation.urls[HERE], token)
            during, idle, seconds = asyncio.run(measured(caller))
    results = []
    for name, place in (("p50", 49), ("p99", 98)):
        ours, other = quantiles(during, n=100)[place], quantiles(idle, n=100)[place]
        what = f"command while {WAITING:,} entries come ({seconds:.0f} s), {name}"
        shown = (f"{ours:.0f} ms", f"{other:.0f} ms", f"{ours / other:.1f}", "")
        results.append(Result(what, *shown))
    return results
