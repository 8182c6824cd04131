"""The settlement of a year: who owes whom, and what lies under each sum."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection

from api.auth import Role
from api.pages.addresses import address
from api.pages.forms import number_typed
from api.pages.register import Register, register
from api.pages.settling.who_owes import (
    UNFOLDED_MAX,
    OwedMatrix,
    YearSums,
    names_in_order,
    owed_matrix,
    region_bars,
    under,
)
from api.pages.visit import TheVisit, Visit, is_authority
from api.pdf.names import network_names, post_contents
from api.routers import public
from api.written.days import written_day
from domain.closing.settlement import AgreementSettlement, Settlement
from domain.values import Region
from federation.log.completeness import unheard
from projections.readable import reads_of
from projections.regions import first_recorded_on

router: Final[APIRouter] = public()
SECTION: Final = "page_settlement"
YEARS: Final = range(1900, 2200)


@dataclass(frozen=True, slots=True)
class AskedYear:
    """Which year somebody asked for, as of which day; or what they typed in place of it."""

    year: int
    year_typed: str
    day_typed: str
    errors: Mapping[str, str]
    """The key of the words, by field."""


def asked_year(visit: Visit, year: str, day: str = "") -> AskedYear:
    """Read the fields of the form; what cannot be read leaves what is shown without it."""
    errors = {}
    number = visit.day.year
    if year:
        typed_year = number_typed(year)
        if typed_year is not None and typed_year in YEARS:
            number = typed_year
        else:
            errors["year"] = "year_unread"
    typed = visit.speaker(SECTION).short_day(visit.day)
    if day and read_day(day) is None:
        errors["day"] = "day_unread"
        typed = day
    return AskedYear(number, year or str(number), typed, errors)


def read_day(typed: str) -> date | None:
    """Day that somebody wrote; None where it is none."""
    try:
        found = written_day(typed.strip())
    except ValueError:
        return None
    return found if found.year in YEARS else None


@router.get("/settlement", include_in_schema=False)
def settlement_page(
    visit: TheVisit, year: str = "", day: str = "", payer: str = "", payee: str = ""
) -> Response:
    """Who owes whom in a year, from what was recorded until a day.

    ``payer`` and ``payee`` are a region or an organisation: what lies under their sum.
    """
    asked = asked_year(visit, year, day)
    if day and not asked.errors:
        between = {"payer": payer, "payee": payee}
        where = address("/settlement", year=year, as_of=read_day(day), **between)
        return RedirectResponse(where, 303)
    with visit.views() as connection:
        settled = visit.node.settlements.settlement(connection, asked.year, visit.day)
        values = _shown(visit, connection, settled, (payer, payee))
    return visit.page(
        "settlement.html", SECTION, "settlement", asked=asked, settled=settled, **values
    )


def _shown(
    visit: Visit,
    connection: Connection,
    settled: Settlement,
    between: tuple[str, str],
) -> Mapping[str, Any]:
    known = register(connection, visit.day)
    region_of = {number: each.region for number, each in known.items()}
    names = {number: each.name for number, each in known.items()}
    chosen = _chosen(connection, settled, between, region_of)
    pairs = under(settled, chosen, reads_of(connection))
    count = sum(len(pair.agreements) for pair in pairs)
    unfolded = count <= UNFOLDED_MAX
    agreements = [each.settled for pair in pairs for each in pair.agreements]
    networks = {each.parties.network for each in agreements} if unfolded else set()
    contents = [each.agreement for each in agreements] if unfolded else []
    return {
        **_sums(visit, settled, region_of, names),
        "recorded": _is_recorded(connection, settled),
        "pairs": sorted(pairs, key=lambda pair: (names[pair.payer], names[pair.payee])),
        "unfolded": unfolded,
        "under_of": _under_of(visit, between, known),
        "network_names": network_names(connection, visit.day, networks, visit.language),
        "contents": post_contents(connection, visit.day, contents),
        "signs": visit.role is Role.CONTROLLER and not is_authority(visit),
    }


def _sums(
    visit: Visit,
    settled: Settlement,
    region_of: Mapping[str, Region],
    names: Mapping[str, str],
) -> Mapping[str, Any]:
    unknown = {region.value for region in unheard(visit.node.journal)}
    regions = [region.value for region in Region]
    trusts_unknown = {n for n, region in region_of.items() if region.value in unknown}
    as_of = visit.request.query_params.get("as_of", "")
    here = address("/settlement", year=settled.year, as_of=as_of)

    def to(payer: str = "", payee: str = "") -> str:
        between = {"payer": payer, "payee": payee}.items()
        asked = "".join(f"&{name}={quote(key)}" for name, key in between if key)
        return f"{here}{asked}#under"

    return {
        "sums": YearSums.of(settled),
        "unknown": sorted(unknown),
        "regions": owed_matrix(
            settled.agreements,
            lambda number: region_of[number].value,
            lambda _: regions,
            unknown,
        ),
        "trusts": _trusts(settled, names, trusts_unknown),
        "bars": region_bars(settled, unknown),
        "names": names,
        "to": to,
        "asked_as_of": as_of,
        "address": address,
    }


def _trusts(
    settled: Settlement, names: Mapping[str, str], unknown: set[str]
) -> OwedMatrix:
    return owed_matrix(settled.agreements, str, names_in_order(names), unknown)


def _is_recorded(connection: Connection, settled: Settlement) -> bool:
    """Whether anything of a year could have been recorded by its day."""
    began = first_recorded_on(connection)
    if settled.agreements:
        return True
    return began is not None and began.year <= settled.year and began <= settled.as_of


def _chosen(
    connection: Connection,
    settled: Settlement,
    between: tuple[str, str],
    region_of: Mapping[str, Region],
) -> Callable[[AgreementSettlement], bool]:
    """What was asked for; else what concerns the visitor, or everything."""

    def of(party: str, key: str) -> bool:
        return key in {"", party, region_of[party].value}

    def asked(each: AgreementSettlement) -> bool:
        payer, payee, _ = each.parties
        return of(payer, between[0]) and of(payee, between[1])

    if any(between):
        return asked
    concerns = reads_of(connection)
    own = any(concerns(each.parties[:2]) for each in settled.agreements)
    return (lambda each: concerns(each.parties[:2])) if own else asked


def _under_of(visit: Visit, between: Sequence[str], known: Register) -> str:
    """Whose sum is unfolded, in words."""
    speaker = visit.speaker(SECTION)

    def name(key: str) -> str:
        if key in known:
            return known[key].name
        return speaker.say(f"region_{key}") if key in {*Region} else key

    payer, payee = map(name, between)
    if payer and payee:
        return speaker.say("under_both", payer=payer, payee=payee)
    if payer or payee:
        return speaker.say(
            "under_payer" if payer else "under_payee", who=payer or payee
        )
    return speaker.say("under_own", who=name(visit.organisation))
