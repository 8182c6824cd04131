"""Organisations, and how each is invoiced and paid."""

from urllib.parse import quote

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.bodies import Body, OrgNumber
from api.dependencies import AsOf, TheAsker, TheNode, TheViews, day_of, registrar
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.problems import PROBLEMS, REFUSALS
from api.receipts import CONTROLLER, LOCATED, Receipt, receipt, run
from domain.parties.billing_details import KidLength, RecordBillingDetails
from domain.parties.kid import KidCheck
from domain.parties.organisation import RegisterOrganisation
from domain.values import FreeText, OrganisationKind, OrganisationNumber, Region
from projections import register
from projections.billing_details import BillingDetails, billing_details

router = APIRouter(prefix="/v1", tags=["organisations"], responses=PROBLEMS)
register_router = APIRouter(prefix="/v1", tags=["organisations"], responses=PROBLEMS)
"""Of who there is, for whoever has a token."""


class NewOrganisation(Body):
    """An organisation to register in its region."""

    org_number: OrgNumber
    name: FreeText = Field(examples=["Helse Bergen HF"])
    short_name: FreeText = Field(examples=["HBE"])
    kind: OrganisationKind
    region: Region
    parent_org_number: OrgNumber | None = None


class NewBillingDetails(Body):
    """How an organisation is invoiced and paid; it asks itself."""

    account: FreeText = Field(
        "",
        description="Eleven digits with their check digit.",
        examples=["86011117947"],
    )
    kid_check: KidCheck | None = Field(None, description="Of the payee's KID.")
    kid_length: KidLength | None = Field(
        None, description="Digits of a KID, the check digit included.", examples=[12]
    )
    buyer_reference: FreeText = Field(
        "", description="What its suppliers put on invoices.", examples=["KST 4410"]
    )
    street: FreeText = ""
    postcode: FreeText = ""
    city: FreeText = ""


@router.post(
    "/organisations",
    status_code=201,
    dependencies=[Depends(registrar)],
    responses={**REFUSALS, **LOCATED},
)
def register_organisation(
    body: NewOrganisation, node: TheNode, asker: TheAsker, response: Response
) -> Receipt:
    """Register an organisation in its region, as the region's health authority."""
    response.headers["Location"] = f"/v1/organisations/{quote(body.org_number)}"
    return receipt(run(node, RegisterOrganisation(**dict(body)), asker, response))


@router.post(
    "/organisations/{org_number}/billing-details",
    status_code=201,
    dependencies=CONTROLLER,
    responses=REFUSALS,
)
def record_billing_details(
    org_number: OrganisationNumber,
    body: NewBillingDetails,
    node: TheNode,
    asker: TheAsker,
    response: Response,
) -> Receipt:
    """Record how an organisation is invoiced and paid, as that organisation."""
    command = RecordBillingDetails(org_number=org_number, **dict(body))
    return receipt(run(node, command, asker, response))


@register_router.get("/organisations")
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


@register_router.get("/organisations/{org_number}")
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
