"""Why a settlement is another one now: two days, and the entries that came between."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from api.pages.addresses import address
from api.pages.register import register
from api.pages.settling.settlement import SECTION as SETTLEMENT
from api.pages.settling.settlement import asked_year, read_day
from api.pages.visit import TheVisit, Visit
from api.pdf.names import network_names, post_contents
from api.routers import public
from domain.closing.difference import Figure
from projections.difference import (
    AgreementDifference,
    SettlementDifference,
    TwoDays,
)
from projections.settlement import Scope

router: Final[APIRouter] = public()
SECTION: Final = "page_difference"
HALF_YEAR_ENDS: Final = ((12, 31), (6, 30))


@dataclass(frozen=True, slots=True)
class NetworkDifference:
    """The agreements of a network, those that differ apart from those that do not."""

    network: str
    differing: Sequence[AgreementDifference]
    equal: Sequence[AgreementDifference]

    @property
    def first_ore(self) -> int:
        """Sum on the first day."""
        return sum(each.first_ore for each in (*self.differing, *self.equal))

    @property
    def second_ore(self) -> int:
        """Sum on the second day."""
        return sum(each.second_ore for each in (*self.differing, *self.equal))


def by_network(found: SettlementDifference) -> list[NetworkDifference]:
    """Networks in which most differs first."""
    groups: defaultdict[str, list[AgreementDifference]] = defaultdict(list)
    for each in found.agreements:
        groups[each.parties.network].append(each)
    networks = [
        NetworkDifference(
            network,
            sorted(
                (each for each in group if each.difference_ore),
                key=lambda each: -abs(each.difference_ore),
            ),
            [each for each in group if not each.difference_ore],
        )
        for network, group in groups.items()
    ]
    return sorted(networks, key=lambda each: (not each.differing, each.network))


@router.get("/settlement/difference", include_in_schema=False)
def difference_page(
    visit: TheVisit,
    year: str = "",
    first: str = "",
    second: str = "",
    figure: str = "",
    agreement: str = "",
) -> Response:
    """Compare a figure on two days, down to the entries that came between."""
    asked = asked_year(visit, year)
    speaker = visit.speaker(SETTLEMENT)
    errors = dict(asked.errors)
    read: dict[str, date] = {}
    typed = {"first": first, "second": second}
    usual = {"first": _before(visit.day), "second": visit.day}
    for name, text in typed.items():
        day = read_day(text) if text else usual[name]
        if day is None:
            errors[name] = "day_unread"
        else:
            read[name] = day
            typed[name] = speaker.short_day(day)
    chosen = Figure(figure) if figure in {*Figure} else Figure.OUTSTANDING
    values: dict[str, Any] = {"found": None}
    if not errors:
        days = sorted(read.values())
        with visit.views() as connection:
            two = TwoDays(asked.year, days[0], days[1], chosen)
            values = _compared(visit, connection, two, agreement)
    return visit.page(
        "settlement_difference.html",
        SECTION,
        "settlement",
        asked=asked,
        typed=typed,
        errors=errors,
        figure=chosen,
        figures=[*Figure],
        agreement=agreement,
        address=address,
        **values,
    )


def _before(day: date) -> date:
    """The last half-year that had ended a while before."""
    ends = [
        date(year, *end) for year in (day.year, day.year - 1) for end in HALF_YEAR_ENDS
    ]
    return next(end for end in ends if end < day - timedelta(days=1))


def _compared(
    visit: Visit, connection: Connection, two: TwoDays, agreement: str
) -> dict[str, Any]:
    scope = Scope(agreement=agreement or None)
    found = visit.node.settlements.difference(connection, two, scope)
    networks = by_network(found)
    told = [each for one in networks for each in one.differing if each.causes]
    names: Mapping[str, str] = {
        number: each.name.removesuffix(" HF")
        for number, each in register(connection, visit.day).items()
    }
    causes = [cause for each in told for cause in each.causes or ()]
    return {
        "found": found,
        "networks": [each for each in networks if each.differing],
        "same": [each for each in networks if not each.differing],
        "entries": sum(cause.entry is not None for cause in causes),
        "names": names,
        "network_names": network_names(
            connection,
            visit.day,
            {each.network for each in networks if each.differing},
            visit.language,
        ),
        "contents": post_contents(
            connection, visit.day, {each.agreement for each in told}
        ),
    }
