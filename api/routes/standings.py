"""How applications, bodies and networks stand on a day, and what is owed: derived."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, Field

from api.commands import door
from api.dependencies import AsOf, TheCaller, TheNode, TheViews, day_of
from api.known import known_names, known_until
from api.obligations import OwedOnDay, all_owed, owed_in, shown_to
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.routers import member_router
from api.unannounced import grants_for, reads_application
from api.watching import open_warnings
from domain.fact import Fact
from domain.governance.body import BodyChartered
from domain.governance.holding import BodyView, body_on
from domain.governance.standing import NetworkView, network_view
from domain.governance.warned import warnings_of_body
from domain.grants.application import ApplicationPresented
from domain.grants.call import warnings_of_call
from domain.grants.money import GrantView
from domain.grants.warned import warnings_of_application
from domain.history import History, ShownTo
from domain.obligations.duty import Duty, duty_of
from domain.obligations.obligation import ObligationState
from domain.obligations.waiver import WaiveObligation
from domain.parties.network import NetworkEstablished
from domain.values import OrganisationNumber, Year

router = member_router("standings", ShownTo.MEMBERS)
V = TypeVar("V")


def _page(
    node: TheNode,
    views: TheViews,
    kind: type[Fact],
    as_of: date | None,
    part: tuple[int, str | None],
    views_of: Callable[[Collection[str], History, date], Mapping[str, V]],
) -> Page[V]:
    """One page of what is known by a name, by name."""
    limit, cursor = part
    day, first = day_of(node, as_of), after(cursor, [""])[0]
    with views() as connection:
        names = [each for each in known_names(connection, kind, day) if each > first]
        with known_until(node, day) as history:
            shown = _first(names, limit, lambda some: views_of(some, history, day))
    page = page_of(shown, limit, lambda item: [item[0]])
    return Page(items=[view for _, view in shown], next_cursor=page.next_cursor)


def _first(
    names: Sequence[str],
    limit: int,
    views_of: Callable[[Collection[str]], Mapping[str, V]],
) -> list[tuple[str, V]]:
    """The first views that there are; some names may have none."""
    shown: list[tuple[str, V]] = []
    for start in range(0, len(names), limit):
        shown += views_of(names[start : start + limit]).items()
        if len(shown) >= limit:
            break
    return shown[:limit]


@router.get("/grants")
def list_grants(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[GrantView]:
    """Applications with what became of them and their money, in øre, by name.

    Until the awards of a call are announced its applications are listed to the funder and
    auditors, and to each trust its own without what is decided.
    """
    with node.executor.history() as now:
        return _page(
            node,
            views,
            ApplicationPresented,
            as_of,
            (limit, cursor),
            lambda names, history, _: grants_for(caller, now, names, history),
        )


@router.get("/bodies")
def list_bodies(
    node: TheNode,
    views: TheViews,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[BodyView]:
    """Bodies by name, each with its chair, vacant seats and groups without cover."""
    return _page(
        node,
        views,
        BodyChartered,
        as_of,
        (limit, cursor),
        lambda names, history, day: {n: body_on(n, history, day) for n in names},
    )


@router.get("/network-standings")
def list_network_standings(
    node: TheNode,
    views: TheViews,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[NetworkView]:
    """Where each network stands, and the rules of which something is lacking."""
    return _page(
        node,
        views,
        NetworkEstablished,
        as_of,
        (limit, cursor),
        lambda names, history, day: {n: network_view(n, history, day) for n in names},
    )


class ShownObligation(BaseModel):
    """What an organisation owes by a day, and how it stands."""

    id: str
    duty: Duty
    rule: str
    owed_by: OrganisationNumber
    due_on: date
    done_on: date | None
    state: ObligationState
    must: bool = Field(description="False where the source says that it should be.")
    remind_on: list[date]
    escalate_on: date | None
    waived_because: str | None


@router.get("/obligations")
def list_obligations(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    year: Annotated[Year, Query(description="In which they are due.")],
    owed_by: Annotated[OrganisationNumber | None, Query()] = None,
    state: Annotated[ObligationState | None, Query()] = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownObligation]:
    """What is due in a year, as it stands on a day, by id."""
    day, first = day_of(node, as_of), after(cursor, [""])[0]
    with views() as connection:
        found = owed_in(node, connection, day, year, shown_to(caller))
    asked = [
        _shown(each)
        for each in found
        if each.obligation.id > first
        and owed_by in {None, each.obligation.owed_by}
        and state in {None, each.state}
    ]
    return page_of(asked[:limit], limit, lambda item: [item.id])


open_warnings(router, "/bodies/{body}/warnings", warnings_of_body)
open_warnings(router, "/calls/{call}/warnings", warnings_of_call)
open_warnings(
    router,
    "/applications/{application}/warnings",
    warnings_of_application,
    reads_application,
)


@router.get("/obligations/{obligation:path}")
def get_obligation(
    obligation: Annotated[str, Path(max_length=500)],
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    as_of: AsOf = None,
) -> ShownObligation:
    """One obligation, as it stands on a day."""
    day = day_of(node, as_of)
    with views() as connection:
        found = all_owed(node, connection, day, day.year + 1, shown_to(caller))
    return _shown(only([each for each in found if each.obligation.id == obligation]))


def _shown(each: OwedOnDay) -> ShownObligation:
    obligation = each.obligation
    return ShownObligation(
        id=obligation.id,
        duty=duty_of(obligation.id),
        rule=obligation.rule,
        owed_by=obligation.owed_by,
        due_on=obligation.due_on,
        done_on=obligation.done_on,
        state=each.state,
        must=obligation.must,
        remind_on=list(obligation.remind_on),
        escalate_on=obligation.escalate_on,
        waived_because=None if each.waived is None else each.waived.reason,
    )


door(router, "/obligation-waivers", WaiveObligation)
