"""Who is reminded today, of all that is owed in many networks: derived anew, from the journal.

Beside it stands a quarter of the networks: what grows faster than they do shows there.
"""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import date
from time import perf_counter
from typing import Any, Final

from api.obligations import all_owed
from api.owed_matters import reminded_today
from api.services import Node
from deploy.bootstrap import collect_seldom
from deploy.databases import open_journal
from deploy.views import open_views
from domain.fact import Command
from domain.governance.body import BodyKind
from domain.governance.chartering import CharterBody
from domain.governance.seating import FillSeat
from domain.parties.participation import DeclareParticipation
from domain.values import NetworkKind, NetworkModel, Region
from projections.database import reading
from tests.bench.measure import Result, Rounds
from tests.support import servers
from tests.support.examples import BERGEN, network
from tests.support.federation import node_around
from tests.support.governed import PARTIES, STORD, seat
from tests.support.logs import fill, logs_of

NETWORKS: Final = 500
FEW: Final = NETWORKS // 4
ROUNDS: Final = 5
START: Final = date(2025, 1, 1)
TODAY: Final = date(2026, 10, 1)
"""On which meetings with employers and the use of money are reminded of."""
GOAL: Final = "≤ 1 s, linear"


def work(networks: int) -> Iterator[tuple[date, Command]]:
    """Yield what is recorded of networks, each with two bodies and four seats."""
    for command in PARTIES:
        yield START, command
    for number in range(networks):
        name = f"n{number}"
        made: dict[str, Any] = {
            "network": name,
            "kind": NetworkKind.LOCAL,
            "name_en": "",
            "model": NetworkModel.COORDINATION_ONLY,
            "coordination_budget_ore": 0,
        }
        yield START, network(**made)
        for who, organisation in (("bergen", BERGEN), ("stord", STORD)):
            yield (
                START,
                DeclareParticipation(
                    network=name, participant=who, organisation=organisation, unit=""
                ),
            )
        for kind in (BodyKind.NETWORK_GROUP, BodyKind.OPERATING_GROUP):
            body = f"{name}-{kind.value}"
            yield (
                START,
                CharterBody(
                    body=body,
                    version=1,
                    kind=kind,
                    network=name,
                    organisation=BERGEN,
                    term_years=2,
                    plan_due="11-30",
                    report_due="01-31",
                    seats=(seat("bergen"), seat("stord")),
                ),
            )
            for who in ("bergen", "stord"):
                yield (
                    START,
                    FillSeat(
                        body=body,
                        seat=who,
                        participant=who,
                        person=f"p-{who}",
                        from_on=START,
                    ),
                )


def reminded(node: Node) -> tuple[int, float]:
    """Derive all that is owed; return how much it is, and the seconds that it takes."""
    node.derived.forget()
    start = perf_counter()
    with reading(node.views) as connection:
        owed = all_owed(node, connection, TODAY, TODAY.year + 1, "")
    assert reminded_today(owed, TODAY)
    return len(owed), perf_counter() - start


def measured(database: str, networks: int) -> tuple[int, Rounds]:
    """Fill one database, and derive some times."""
    with closing(open_journal(database, Region.VEST)) as journal:
        views = open_views(database, None)
        fill(journal, logs_of(work(networks)), "9999")
        node = node_around(journal, views)
        node.projector.catch_up()
        collect_seldom()
        found = [reminded(node) for _ in range(ROUNDS)]
        views.dispose()
    return found[0][0], Rounds(seconds for _, seconds in found)


def run() -> list[Result]:
    """Measure both databases."""
    with ExitStack() as stack:
        folder = stack.enter_context(servers.folder())
        server = stack.enter_context(servers.postgres_server())
        return [
            _result(
                "SQLite",
                *(
                    measured(f"sqlite:///{folder / str(count)}", count)
                    for count in (NETWORKS, FEW)
                ),
            ),
            _result(
                "PostgreSQL",
                *(
                    measured(servers.new_database(server), count)
                    for count in (NETWORKS, FEW)
                ),
            ),
        ]


def _result(name: str, many: tuple[int, Rounds], few: tuple[int, Rounds]) -> Result:
    (number, ours), (fewer, other) = many, few
    grows = (ours / number) / (other / fewer)
    return Result(
        f"who is reminded today of {number:,} obligations, {name}",
        f"{ours:.2f} s",
        f"{other:.2f} s for {fewer:,}",
        f"{grows:.2f} a piece",
        GOAL,
        ours.spread,
    )
