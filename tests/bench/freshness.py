"""From a command acknowledged in one region to its rows in another's read model."""

import asyncio
import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Final

import httpx
from stdnum.no import orgnr

from api.auth import Role
from deploy.local.database import Database
from deploy.local.federation import LocalFederation
from deploy.local.home import Home
from domain.values import REGIONAL_AUTHORITY, Region
from tests.bench.measure import Result
from tests.support import servers

COMMANDS_PER_SECOND: Final = 100
SECONDS: Final = 20
FROM: Final = Region.VEST
TO: Final = Region.NORD
LOOK_SECONDS: Final = 0.001
MILLISECONDS: Final = 1000


class Watch:
    """Notes when the read model of a region holds which position of another."""

    def __init__(self, views: Path) -> None:
        self._views = views
        self._stopping = False
        self.seen: list[tuple[int, float]] = []

    def run(self) -> None:
        """Look at the position, again and again."""
        address = f"file:{self._views}?mode=ro"
        statement = "SELECT position FROM projected WHERE origin = ?"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            while not self._stopping:
                row = connection.execute(statement, (FROM.value,)).fetchone()
                now = time.perf_counter()
                if row is not None and (not self.seen or row[0] > self.seen[-1][0]):
                    self.seen.append((row[0], now))
                time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End looking."""
        self._stopping = True

    def when(self, position: int) -> float:
        """Return when a position was there."""
        return next(at for reached, at in self.seen if reached >= position)

    def reached(self) -> int:
        """Return the last position that was there."""
        return self.seen[-1][0] if self.seen else 0


@contextmanager
def watching(views: Path) -> Iterator[Watch]:
    """Watch a region's read model meanwhile."""
    watch = Watch(views)
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        thread.join()


async def load(url: str, token: str) -> Mapping[int, float]:
    """Send commands at an even pace; return when which position was acknowledged."""
    acknowledged: dict[int, float] = {}
    headers = {"Authorization": f"Bearer {token}", "Fagnett-Business-Day": "2026-01-05"}

    async def one(client: httpx.AsyncClient, number: str) -> None:
        body = {
            "org_number": number,
            "name": "Helse Vest",
            "short_name": "HV",
            "kind": "hf",
            "region": FROM.value,
        }
        answer = await client.post(
            f"{url}/v1/organisations",
            json=body,
            headers={**headers, "Idempotency-Key": number},
        )
        at = time.perf_counter()
        assert answer.is_success, answer.text
        acknowledged[int(answer.json()["position"].partition(":")[2])] = at

    numbers = (str(n) for n in itertools.count(810_000_000) if orgnr.is_valid(str(n)))
    total = COMMANDS_PER_SECOND * SECONDS
    start = time.perf_counter()
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as group:
        for index, number in enumerate(itertools.islice(numbers, total)):
            due = start + index / COMMANDS_PER_SECOND
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(client, number))
    return acknowledged


def run() -> list[Result]:
    """Measure over the whole local federation, its HTTP doors included."""
    with servers.folder() as folder:
        home = Home(folder)
        with LocalFederation(home, Database.SQLITE) as federation:
            token = federation.token(REGIONAL_AUTHORITY[FROM], Role.REGISTRAR)
            views = home.journal(TO).with_name("views.sqlite")
            with watching(views) as watch:
                acknowledged = asyncio.run(load(federation.urls[FROM], token))
                while watch.reached() < max(acknowledged):
                    time.sleep(LOOK_SECONDS)
    lags = [
        max(0.0, watch.when(position) - at) * MILLISECONDS
        for position, at in acknowledged.items()
    ]
    percentiles = quantiles(lags, n=100)
    what = f"freshness at {COMMANDS_PER_SECOND} commands/s"
    return [
        Result(f"{what}, p50", f"{percentiles[49]:.0f} ms", "", "", ""),
        Result(f"{what}, p99", f"{percentiles[98]:.0f} ms", "", "", "< 150 ms"),
    ]
