"""Which document a KID was given to: found by its digits alone, whoever reads them.

The digits of a KID cannot be read back surely: a short one has no room for the
year, every payee's first document of a year may have the same one, and who pays
does not know whose it is. So each document that is issued with a KID says so, in
a stream of the digits.
"""

from dataclasses import dataclass

from domain.fact import Fact
from domain.history import Append, Category
from domain.invoicing.sales_document import DocumentKind, InvoiceIssued
from domain.values import OrganisationNumber, Region, Text


class KidAssigned(Fact, name="kid.assigned.v1"):
    """A document is paid with this KID."""

    kid: Text
    payer: OrganisationNumber
    seller: OrganisationNumber
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class Assigned:
    """The documents of all payees that have the same KID."""

    facts: tuple[KidAssigned, ...] = ()


def evolve(state: Assigned, fact: Fact) -> Assigned:
    """Fold one fact."""
    match fact:
        case KidAssigned():
            return Assigned((*state.facts, fact))
        case _:
            return state


KIDS = Category("kid", Assigned(), evolve, holds=(KidAssigned,))


def assign(document: InvoiceIssued, number: int, region: Region) -> tuple[Append, ...]:
    """Say that an invoice has its KID; a credit note is not paid with one."""
    if not document.kid or document.kind is DocumentKind.CREDIT_NOTE:
        return ()
    fact = KidAssigned(
        kid=document.kid,
        payer=document.payer,
        seller=document.payee,
        year=document.issued_on.year,
        number=number,
    )
    return (Append(KIDS.stream(region, document.kid), fact),)
