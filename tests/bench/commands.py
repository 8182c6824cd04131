"""Commands over HTTP, one event each, beside bare FastAPI and ``Application.save``.

Both servers are processes of their own under uvicorn. Ours is a whole node without a
carrier: token, bounds, decision, receipt, read models. The peer reads the same body
model and saves one aggregate. Clients send bytes that were made before, and wait for
each answer.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from typing import Any, Final, NamedTuple

import orjson
import uvicorn
from fastapi import FastAPI
from stdnum.no import orgnr

from api.app import create_app
from api.auth import Role
from api.clock import Clock, ClockSource
from api.routes import DOORS
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.local.process import HOST, free_ports
from deploy.server import options
from deploy.views import open_views
from domain.parties.organisation import RegisterOrganisation
from domain.values import REGIONAL_AUTHORITY, Region
from tests.bench.append import Bare, on_postgres, on_sqlite
from tests.bench.measure import ROUNDS, Result, quiet
from tests.support import servers
from tests.support.federation import instant, node_around, token

CLIENTS: Final = {1: 0.8, 8: 1.0, 32: 1.0}
"""How many at once, and the goal beside the peer."""
COMMANDS: Final = 320
READY_SECONDS: Final = 60
MILLISECONDS: Final = 1000
AUTHORITY: Final = REGIONAL_AUTHORITY[Region.VEST]
PATH: Final = "/v1/organisations"


class Round(NamedTuple):
    """What one round of clients met."""

    rate: float
    """Commands in a second."""
    p99_ms: float


def serve_ours(database: str, port: int) -> None:
    """Serve a node without a carrier, whose read models are folded meanwhile."""
    quiet()
    with ExitStack() as stack:
        journal = open_journal(database, Region.VEST)
        stack.callback(journal.close)
        node = node_around(journal, open_views(database, None))
        system = Clock(ClockSource.SYSTEM, instant, lambda: "", lambda: "")
        node = replace(node, clock=system)
        Thread(target=node.projector.run, daemon=True).start()
        collect_seldom()
        uvicorn.run(create_app(node), host=HOST, port=port, **options(1024))


def serve_bare(environment: Mapping[str, str], port: int) -> None:
    """Serve what FastAPI and the library do for a body and an event."""
    quiet()
    (door,) = (each for each in DOORS if each.command is RegisterOrganisation)
    body: Any = door.body
    bare = Bare(dict(environment))
    app = FastAPI()

    def register(body: Any) -> dict[str, str]:
        bare.save(body.org_number)
        return {"registered": body.org_number}

    register.__annotations__["body"] = body
    app.post(PATH, status_code=201)(register)
    collect_seldom()
    uvicorn.run(app, host=HOST, port=port, **options(1024))


@contextmanager
def served(serve: Callable[..., None], *said: Any) -> Iterator[int]:
    """Run a server in a process of its own; give its port."""
    (port,) = free_ports(1)
    process = multiprocessing.get_context("fork").Process(
        target=serve, args=(*said, port), daemon=True
    )
    process.start()
    try:
        asyncio.run(_reached(port))
        yield port
    finally:
        process.terminate()
        process.join()


async def _reached(port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return


def bodies() -> Iterator[bytes]:
    """Make requests that each register another organisation."""
    bearer = token(AUTHORITY, Role.REGISTRAR)
    for number in range(800_000_000, 900_000_000):
        if not orgnr.is_valid(str(number)):
            continue
        body = orjson.dumps(
            {
                "org_number": str(number),
                "name": "Helse Vest",
                "short_name": "HV",
                "kind": "hf",
                "region": "vest",
            }
        )
        head = (
            f"POST {PATH} HTTP/1.1\r\nHost: node\r\nAuthorization: Bearer {bearer}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def _client(port: int, requests: Iterator[bytes], waited: list[float]) -> None:
    reader, writer = await asyncio.open_connection(HOST, port)
    for request in requests:
        start = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r")[0])
        await reader.readexactly(length)
        waited.append((time.perf_counter() - start) * MILLISECONDS)
    writer.close()


async def _round(port: int, clients: int, requests: list[bytes]) -> Round:
    waited: list[float] = []
    shared = iter(requests)
    start = time.perf_counter()
    await asyncio.gather(*(_client(port, shared, waited) for _ in range(clients)))
    rate = len(requests) / (time.perf_counter() - start)
    return Round(rate, quantiles(waited, n=100)[-1])


def measured(name: str, ours: int, bare: int) -> list[Result]:
    """Send rounds to both by turns, for each number of clients."""
    results = []
    first, second = bodies(), bodies()
    for clients, goal in CLIENTS.items():
        rounds: list[tuple[Round, Round]] = []
        for _ in range(ROUNDS):
            mine = asyncio.run(_round(ours, clients, [*islice(first, COMMANDS)]))
            theirs = asyncio.run(_round(bare, clients, [*islice(second, COMMANDS)]))
            rounds.append((mine, theirs))
        rates = [median(each[side].rate for each in rounds) for side in (0, 1)]
        slow = [median(each[side].p99_ms for each in rounds) for side in (0, 1)]
        results.append(
            Result(
                f"HTTP commands, {clients} clients, {name}, beside bare FastAPI",
                f"{rates[0]:,.0f} /s (p99 {slow[0]:.0f} ms)",
                f"{rates[1]:,.0f} /s (p99 {slow[1]:.0f} ms)",
                f"{rates[0] / rates[1]:.2f}",
                f"≥ {goal}",
            )
        )
    return results


def on_sqlite_files(folder: Path) -> list[Result]:
    """Measure on files."""
    database = f"sqlite:///{folder / 'ours.sqlite'}"
    with (
        served(serve_ours, database) as ours,
        served(serve_bare, on_sqlite(folder)) as bare,
    ):
        return measured("SQLite", ours, bare)


def run() -> list[Result]:
    """Measure on both databases."""
    with servers.folder() as folder, servers.postgres_server() as server:
        results = on_sqlite_files(folder)
        database = servers.new_database(server)
        peer = on_postgres(servers.new_database(server))
        with (
            served(serve_ours, database) as ours,
            served(serve_bare, peer) as bare,
        ):
            results += measured("PostgreSQL", ours, bare)
    return results
