"""Organisations, and how each is invoiced and paid."""

from api.commands import Way, door
from api.dependencies import AsOf, TheNode, TheViews, day_of
from api.pagination import Cursor, Limit, Page, after, only, page_of
from api.receipts import REGISTRAR
from api.routers import members, register_of
from domain.parties.billing_details import RecordBillingDetails
from domain.parties.organisation import RegisterOrganisation
from domain.values import OrganisationNumber, Region
from projections import register
from projections.billing_details import BillingDetails, billing_details

router = members("organisations")
register_router = register_of("organisations")
"""Of who there is, for whoever has a token."""


door(
    router,
    "/organisations",
    RegisterOrganisation,
    Way(made="/v1/organisations/{org_number}", allowed=REGISTRAR),
)
door(router, "/organisations/{org_number}/billing-details", RecordBillingDetails)


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
