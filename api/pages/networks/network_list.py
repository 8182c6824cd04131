"""The list of networks: who coordinates which, and in which years."""

from datetime import date
from typing import Final, NamedTuple

from fastapi import APIRouter, Response

from api.pages.acting import may_send
from api.pages.register import register
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, is_authority
from api.routers import public
from domain.parties.network import EstablishNetwork, NetworkEstablished
from projections.asof import Slice
from projections.listed import listed
from projections.periods import periods_of

router: Final[APIRouter] = public()
SECTION: Final = "page_network"
ROWS: Final = 100


class NetworkRow(NamedTuple):
    """A network in the list."""

    key: str
    name: str
    kind: str
    coordinator: str
    is_ours: bool
    starts_on: date
    last_day: date | None
    state: tuple[str, str]


@router.get("/networks", include_in_schema=False)
def network_list_page(visit: TheVisit, after: str = "") -> Response:
    """Networks by key, a page at a time; the visitor's own are marked."""
    speaker = visit.speaker(SECTION)
    with visit.views() as connection:
        known = register(connection, visit.day)
        page = Slice(after[:80], ROWS)
        found = listed(connection, NetworkEstablished, visit.day, page)
        periods = periods_of(connection, visit.day, [of for of, _ in found])
    lasts = {name: spans[-1].end for name, spans in periods.items() if spans}
    rows = [
        NetworkRow(
            of.network,
            speaker.either(of.name_nb, of.name_en),
            speaker.say(f"kind_{of.kind.value}"),
            known[of.coordinating_trust].name
            if of.coordinating_trust in known
            else of.coordinating_trust,
            of.coordinating_trust == visit.organisation,
            of.starts_on,
            lasts.get(of.network),
            network_state(of.starts_on, lasts.get(of.network), visit.day, speaker),
        )
        for of, _ in found
    ]
    establishes = may_send(visit, EstablishNetwork) and not is_authority(visit)
    return visit.page(
        "networks.html",
        SECTION,
        "networks",
        rows=rows,
        next_after=found[-1].fact.network if len(found) == ROWS else "",
        establishes=establishes,
    )


def network_state(
    starts_on: date, last: date | None, day: date, speaker: Speaker
) -> tuple[str, str]:
    """Where a network stands in its years: a state and its word."""
    if day < starts_on:
        first = speaker.short_day(starts_on)
        return "wait", speaker.say("state_begins", day=first)
    if last is None:
        return "ok", speaker.say("state_active")
    if day > last:
        return "off", speaker.say("state_over")
    if day.year == last.year:
        return "warn", speaker.say("state_last_year")
    return "ok", speaker.say("state_active")
