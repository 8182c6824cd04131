"""A call with 2,000 applications: its pages, and the commands by which it is decided.

Each is asked in this process, through the whole app; after every command the rows are
folded, and the next page is of what stands then.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple

import httpx

from api.app import create_app
from api.desk.sessions import BrowserSessions, cookie_name
from api.services import Node
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.views import open_views
from domain.grants.award import AwardOutcome
from domain.role import Role
from domain.values import Region
from tests.bench.applicants import (
    ALL_DECIDED,
    AMOUNT_ORE,
    APPLICATIONS,
    FUNDER,
    HALF_DECIDED,
    UNRANKED,
    applicant_of,
    happened,
    name_of,
)
from tests.bench.measure import Result
from tests.bench.pages import node_at
from tests.bench.settlement import Filling
from tests.support import servers
from tests.support.federation import node_around, token

ROUNDS: Final = 40
"""The first is of a process that has read nothing yet: the range shows it."""
SLOWEST_MS_MAX: Final = 100
MILLISECONDS: Final = 1000
PERCENTILE: Final = 95
OF_TRUST: Final = [n for n in range(APPLICATIONS) if applicant_of(n) == UNRANKED]
UNDECIDED: Final = [n for n in range(APPLICATIONS) if applicant_of(n) != UNRANKED][
    -ROUNDS:
]
"""In the first call; those before them are decided."""


class Asked(NamedTuple):
    """A request, and who sends it."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None = None


class Took(NamedTuple):
    """What an answer took, in milliseconds."""

    wall: float
    cpu: float


def somebody(sessions: BrowserSessions, now: int, organisation: str, role: Role) -> Any:
    """Sign somebody in; return what they send with each request for a page."""
    begun = sessions.begin(f"{organisation}-{role}", now, language="nb")
    session = sessions.act_as(begun, organisation, role, None)
    cookie = f"{cookie_name(Region.VEST)}={session.secret}"
    return {"Accept": "text/html", "Cookie": cookie}


def _program(organisation: str, role: Role, key: str) -> Mapping[str, str]:
    bearer = token(organisation, role)
    return {"Authorization": f"Bearer {bearer}", "Idempotency-Key": key}


def asked_in(node: Node, number: int) -> Mapping[str, Asked]:
    """Return what is asked in one round, in its order."""
    someone = partial(somebody, node.sessions, node.unix_seconds())
    decider, ranker = someone(FUNDER, Role.DECIDER), someone(UNRANKED, Role.DECIDER)
    assessor = someone(FUNDER, Role.SECRETARY)
    call, rest = f"/grants/calls/{HALF_DECIDED}", f"/grants/calls/{ALL_DECIDED}"
    undecided = name_of(HALF_DECIDED, UNDECIDED[number])
    at, key = f"/grants/applications/{undecided}", f"round-{number}"
    program = _program(FUNDER, Role.DECIDER, key)
    order = [name_of(HALF_DECIDED, n) for n in OF_TRUST]
    ranking = {
        "trust": UNRANKED,
        "order": [*order[number:], *order[:number]],
        "role": "quality_manager",
        "ranked_by": "p-ranker",
    }
    decision = {
        "outcome": AwardOutcome.GRANTED,
        "amount_ore": AMOUNT_ORE,
        "reason": "By its points",
        "role": "rhf_medical_director",
        "decided_by": "p-decider",
    }
    middle = name_of(HALF_DECIDED, APPLICATIONS // 2)
    return {
        "list of calls, as the funder": Asked("/grants", decider),
        "list of calls, as who applied": Asked("/grants", ranker),
        "call": Asked(call, decider),
        "call, in its middle": Asked(f"{call}?after={middle}", decider),
        f"ranking of {len(OF_TRUST)}": Asked(f"{call}/ranking", ranker),
        "application": Asked(at, assessor),
        "assessment": Asked(f"{at}/assess", assessor),
        "decision": Asked(f"{at}/decide", decider),
        "announcement": Asked(f"{rest}/announce", decider),
        "GET /v1/grants": Asked("/v1/grants", program),
        "portfolio": Asked(f"/v1/calls/{ALL_DECIDED}/portfolio", program),
        "RankApplications": Asked(
            f"/v1/calls/{HALF_DECIDED}/rankings",
            _program(UNRANKED, Role.DECIDER, key),
            ranking,
        ),
        "DecideApplication": Asked(
            f"/v1/applications/{undecided}/decision", program, decision
        ),
    }


async def asked(node: Node) -> AsyncIterator[tuple[str, Took]]:
    """Ask all in some rounds, and announce at the end; tell what each took."""
    door = httpx.ASGITransport(create_app(node))
    announced = Asked(
        f"/v1/calls/{ALL_DECIDED}/announcement",
        _program(FUNDER, Role.DECIDER, "announce"),
        {},
    )
    async with httpx.AsyncClient(transport=door, base_url="http://node") as client:
        for number in range(ROUNDS):
            for name, each in asked_in(node, number).items():
                yield name, await _answered(client, each)
                node.projector.catch_up()
        yield "AnnounceAwards", await _answered(client, announced)


async def _answered(client: httpx.AsyncClient, each: Asked) -> Took:
    wall, cpu = perf_counter(), process_time()
    if each.body is None:
        answer = await client.get(each.path, headers=each.headers)
    else:
        answer = await client.post(each.path, headers=each.headers, json=each.body)
    took = perf_counter() - wall, process_time() - cpu
    assert answer.is_success, f"{each.path}: {answer.status_code} {answer.text}"
    return Took(*(seconds * MILLISECONDS for seconds in took))


async def _all(node: Node) -> Mapping[str, list[Took]]:
    found: defaultdict[str, list[Took]] = defaultdict(list)
    async for name, took in asked(node):
        found[name].append(took)
    return found


def measured(name: str, database: str, desk: Path) -> list[Result]:
    """Fill one database, and ask."""
    with closing(open_journal(database, Region.VEST)) as journal:
        Filling(journal, seen="").add(happened())
        node_around(journal, open_views(database, None)).projector.rebuild()
    node = node_at(database, desk)
    collect_seldom()
    return [
        _result(f"{what}, {name}", took)
        for what, took in asyncio.run(_all(node)).items()
    ]


def _result(what: str, took: list[Took]) -> Result:
    wall, cpu = zip(*took, strict=True)
    # Each twice, as of one alone there would be none.
    slow = quantiles([*wall, *wall], n=100)[PERCENTILE - 1]
    return Result(
        what,
        f"p50 {median(wall):.0f} ms, p95 {slow:.0f} ms",
        f"{median(cpu):.0f} ms CPU",
        "",
        f"p95 < {SLOWEST_MS_MAX} ms",
        f"{min(wall):.0f}–{max(wall):.0f} ms",
    )


def run() -> list[Result]:
    """Measure both databases."""
    with servers.folder() as folder, servers.postgres_server() as server:
        sqlite = f"sqlite:///{folder / 'journal.sqlite'}"
        return [
            *measured("SQLite", sqlite, folder / "desk.sqlite"),
            *measured("PostgreSQL", servers.new_database(server), folder / "desk-2"),
        ]
