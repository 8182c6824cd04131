"""Disputes: what both parties say about a line, how it ends, and how old it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.bodies import Body, Day
from api.dependencies import AsOf, TheAsker, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, page_of
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, Receipt, receipt, run
from api.routes.invoices import the_document
from domain.invoicing.dispute import CommentDispute, ResolveDispute
from domain.invoicing.invoice import DocumentId
from domain.invoicing.invoice_decision import Resolution
from domain.values import FreeText, NewName, OrganisationNumber
from projections.disputes import Dispute, DisputeState, Wanted, disputes

router = APIRouter(prefix="/v1", tags=["disputes"], responses=PROBLEMS)


class NewComment(Body):
    """What a party says about a disputed line, or about all of a document."""

    text: FreeText = Field(min_length=1)
    post: NewName | None = Field(None, description="Only about this post's line.")


class NewResolution(Body):
    """How a dispute ends: by a credit, by an amended agreement, or upheld."""

    outcome: Resolution
    post: NewName | None = Field(None, description="Only of this post's line.")
    text: FreeText = ""


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/dispute-comments",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def comment_dispute(
    agreement: NewName,
    period_start: Day,
    body: NewComment,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Say something about a dispute on the document of a period, as either party."""
    command = CommentDispute(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/invoices/{payee}/{year}/{number}/dispute-comments",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def comment_document(
    of: Annotated[DocumentId, Depends(the_document)],
    body: NewComment,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Say something about a dispute on a document, as either party."""
    command = CommentDispute(**of._asdict(), **dict(body))
    return receipt(run(node, command, asker, response))


@router.post(
    "/agreements/{agreement}/invoices/{period_start}/dispute-resolutions",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def resolve_dispute(
    agreement: NewName,
    period_start: Day,
    body: NewResolution,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """End the dispute on the document of a period, as the payer who opened it."""
    command = ResolveDispute(
        agreement=agreement, period_start=period_start, **dict(body)
    )
    return receipt(run(node, command, asker, response))


@router.post(
    "/invoices/{payee}/{year}/{number}/dispute-resolutions",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def resolve_document(
    of: Annotated[DocumentId, Depends(the_document)],
    body: NewResolution,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """End the dispute on a document, as the payer who opened it."""
    command = ResolveDispute(**of._asdict(), **dict(body))
    return receipt(run(node, command, asker, response))


@router.get("/disputes")
def list_disputes(
    node: TheNode,
    views: TheViews,
    trust: Annotated[
        OrganisationNumber | None, Query(description="Only what it pays or is paid.")
    ] = None,
    agreement: NewName | None = None,
    state: DisputeState | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Dispute]:
    """Return disputes with their threads, ages in days, and how they ended."""
    payee, year, number, post, opened_at = after(cursor, ["", 0, 0, "", ""])
    key = (payee, year, number, post, opened_at)
    with views() as connection:
        wanted = Wanted(trust, agreement, state)
        found = disputes(connection, day_of(node, as_of), wanted, key, limit)
        return page_of(found, limit, lambda item: list(item.key))
