"""One agreement, version, post, organisation or document, asked for among many.

Beside each stands a question that reads nothing, through the same app in the same
process: what is above it is the work of the question itself.
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from statistics import median
from time import perf_counter
from typing import Final

import httpx

from api.app import create_app
from api.auth import Role
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.views import open_views
from domain.values import Region
from tests.bench.invoicing import AGREEMENTS_PER_NETWORK
from tests.bench.measure import Result
from tests.bench.settlement import fill
from tests.support import servers
from tests.support.federation import node_around, token

NETWORKS: Final = 50
UNTIL: Final = date(2026, 2, 28)
"""Two months are invoiced."""
ASKED: Final = 40
MILLISECONDS: Final = 1000
GOAL: Final = "≤ 2 ms"


def questions() -> Iterator[tuple[str, list[str]]]:
    """Yield what is asked, and addresses of as many as are asked for."""
    numbers = [(n % NETWORKS, n % AGREEMENTS_PER_NETWORK) for n in range(ASKED)]
    names = [f"network-{network}-{number}" for network, number in numbers]
    yield "an agreement", [f"/v1/agreements/{name}" for name in names]
    yield "a version", [f"/v1/agreements/{name}/versions/1" for name in names]
    yield "a post", [f"/v1/posts/{name}-nurse" for name in names]
    yield "an organisation", ["/v1/organisations/983974724"] * ASKED
    yield (
        "the documents of an agreement",
        [f"/v1/invoices?agreement={name}" for name in names],
    )


async def asked(app: httpx.ASGITransport, paths: list[str]) -> float:
    """Return the median of how many milliseconds an answer takes."""
    bearer = {"Authorization": f"Bearer {token('983974724', Role.READER)}"}
    waited = []
    async with httpx.AsyncClient(transport=app, base_url="http://node") as client:
        for path in paths:
            start = perf_counter()
            answer = await client.get(path, headers=bearer)
            waited.append((perf_counter() - start) * MILLISECONDS)
            assert answer.is_success, answer.text
    return median(waited)


def measured(name: str, database: str) -> list[Result]:
    """Measure one database."""
    results = []
    with closing(open_journal(database, Region.VEST)) as journal:
        views = open_views(database, None)
        fill(journal, NETWORKS, UNTIL)
        node = node_around(journal, views)
        node.projector.catch_up()
        app = httpx.ASGITransport(create_app(node))
        nothing = ["/v1/problems/not_found"] * ASKED
        asyncio.run(asked(app, nothing))
        for what, paths in questions():
            asyncio.run(asked(app, paths[:3]))
            ours, bare = (asyncio.run(asked(app, each)) for each in (paths, nothing))
            many = f"{NETWORKS * AGREEMENTS_PER_NETWORK:,} agreements"
            results.append(
                Result(
                    f"{what} of {many}, {name}",
                    f"{ours:.1f} ms",
                    f"{bare:.1f} ms",
                    f"{ours - bare:.1f} ms more",
                    GOAL,
                )
            )
        views.dispose()
    return results


def run() -> list[Result]:
    """Measure on both databases."""
    collect_seldom()
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.postgres_server())
        sqlite = f"sqlite:///{folder / 'journal.sqlite'}"
        return [
            *measured("SQLite", sqlite),
            *measured("PostgreSQL", servers.new_database(server)),
        ]
