"""The questions: the register, invoices, and the settlement, as of a day."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import APIRouter, Path, Query, Response
from sqlalchemy import Connection

from api.dependencies import AsOf, TheCaller, TheNode, TheViews, day_of
from api.ehf.document import ehf_document
from api.ehf.writing import write
from api.problems import ProblemError
from api.schemas import (
    Page,
    Problem,
    SettlementDocument,
    ShownPost,
)
from api.settlement import settlement_document
from domain.invoice import DocumentId
from domain.values import Day, NewName, OrganisationNumber, Region, VersionNumber
from projections import invoices, register
from projections.billing_details import BillingDetails, billing_details
from projections.documents import issued_document
from projections.settlement import Scope, settlement

PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": Problem, "description": "No good token."},
    404: {"model": Problem, "description": "There is nothing at this address."},
    422: {"model": Problem, "description": "Something asked for cannot be read."},
    503: {"model": Problem, "description": "The node does not hold enough yet."},
}

T = TypeVar("T")

router = APIRouter(prefix="/v1", tags=["queries"], responses=PROBLEMS)

EHF: Final = "application/xml"
ITEMS_MAX: Final = 2**31

OfYear = Annotated[int, Query(ge=1900, le=2199, description="Year of issue.")]
Year = Annotated[int, Path(ge=1900, le=2199, description="Year of issue.")]
Number = Annotated[int, Path(ge=1, lt=ITEMS_MAX, description="In the series.")]
Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Cursor = Annotated[
    str | None, Query(max_length=500, description="`next_cursor` of the page before.")
]


def page_of(
    items: Sequence[T], limit: int, key: Callable[[T], list[str | int]]
) -> Page[T]:
    """Return a page; a full one says where the next begins."""
    cursor = None
    if len(items) == limit:
        cursor = base64.urlsafe_b64encode(orjson.dumps(key(items[-1]))).decode()
    return Page(items=list(items), next_cursor=cursor)


def after(cursor: str | None, default: list[str | int]) -> list[Any]:
    """Return the key of the last item of the page before."""
    if cursor is None:
        return default
    try:
        found = list(orjson.loads(base64.urlsafe_b64decode(cursor)))
        good = all(_fits(*pair) for pair in zip(found, default, strict=True))
    except (binascii.Error, orjson.JSONDecodeError, TypeError, ValueError):
        found, good = [], False
    if not good:
        errors = [{"field": "cursor", "code": "invalid_cursor"}]
        raise ProblemError("invalid_row", errors=errors)
    return found


def _fits(member: object, default: str | int) -> bool:
    """Say whether a member of a cursor may stand in a key."""
    if isinstance(default, str):
        return isinstance(member, str) and member.isprintable()
    return type(member) is int and 0 <= member < ITEMS_MAX


def only(items: Sequence[T]) -> T:
    """Return the one item there is, or end with 404."""
    if not items:
        raise ProblemError("not_found")
    return items[0]


@router.get("/organisations")
def list_organisations(
    node: TheNode,
    views: TheViews,
    region: Region | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[register.Organisation]:
    """Return organisations by number."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.organisations(connection, day_of(node, as_of), page, region)
        return page_of(found, limit, lambda item: [item.org_number])


@router.get("/organisations/{org_number}")
def get_organisation(
    org_number: OrganisationNumber, node: TheNode, views: TheViews, as_of: AsOf = None
) -> register.Organisation:
    """Return an organisation."""
    with views() as connection:
        page = register.Page(limit=1)
        day = day_of(node, as_of)
        return only(
            register.organisations(connection, day, page, org_number=org_number)
        )


@router.get("/organisations/{org_number}/billing-details")
def get_billing_details(
    org_number: OrganisationNumber, node: TheNode, views: TheViews, as_of: AsOf = None
) -> BillingDetails:
    """Return how an organisation is invoiced and paid."""
    with views() as connection:
        found = billing_details(connection, day_of(node, as_of), org_number)
        return only([] if found is None else [found])


@router.get("/networks")
def list_networks(
    node: TheNode,
    views: TheViews,
    trust: OrganisationNumber | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[register.Network]:
    """Return networks by name, or those that a trust coordinates."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.networks(connection, day_of(node, as_of), page, trust)
        return page_of(found, limit, lambda item: [item.network])


@router.get("/networks/{network}")
def get_network(
    network: NewName, node: TheNode, views: TheViews, as_of: AsOf = None
) -> register.Network:
    """Return a network."""
    with views() as connection:
        page = register.Page(limit=1)
        return only(
            register.networks(connection, day_of(node, as_of), page, network=network)
        )


@router.get("/agreements")
def list_agreements(
    node: TheNode,
    views: TheViews,
    trust: OrganisationNumber | None = None,
    network: NewName | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[register.Agreement]:
    """Return agreements by name with all versions; of a trust, of a network."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.agreements(
            connection, day_of(node, as_of), page, trust, network
        )
        return page_of(found, limit, lambda item: [item.agreement])


def _agreement(connection: Connection, day: date, name: str) -> register.Agreement:
    page = register.Page(limit=1)
    return only(register.agreements(connection, day, page, agreement=name))


@router.get("/agreements/{agreement}")
def get_agreement(
    agreement: NewName, node: TheNode, views: TheViews, as_of: AsOf = None
) -> register.Agreement:
    """Return an agreement with all its versions."""
    with views() as connection:
        return _agreement(connection, day_of(node, as_of), agreement)


@router.get("/agreements/{agreement}/versions/{version}")
def get_version(
    agreement: NewName,
    version: VersionNumber,
    node: TheNode,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> register.Version:
    """Return a version; its ETag is the fingerprint that an answer signs."""
    with views() as connection:
        versions = _agreement(connection, day_of(node, as_of), agreement).versions
        found = only([each for each in versions if each.version == version])
        response.headers["ETag"] = f'"{found.fingerprint}"'
        return found


@router.get("/posts")
def list_posts(
    node: TheNode,
    caller: TheCaller,
    views: TheViews,
    agreement: NewName | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[ShownPost]:
    """Return part-time posts and who fills them (S1-13)."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.posts(connection, day_of(node, as_of), page, agreement)
        shown = [_shown(node, caller.organisation, post) for post in found]
        return page_of(shown, limit, lambda item: [item.post.post])


@router.get("/posts/{post}")
def get_post(
    post: NewName, node: TheNode, caller: TheCaller, views: TheViews, as_of: AsOf = None
) -> ShownPost:
    """Return a part-time post and who fills it."""
    with views() as connection:
        page = register.Page(limit=1)
        found = only(register.posts(connection, day_of(node, as_of), page, post=post))
        return _shown(node, caller.organisation, found)


def _shown(node: TheNode, organisation: str, post: register.Post) -> ShownPost:
    """Add the name of the holder, for the host's own people at the host's own node."""
    ours = post.holder is not None and post.host == organisation
    name = node.persons.name(post.holder or "") if ours else None
    return ShownPost(post=post, holder_name=name)


@router.get("/reports")
def list_reports(
    node: TheNode,
    views: TheViews,
    network: NewName | None = None,
    trust: OrganisationNumber | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[register.Report]:
    """Return progress reports, each with its latest submission."""
    with views() as connection:
        page = register.Page(after(cursor, [""])[0], limit)
        found = register.reports(connection, day_of(node, as_of), page, network, trust)
        return page_of(found, limit, lambda item: [item.report])


@router.get("/reports/{report}")
def get_report(
    report: NewName,
    node: TheNode,
    views: TheViews,
    response: Response,
    as_of: AsOf = None,
) -> register.Report:
    """Return a report; its ETag is the submission that a decision is about."""
    with views() as connection:
        page = register.Page(limit=1)
        found = only(
            register.reports(connection, day_of(node, as_of), page, report=report)
        )
        response.headers["ETag"] = f'"{found.submission}"'
        return found


@router.get("/invoices")
def list_invoices(
    node: TheNode,
    views: TheViews,
    agreement: NewName | None = None,
    payer: OrganisationNumber | None = None,
    payee: OrganisationNumber | None = None,
    year: OfYear | None = None,
    period_start: Day | None = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[invoices.Invoice]:
    """Return invoices and credit notes by payee, year of issue and number."""
    with views() as connection:
        wanted = invoices.Wanted(agreement, payer, payee, year, None, period_start)
        seller, of_year, number = after(cursor, ["", 0, 0])
        key = (seller, of_year, number)
        found = invoices.invoices(connection, day_of(node, as_of), wanted, key, limit)
        return page_of(found, limit, lambda item: [item.payee, item.year, item.number])


@router.get("/invoices/{payee}/{year}/{number}")
def get_invoice(
    payee: OrganisationNumber,
    year: Year,
    number: Number,
    node: TheNode,
    views: TheViews,
    as_of: AsOf = None,
) -> invoices.Invoice:
    """Return a document with its lines, decisions and payments."""
    with views() as connection:
        wanted = invoices.Wanted(payee=payee, year=year, number=number)
        return only(invoices.invoices(connection, day_of(node, as_of), wanted))


@router.get(
    "/invoices/{payee}/{year}/{number}/ehf",
    response_class=Response,
    responses={200: {"content": {EHF: {}}, "description": "Peppol BIS Billing 3.0."}},
)
def get_ehf(
    payee: OrganisationNumber,
    year: Year,
    number: Number,
    node: TheNode,
    _caller: TheCaller,
) -> Response:
    """Return a document as EHF, the same bytes at every node."""
    fact = issued_document(node.journal, DocumentId(payee, year, number))
    if fact is None:
        raise ProblemError("not_found")
    return Response(write(ehf_document(fact, number)), media_type=EHF)


@router.get("/settlement")
def get_settlement(
    node: TheNode,
    views: TheViews,
    year: Annotated[int, Query(ge=1900, le=2199, examples=[2026])],
    as_of: AsOf = None,
    trust: Annotated[
        OrganisationNumber | None, Query(description="Only what it pays or is paid.")
    ] = None,
    network: NewName | None = None,
    agreement: NewName | None = None,
) -> SettlementDocument:
    """Settle a calendar year: who owes whom, from what was recorded until a day."""
    with views() as connection:
        scope = Scope(trust, network, agreement)
        return settlement_document(
            settlement(connection, year, day_of(node, as_of), scope)
        )
