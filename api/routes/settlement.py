"""The settlement of a year, as of a day."""

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from api.bodies import RequestDay
from api.dependencies import AsOf, TheLanguage, TheNode, TheViews, day_of
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.pdf.settlement import read_settlement
from api.routers import member_router
from api.settlement import SettlementDocument, settlement_document
from domain.closing.difference import Figure
from domain.history import ShownTo
from domain.values import NewName, OrganisationNumber
from federation.log.completeness import unheard
from projections.difference import (
    AgreementDifference,
    DifferenceCause,
    TwoDays,
    settlement_difference,
)
from projections.settlement import Scope, settlement, with_readable_documents

router = member_router("settlement", ShownTo.MEMBERS)


@router.get("/settlement", response_model=SettlementDocument)
def get_settlement(
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    year: Annotated[int, Query(ge=1900, le=2199, examples=[2026])],
    as_of: AsOf = None,
    trust: Annotated[
        OrganisationNumber | None, Query(description="Only what it pays or is paid.")
    ] = None,
    network: NewName | None = None,
    agreement: NewName | None = None,
) -> Response:
    """Settle a calendar year: who owes whom, from what was recorded until a day.

    The sums are for all members. `invoices` names those documents that the caller
    may read.
    """
    with views() as connection:
        scope = Scope(trust, network, agreement)
        settled = settlement(connection, year, day_of(node, as_of), scope)
        settled = with_readable_documents(connection, settled)
    # Written at once: a model that is returned would be validated a second time.
    lacking = unheard(node.journal)
    content = settlement_document(settled, lacking, language).to_json()
    return Response(content, media_type="application/json")


class ShownCause(BaseModel):
    """What moved a figure, and by how much; the amounts in øre."""

    kind: str = Field(
        description="What was recorded: `document`, `payment`, `verdict`, `staffing`, "
        "`answer`, `version` or `termination`; `days` for the days that passed, "
        "`parties` for all that is shown to the parties alone."
    )
    difference_ore: int
    entry: str | None
    recorded_on: date | None
    document: str | None = Field(examples=["993467049/2026/1"])
    post: str | None
    change: str | None
    effective_on: date | None
    version: int | None
    days_before: int | None = Field(
        description="Days of the year until the second day on which the posts accrue, "
        "without the entry; and with it."
    )
    days_after: int | None


class ShownAgreementDifference(BaseModel):
    """A figure of an agreement on both days."""

    agreement: str
    network: str
    payer: str
    payee: str
    first_ore: int
    second_ore: int
    difference_ore: int
    causes: list[ShownCause] | None = Field(
        description="They add up to the difference; null where too many agreements "
        "differ to follow all of them: ask for this one."
    )


class ShownDifference(BaseModel):
    """Why a figure of a settlement is another one on a later day."""

    year: int
    first: date
    second: date
    figure: Figure
    first_ore: int
    second_ore: int
    difference_ore: int
    agreements: list[ShownAgreementDifference]


@router.get("/settlement/difference")
def get_difference(
    views: TheViews,
    year: Annotated[int, Query(ge=1900, le=2199, examples=[2026])],
    first: Annotated[RequestDay, Query(description="From what was recorded by then.")],
    second: Annotated[RequestDay, Query(description="And by this later day.")],
    figure: Annotated[Figure, Query(description="Which sum.")] = Figure.OUTSTANDING,
    trust: OrganisationNumber | None = None,
    network: NewName | None = None,
    agreement: NewName | None = None,
) -> ShownDifference:
    """Compare a settlement on two days, down to the entries that came between.

    The parts add up to the difference to the øre. The first is the earlier of the two.
    """
    asked = TwoDays(year, min(first, second), max(first, second), figure)
    with views() as connection:
        scope = Scope(trust, network, agreement)
        found = settlement_difference(connection, asked, scope)
    return ShownDifference(
        **asked._asdict(),
        first_ore=found.first_ore,
        second_ore=found.second_ore,
        difference_ore=found.second_ore - found.first_ore,
        agreements=[_difference(each) for each in found.agreements],
    )


def _difference(of: AgreementDifference) -> ShownAgreementDifference:
    return ShownAgreementDifference(
        agreement=of.agreement,
        **of.parties._asdict(),
        first_ore=of.first_ore,
        second_ore=of.second_ore,
        difference_ore=of.difference_ore,
        causes=None if of.causes is None else [_cause(each) for each in of.causes],
    )


def _cause(cause: DifferenceCause) -> ShownCause:
    names = set(ShownCause.model_fields) - {"document"}
    members = {name: getattr(cause, name) for name in names}
    document = None if cause.document is None else "/".join(map(str, cause.document))
    return ShownCause(**members, document=document)


@router.get("/settlement/pdf", response_class=Response, responses=PDF_RESPONSES)
def get_settlement_pdf(
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    year: Annotated[int, Query(ge=1900, le=2199, examples=[2026])],
    as_of: AsOf = None,
    trust: Annotated[
        OrganisationNumber | None, Query(description="Whose; all when left out.")
    ] = None,
) -> Response:
    """The settlement of a year as PDF, with its fingerprint."""
    with views() as connection:
        lacking = unheard(node.journal)
        day = day_of(node, as_of)
        paper = read_settlement(connection, year, day, trust, language, lacking)
    return pdf_response(paper, f"settlement-{year}")
