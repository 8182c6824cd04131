"""How an organisation is invoiced and paid, as known on a day."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from projections import tables
from projections.asof import known, rows


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """Account, KID, reference and address; what is not known is empty or null."""

    org_number: str
    account: str
    kid_check: str | None
    kid_length: int | None
    buyer_reference: str
    street: str
    postcode: str
    city: str


def billing_details(
    connection: Connection, as_of: date, org_number: str
) -> BillingDetails | None:
    """Return what was recorded last."""
    table = tables.billing_details
    found = rows(
        connection, known(table, as_of).where(table.c.org_number == org_number)
    )
    if not found:
        return None
    last = found[-1]
    return BillingDetails(
        org_number=last.org_number,
        account=last.account,
        kid_check=last.kid_check,
        kid_length=last.kid_length,
        buyer_reference=last.buyer_reference,
        street=last.street,
        postcode=last.postcode,
        city=last.city,
    )
