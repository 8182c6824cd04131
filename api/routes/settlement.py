"""The settlement of a year, as of a day."""

from typing import Annotated

from fastapi import Query, Response

from api.dependencies import AsOf, TheLanguage, TheNode, TheViews, day_of
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.pdf.settlement import read_settlement
from api.routers import member_router
from api.settlement import SettlementDocument, settlement_document
from domain.history import ShownTo
from domain.values import NewName, OrganisationNumber
from federation.log.completeness import unheard
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
