"""Closing a period between two trusts: statements, and what may be netted."""

from datetime import date
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from api.access import require_between
from api.bodies import Body, RequestDay
from api.commands import door
from api.dependencies import (
    AsOf,
    TheAsker,
    TheCaller,
    TheLanguage,
    TheNode,
    TheViews,
    day_of,
    senders,
    the_positions,
)
from api.doors import Way
from api.drafts import drafted
from api.netting import netting_proposal
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.pdf.responses import PDF_RESPONSES, pdf_response
from api.pdf.statement import read_statement
from api.problems import CONFLICTS, REFUSALS
from api.receipts import Receipt, execute, receipt
from api.routers import member_router
from api.signing import STATEMENT, TAGGED, SignedStatement, show_tag
from domain.closing.closing import DrawUpStatement, SignStatement
from domain.closing.statement import Statement
from domain.history import ShownTo
from domain.values import (
    FreeText,
    OrganisationNumber,
    Region,
)
from projections.statements import (
    ShownStatement,
    StatementFilter,
    StatementKey,
    StatementState,
    statements,
)

router = member_router("statements", ShownTo.PARTIES)


class NewRejection(Body):
    """Why the other trust does not sign a statement."""

    reason: FreeText = Field(min_length=1)


@router.post(
    "/statements/{first}/{second}/{period_end}/rejection",
    status_code=201,
    dependencies=senders(SignStatement),
    responses=REFUSALS,
)
def reject_statement(
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
    body: NewRejection,
    node: TheNode,
    asker: TheAsker,
    response: Response,
    signed: SignedStatement,
) -> Receipt:
    """Reject a statement with a reason; it may then be drawn up anew."""
    command = SignStatement(
        first=first,
        second=second,
        period_end=period_end,
        fingerprint=signed,
        reason=body.reason,
    )
    return receipt(execute(node, command, asker, response))


door(
    router,
    "/statements/{first}/{second}",
    DrawUpStatement,
    Way(signs=f"{STATEMENT}/draft"),
)
door(
    router,
    "/statements/{first}/{second}/{period_end}/signature",
    SignStatement,
    Way(signs=f"{STATEMENT}/{{period_end}}", without=frozenset({"reason"})),
)


@router.get("/statements")
def list_statements(
    node: TheNode,
    views: TheViews,
    trust: OrganisationNumber | None = None,
    state: StatementState | None = None,
    period_end: RequestDay | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownStatement]:
    """Statements by trusts, number and revision."""
    key = StatementKey(*after(cursor, ["", "", 0, 0]))
    criteria = StatementFilter(trust, state, period_end)
    with views() as connection:
        items = statements(connection, day_of(node, as_of), criteria, key, limit)
    return page_of(items, limit, _key)


def _key(shown: ShownStatement) -> list[str | int]:
    content = shown.statement
    return [content.first, content.second, content.number, content.revision]


class StatementDraft(BaseModel):
    """The statement that drawing up a period would sign, as known here now."""

    statement: Statement
    fingerprint: str = Field(description="SHA-256 of the statement's canonical bytes.")


@router.get("/statements/{first}/{second}/draft", responses={**TAGGED, **CONFLICTS})
def get_draft(
    first: OrganisationNumber,
    second: OrganisationNumber,
    node: TheNode,
    caller: TheCaller,
    response: Response,
    period_start: Annotated[RequestDay, Query(description="Its first day.")],
    period_end: Annotated[RequestDay, Query(description="Its last day.")],
    _here: Annotated[None, Depends(the_positions)],
) -> StatementDraft:
    """The statement of a period before it is drawn up; its ETag is what that signs.

    What is open stands in it: it is carried over by name, or settled first.
    """
    require_between(node, caller, first, second)
    statement = drafted(node, first, second, period_start, period_end)
    show_tag(response, statement.fingerprint)
    return StatementDraft(statement=statement, fingerprint=statement.fingerprint)


@router.get("/statements/{first}/{second}/{period_end}", responses=TAGGED)
def get_statement(
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
    node: TheNode,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> ShownStatement:
    """The last revision of a statement; its ETag is the fingerprint."""
    criteria = StatementFilter(period_end=period_end, pair=(first, second))
    with views() as connection:
        revisions = statements(connection, day_of(node, as_of), criteria)
    shown = only(revisions[-1:])
    show_tag(response, shown.fingerprint)
    return shown


@router.get(
    "/statements/{first}/{second}/{period_end}/pdf",
    response_class=Response,
    responses=PDF_RESPONSES,
)
def get_statement_pdf(
    first: OrganisationNumber,
    second: OrganisationNumber,
    period_end: RequestDay,
    node: TheNode,
    views: TheViews,
    language: TheLanguage,
    as_of: AsOf = None,
) -> Response:
    """The last revision of a statement with its signatures as PDF."""
    criteria = StatementFilter(period_end=period_end, pair=(first, second))
    day = day_of(node, as_of)
    with views() as connection:
        shown = only(statements(connection, day, criteria)[-1:])
        paper = read_statement(connection, node.journal, day, shown, language)
    return pdf_response(paper, f"statement-{period_end}")


class ShownDebt(BaseModel):
    """What one trust pays another, in øre."""

    debtor: str
    creditor: str
    amount_ore: int


class ShownNetting(BaseModel):
    """A proposal: what trusts owe each other by closed statements, and fewest payments.

    Disputed lines are left out; sales documents stay whole.
    """

    period_end: date
    statements: list[str] = Field(description="Fingerprints of those it rests on.")
    pairs: list[ShownDebt] = Field(description="Both directions set off.")
    positions: dict[str, int] = Field(
        description="Of each trust: owed to it less owed by it, in øre. Sum zero."
    )
    regions: dict[Region, int] = Field(description="The same by region.")
    payments: list[ShownDebt] = Field(
        description="They settle all positions; at most one less than trusts."
    )


@router.get("/netting")
def get_netting(
    node: TheNode,
    _views: TheViews,
    period_end: Annotated[RequestDay, Query(description="Of the statements.")],
    as_of: AsOf = None,
) -> ShownNetting:
    """Propose how the closed statements of a period are paid with fewest payments."""
    found = netting_proposal(node, period_end, day_of(node, as_of))
    return ShownNetting(
        period_end=period_end,
        statements=[shown.fingerprint for shown in found.closed],
        pairs=[ShownDebt(**debt._asdict()) for debt in found.pairs],
        positions=dict(found.positions),
        regions=dict(found.regions),
        payments=[ShownDebt(**debt._asdict()) for debt in found.payments],
    )
