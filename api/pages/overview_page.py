"""An overview as a page: its tables, and the files they are taken along in."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from api.overviews.overview import AskedOverview, Overview, OverviewKind
from api.overviews.reading import read_overview
from api.overviews.spoken import spoken_table
from api.pages.acting import may_send
from api.pages.addresses import address
from api.pages.forms import number_typed
from api.pages.rendering import Speaker
from api.pages.visit import TheVisit, Visit
from api.routers import public
from api.words import sentence
from domain.governance.activity import ReportActivity
from domain.parties.network import NetworkEstablished
from domain.values import NewName
from projections.listed import first_facts

router: Final[APIRouter] = public()
SECTION: Final = "page_overview"
YEARS: Final = range(1900, 2200)
LEADS_TO: Final[Mapping[str, str]] = {
    "call": "/grants/calls/",
    "body": "/bodies/",
    "network": "/networks/",
}
"""Where the names in a column lead to."""
_GRANTS: Final = frozenset({OverviewKind.AWARDS, OverviewKind.FUNDS})


@router.get("/overviews/{overview}", include_in_schema=False)
def overview_page(
    overview: OverviewKind,
    visit: TheVisit,
    of: Annotated[NewName | None, Query()] = None,
    year: str = "",
) -> Response:
    """Show an overview of a call, a network or a body."""
    speaker = visit.speaker(SECTION)
    typed = number_typed(year)
    asked = AskedOverview(overview, of or "", typed if typed in YEARS else None)
    found = read_overview(asked, visit.node, visit.caller, visit.views, visit.day)
    as_of = visit.request.query_params.get("as_of", "")
    file = {
        "of": of,
        "year": found.year,
        "as_of": as_of or visit.day.isoformat(),
        "language": visit.language.value,
    }
    tables = [spoken_table(sheet, visit.language) for sheet in found.sheets]
    at = f"/v1/overviews/{overview.value}"
    return visit.page(
        "overview.html",
        SECTION,
        "grants" if overview in _GRANTS else "governance",
        title=found.title(visit.language),
        has_amounts=found.has_amounts,
        crumbs=_crumbs(found, of or "", speaker, visit),
        notes=[sentence(visit.language, "overview", key) for key in found.notes],
        tables=tables,
        files=[
            (speaker.say("take_xlsx"), address(at, format="xlsx", **file), ""),
            (speaker.say("take_pdf"), address(at, format="pdf", **file), ""),
            *(
                (
                    speaker.say("take_csv", title=each.title),
                    address(at, format="csv", sheet=each.name, **file),
                    "",
                )
                for each in tables
            ),
        ],
        leads_to=LEADS_TO,
        overview=overview.value,
        of=of or "",
        year=found.year,
        as_of=as_of,
        records=_records(visit, found, of or ""),
    )


def _crumbs(
    found: Overview, of: str, speaker: Speaker, visit: Visit
) -> Sequence[tuple[str, str]]:
    named, key = found.named(visit.language) or of, quote(of, safe="")
    if found.kind in _GRANTS:
        crumbs = [(speaker.say("crumb_grants"), "/grants")]
        return [*crumbs, (named, f"/grants/calls/{key}")] if of else crumbs
    crumbs = [(speaker.say("crumb_governance"), "/governance")]
    if found.kind is OverviewKind.COMPILED_REPORT:
        return [*crumbs, (named, f"/bodies/{key}")]
    return [*crumbs, (named, f"/networks/{key}/governance")]


def _records(visit: Visit, found: Overview, network: str) -> str:
    """Where the report that is shown is recorded, for those who may; else nothing."""
    is_open = "reference_note" in found.notes and may_send(visit, ReportActivity)
    if not is_open:
        return ""
    with visit.views() as connection:
        known = first_facts(connection, NetworkEstablished, visit.day, [network])
    if known[network].fact.coordinating_trust != visit.organisation:
        return ""
    return address(
        f"/networks/{quote(network, safe='')}/governance/report",
        of=network,
        year=found.year,
    )
