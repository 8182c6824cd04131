"""Pages of a year of 1,000 agreements, opened by 50 people of all trusts and roles.

How long a page takes is asked of a server of its own, while all the people open pages
of every kind, each with a breath between them. How many of a page are made in a second
is asked in this process, by turns with a bare FastAPI handler that fills the same
template with the same values: what is above it is all that the page reads and decides.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import httpx
import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import Engine, create_engine, or_, select

from api.app import create_app
from api.clock import Clock, ClockSource
from api.desk.opening import prepared
from api.desk.sessions import BrowserSessions
from api.pages import visit
from api.pages.rendering import html_page
from api.services import Node
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.local.process import HOST
from deploy.server import options
from deploy.views import open_views
from domain.role import Role
from domain.values import REGIONAL_AUTHORITY, Region
from projections import tables
from projections.database import reading
from tests.bench.commands import served
from tests.bench.measure import Result, alternating, quiet, rate
from tests.bench.office import HALF_YEAR, TODAY, AtWork, fill_office, people
from tests.support import servers
from tests.support.federation import node_around

BREATH_SECONDS: Final = 5.0
"""Between two pages of one person: ten pages in a second, of all of them."""
ROUNDS: Final = 5
IN_A_ROUND: Final = 10
SLOWEST_MS_MAX: Final = 100
RATIO_MIN: Final = 0.5
MILLISECONDS: Final = 1000
PERCENTILE: Final = 95
_Paths = Mapping[str, str]
"""Address of each page, by what it is called here."""


def _trust_of(views: Engine, person: AtWork, random: Random) -> str:
    """The own trust; of a health authority one of its region's."""
    region = {n: r for r, n in REGIONAL_AUTHORITY.items()}.get(person.organisation)
    if region is None:
        return person.organisation
    known = tables.organisation.c
    of_region = select(known.org_number).where(known.region == region.value)
    with reading(views) as connection:
        numbers: list[str] = sorted(connection.scalars(of_region))
    return random.choice(numbers)


def paths_of(views: Engine, person: AtWork, random: Random) -> _Paths:
    """Choose what somebody opens, of what they may read."""
    version, document, report = tables.version, tables.document, tables.report
    ours = _trust_of(views, person, random)
    with reading(views) as connection:
        agreements = select(version).where(
            or_(version.c.payer == ours, version.c.payee == ours)
        )
        agreed = random.choice(connection.execute(agreements).all())
        documents = select(document).where(
            or_(document.c.payer == ours, document.c.seller == ours)
        )
        invoice = random.choice(connection.execute(documents).all())
        reported = random.choice(connection.execute(select(report).limit(500)).all())
    first, second = sorted((agreed.payer, agreed.payee))
    pair = f"/statements/{first}/{second}"
    found = {
        "my day": "/my-day",
        "networks": "/networks",
        "a network": f"/networks/{agreed.network}",
        "agreements": "/agreements",
        "an agreement": f"/agreements/{agreed.agreement}",
        "reports": "/reports",
        "a report": f"/reports/{reported.report}",
        "invoices": "/invoices",
        "an invoice": f"/invoices/{invoice.seller}/{invoice.year}/{invoice.number}",
        "settlement": "/settlement",
        "a difference of two days": "/settlement/difference",
        "statements": "/statements",
        "a statement": f"{pair}/{HALF_YEAR.end}",
        "a draft": f"{pair}/draft?start=01.07.2026&end=31.12.2026",
        "netting": "/netting",
        "bank": "/bank",
        "history": "/history",
        "an entry": f"/history/{reported.origin}/1/{reported.position}",
        "federation": "/federation",
        "organisation": "/organisation",
        "notices": "/notices",
        "access": "/access",
    }
    if person.role is Role.CONTROLLER:
        found["what is to be invoiced"] = "/invoices/new"
    if person.role is Role.READER:
        del found["bank"]
    return found


def node_at(database: str, desk: Path) -> Node:
    """Open a node on a day of the year, with the desk in a file."""
    journal = open_journal(database, Region.VEST)
    node = node_around(journal, open_views(database, None))
    node.projector.catch_up()
    noon = datetime.combine(TODAY, datetime.min.time(), UTC).replace(hour=12)
    clock = Clock(ClockSource.SYSTEM, lambda: noon, lambda: "", lambda: "")
    sessions = BrowserSessions(prepared(create_engine(f"sqlite:///{desk}")))
    return replace(node, clock=clock, sessions=sessions)


def serve(database: str, desk: Path, port: int) -> None:
    """Serve a node to people."""
    quiet()
    node = node_at(database, desk)
    collect_seldom()
    uvicorn.run(create_app(node), host=HOST, port=port, **options(1024))


Waited = defaultdict[str, list[float]]
"""How many milliseconds each page took, by name."""


async def at_work(port: int, opened: Sequence[tuple[AtWork, _Paths]]) -> Waited:
    """Let everybody open each of their pages once, all at the same time."""
    waited: Waited = defaultdict(list)
    bounds = httpx.Limits(max_connections=len(opened))
    base = f"http://{HOST}:{port}"
    async with httpx.AsyncClient(base_url=base, limits=bounds, timeout=60) as client:

        async def work(number: int, person: AtWork, paths: _Paths) -> None:
            random = Random(number)
            await asyncio.sleep(random.uniform(0, BREATH_SECONDS))
            for name, path in random.sample([*paths.items()], len(paths)):
                start = time.perf_counter()
                await opening(client, person, path)
                waited[name].append((time.perf_counter() - start) * MILLISECONDS)
                await asyncio.sleep(random.uniform(0.5, 1.5) * BREATH_SECONDS)

        await asyncio.gather(*(work(n, *each) for n, each in enumerate(opened)))
    return waited


async def opening(client: httpx.AsyncClient, person: AtWork, path: str) -> None:
    """Open a page that there is."""
    answer = await client.get(path, headers=person.headers)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"


class Filled(NamedTuple):
    """What a page was filled with."""

    template: str
    speaker: Any
    values: Mapping[str, Any]


class Bare:
    """FastAPI and Jinja2 alone, for pages that were opened before."""

    def __init__(self) -> None:
        self.filled: dict[str, Filled] = {}
        self.app = FastAPI()

        def show(key: str) -> Response:
            return html_page(*self.filled[key])

        self.app.get("/{key}")(show)

    def learn(self, key: str, look: Callable[[], object]) -> None:
        """Keep what a page is filled with when somebody looks."""

        def fill(*of: Any) -> Response:
            self.filled[key] = Filled(*of)
            return html_page(*of)

        with patch.object(visit, "html_page", fill):
            look()


def looks(app: FastAPI, asked: Iterable[tuple[AtWork, str]]) -> Callable[[], None]:
    """Return what opens some pages, one after the other."""
    transport = httpx.ASGITransport(app)
    both = [*asked]

    async def look() -> None:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://node"
        ) as client:
            for person, path in both:
                await opening(client, person, path)

    return lambda: asyncio.run(look())


def rates(node: Node, opened: Sequence[tuple[AtWork, _Paths]], name: str) -> Any:
    """Return how many of a page are made in a second, and how many by the bare handler."""
    asked = [(person, paths[name]) for person, paths in opened if name in paths]
    asked = asked[:IN_A_ROUND]
    bare, app = Bare(), create_app(node)
    for number, each in enumerate(asked):
        bare.learn(str(number), looks(app, [each]))
    ours = looks(app, asked)
    other = looks(bare.app, [(each[0], f"/{n}") for n, each in enumerate(asked)])
    other()
    count = len(asked)
    return alternating(partial(rate, count, ours), partial(rate, count, other), ROUNDS)


def measured(name: str, database: str, desk: Path) -> list[Result]:
    """Measure one database."""
    with closing(open_journal(database, Region.VEST)) as journal:
        views = open_views(database, None)
        fill_office(journal)
        node_around(journal, views).projector.rebuild()
    node = node_at(database, desk)
    staff = people(node.sessions, node.unix_seconds())
    random = Random(1)
    opened = [(each, paths_of(views, each, random)) for each in staff]
    with served(serve, database, desk) as port:
        waited = asyncio.run(at_work(port, opened))
    collect_seldom()
    results = []
    for page, milliseconds in waited.items():
        slow = quantiles(milliseconds, n=100)[PERCENTILE - 1]
        ours, bare = rates(node, opened, page)
        results.append(
            Result(
                f"{page}, {name}",
                f"p50 {median(milliseconds):.0f} ms, p95 {slow:.0f} ms; {ours:,.0f} /s",
                f"{bare:,.0f} /s",
                f"{ours / bare:.2f}",
                f"p95 < {SLOWEST_MS_MAX} ms, ≥ {RATIO_MIN:.2f}",
                f"{min(milliseconds):.0f}–{max(milliseconds):.0f} ms",
            )
        )
    node.views.dispose()
    node.journal.close()
    views.dispose()
    return sorted(results, key=lambda each: each.what)


def run() -> list[Result]:
    """Measure on both databases."""
    with servers.folder() as folder, servers.postgres_server() as server:
        sqlite = f"sqlite:///{folder / 'journal.sqlite'}"
        return [
            *measured("SQLite", sqlite, folder / "desk.sqlite"),
            *measured("PostgreSQL", servers.new_database(server), folder / "desk-2"),
        ]
