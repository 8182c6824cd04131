"""How an organisation is invoiced and paid, as known on a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Row

from projections import tables
from projections.asof import known, rows

_TABLE: Final = tables.billing_details


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
    of = _TABLE.c.org_number == org_number
    found = rows(connection, known(_TABLE, as_of).where(of))
    if not found:
        return None
    return _details(found[-1])


def all_billing_details(
    connection: Connection, as_of: date
) -> Sequence[BillingDetails]:
    """Return all that was recorded of all organisations, what came before included."""
    return [_details(each) for each in rows(connection, known(_TABLE, as_of))]


def _details(row: Row[Any]) -> BillingDetails:
    return BillingDetails(
        org_number=row.org_number,
        account=row.account,
        kid_check=row.kid_check,
        kid_length=row.kid_length,
        buyer_reference=row.buyer_reference,
        street=row.street,
        postcode=row.postcode,
        city=row.city,
    )
