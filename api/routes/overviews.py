"""Overviews: the awards of a call taken together, the reports on a year, and as files."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from api.dependencies import AsOf, TheCaller, TheLanguage, TheNode, TheViews, day_of
from api.known import known_names, known_until
from api.overviews.overview import AskedOverview, OverviewKind
from api.overviews.paper import overview_paper
from api.overviews.reading import read_overview
from api.pdf.responses import PDF, pdf_response
from api.problems import ProblemError
from api.routers import member_router
from api.sheet_responses import (
    MEDIA_TYPE,
    SheetFormat,
    file_responses,
    sheets_response,
)
from api.unannounced import require_announced
from domain.governance.body import BODY
from domain.governance.reporting import YearReported, compiled, reported
from domain.grants.call import CALL
from domain.grants.portfolio import Awarded, portfolio
from domain.history import ShownTo
from domain.parties.network import NetworkEstablished
from domain.values import NewName, Year

router = member_router("overviews", ShownTo.MEMBERS)


class OverviewFormat(StrEnum):
    """As which kind of file."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"


@router.get(
    "/overviews/{overview}",
    response_class=Response,
    responses=file_responses(*MEDIA_TYPE.values(), PDF),
)
def get_overview(
    overview: OverviewKind,
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    language: TheLanguage,
    of: Annotated[
        NewName | None,
        Query(
            description="Of which call, network or body; the funds are of all calls "
            "when left out."
        ),
    ] = None,
    year: Annotated[
        Year | None, Query(description="Of which year, where it is of one.")
    ] = None,
    as_format: Annotated[OverviewFormat, Query(alias="format")] = OverviewFormat.XLSX,
    sheet: Annotated[
        str | None,
        Query(
            max_length=40,
            description="Of a CSV file, which holds one; the first when left out.",
        ),
    ] = None,
    as_of: AsOf = None,
) -> Response:
    """Overview as a workbook, as one of its sheets in CSV, or as PDF.

    What is awarded in a call is for its funder and auditors until it is announced.
    """
    day = day_of(node, as_of)
    asked = AskedOverview(overview, of or "", year)
    found = read_overview(asked, node, caller, views, day)
    if as_format is OverviewFormat.PDF:
        return pdf_response(overview_paper(found, language), overview.value)
    file = SheetFormat(as_format.value)
    return sheets_response(found.sheets, overview.value, file, sheet, language, day)


class ShownAwarded(BaseModel):
    """Money that one part of the applications got."""

    key: str
    applications: int
    amount_ore: int


class ShownPortfolio(BaseModel):
    """The awards of a call taken together, in øre."""

    call: str
    announced: bool
    pot_ore: int | None
    awarded_ore: int
    left_ore: int | None = Field(description="Of the pot; null where there is none.")
    by_trust: list[ShownAwarded]
    by_region: list[ShownAwarded]
    by_purpose: list[ShownAwarded] = Field(
        description="An application with several purposes counts at each."
    )
    by_split: list[ShownAwarded]
    granted: list[str] = Field(description="The applications that got money.")
    informed: list[str] = Field(description="Who is told of them, by the call.")


@router.get("/calls/{call}/portfolio")
def get_portfolio(
    call: NewName,
    node: TheNode,
    caller: TheCaller,
    _views: TheViews,
    as_of: AsOf = None,
) -> ShownPortfolio:
    """Awards of a call by trust, purpose and share of the pot (S2-27, S3-10, S3-21).

    Until they are announced they are the funder's and the auditors'.
    """
    require_announced(node, caller, call)
    with known_until(node, day_of(node, as_of)) as history:
        if history.state(CALL, call).latest is None:
            raise ProblemError("not_found")
        found = portfolio(call, history)
    pot_ore = found.pot_ore
    return ShownPortfolio(
        call=found.call,
        announced=found.announced,
        pot_ore=pot_ore,
        awarded_ore=found.awarded_ore,
        left_ore=None if pot_ore is None else pot_ore - found.awarded_ore,
        by_trust=_shown_awards(found.by_trust),
        by_region=_shown_awards(found.by_region),
        by_purpose=_shown_awards(found.by_purpose),
        by_split=_shown_awards(found.by_split),
        granted=list(found.granted),
        informed=[each.words for each in found.rules.informed],
    )


def _shown_awards(awards: Mapping[str, Awarded]) -> list[ShownAwarded]:
    return [
        ShownAwarded(
            key=key, applications=each.applications, amount_ore=each.amount_ore
        )
        for key, each in awards.items()
    ]


class ShownReport(BaseModel):
    """A report on a year, or that there is none."""

    of: str
    year: int
    reported: bool
    to: list[str]
    reference: str = Field(description="In eRapport, where it was reported there.")
    sections: list[str]
    missing: list[str] = Field(description="Sections that the rules ask for.")


@router.get("/activity-reports/{year}/{of:path}")
def get_activity_report(
    year: Year,
    of: Annotated[str, Path(max_length=200)],
    node: TheNode,
    _views: TheViews,
    as_of: AsOf = None,
) -> ShownReport:
    """Report of a network, a body or a seat on a year, with what is missing of it."""
    with known_until(node, day_of(node, as_of)) as history:
        return _shown_report(reported(of, year, history))


@router.get("/bodies/{body}/compiled-report/{year}")
def get_compiled_report(
    body: NewName, year: Year, node: TheNode, views: TheViews, as_of: AsOf = None
) -> list[ShownReport]:
    """Reports on a year of all that report to a body, the missing ones named (S4-29)."""
    day = day_of(node, as_of)
    with views() as connection:
        networks = list(known_names(connection, NetworkEstablished, day))
    with known_until(node, day) as history:
        if history.state(BODY, body).last is None:
            raise ProblemError("not_found")
        return [*map(_shown_report, compiled(body, networks, year, history))]


def _shown_report(found: YearReported) -> ShownReport:
    report = found.report
    return ShownReport(
        of=found.of,
        year=found.year,
        reported=report is not None,
        to=[] if report is None else list(report.to),
        reference="" if report is None else report.reference,
        sections=[] if report is None else [each.section for each in report.sections],
        missing=list(found.missing),
    )
