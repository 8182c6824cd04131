"""What an issued document lacks, by which its payment or its buyer would find it.

Nobody is refused for it: a document is due also without. But it is said at once, since
what is lacking then waits for a person later.
"""

from collections.abc import Iterator
from enum import StrEnum

from domain.invoicing.sales_document import DocumentKind, InvoiceIssued


class Lack(StrEnum):
    """What a document lacks."""

    ACCOUNT = "no_account"
    """It does not say where to pay."""
    KID = "no_kid"
    """No entry of a bank finds it by itself."""
    BUYER_REFERENCE = "no_buyer_reference"
    """The buyer has told none; the agreement's name stands there instead."""


def lacking(document: InvoiceIssued) -> tuple[Lack, ...]:
    """List what a document lacks; nothing is paid on a credit note."""
    return tuple(_lacking(document))


def _lacking(document: InvoiceIssued) -> Iterator[Lack]:
    if document.kind is DocumentKind.INVOICE:
        if not document.account:
            yield Lack.ACCOUNT
        if not document.kid:
            yield Lack.KID
    if document.buyer_reference == document.agreement:
        yield Lack.BUYER_REFERENCE
