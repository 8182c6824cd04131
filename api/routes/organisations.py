"""Organisations, and how each is invoiced and paid."""

from operator import attrgetter

from api.access import require_business_with
from api.commands import door
from api.doors import Way
from api.queries import by_key, listing, one
from api.routers import member_router, reader_router
from domain.history import ShownTo
from domain.parties.billing_details import BILLING_DETAILS, RecordBillingDetails
from domain.parties.organisation import OrganisationRegistered, RegisterOrganisation

router = member_router("organisations", ShownTo.PARTIES)
register_router = reader_router("organisations")
"""Of who there is, for whoever has a token."""

ORGANISATION = "/organisations/{org_number}"

door(
    router,
    "/organisations",
    RegisterOrganisation,
    Way(made="/v1/organisations/{org_number}"),
)
listing(
    register_router,
    "/organisations",
    OrganisationRegistered,
    "Organisations by number.",
    by={"region": "region"},
)
one(register_router, ORGANISATION, OrganisationRegistered, "An organisation.")

door(router, f"{ORGANISATION}/billing-details", RecordBillingDetails)
by_key(
    router,
    f"{ORGANISATION}/billing-details",
    BILLING_DETAILS,
    attrgetter("recorded"),
    "How an organisation is invoiced and paid: for itself, for those that have an "
    "agreement with it, and for their health authorities.",
    require_business_with,
)
