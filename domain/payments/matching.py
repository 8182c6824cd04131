"""Finding the document that an entry of a bank pays, by its KID.

From the streams alone: the node of the organisation decides, and everybody can
decide it again.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import StringConstraints

from domain.history import History
from domain.invoicing.invoice import DocumentId, document_of
from domain.invoicing.kid_assignment import KIDS, KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.kid import KidCheck, is_kid

KidDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{0,25}$")]


class Direction(StrEnum):
    """Which way the money went, seen from the account."""

    CREDIT = "credit"
    DEBIT = "debit"


class Unmatched(StrEnum):
    """Why no document was found for an entry."""

    NO_KID = "no_kid"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    UNKNOWN_KID = "unknown_kid"
    OTHER_PAYEE = "other_payee"
    OTHER_PAYER = "other_payer"
    SEVERAL_DOCUMENTS = "several_documents"


class Clues(NamedTuple):
    """What an entry says of what it pays."""

    kid: str
    direction: Direction
    amount_ore: int
    paid_to: str = ""
    """The account that was paid, where the bank names it."""


def match(clues: Clues, organisation: str, history: History) -> DocumentId | Unmatched:
    """Find the document of an entry by its KID, or say why there is none.

    What came in is on a document of the organisation, what went out on one that it
    is to pay. Where several have the same KID, the account that was paid tells
    them apart, and at last the amount, if only one of them is of exactly that.
    """
    assigned = assigned_with(clues.kid, history)
    if isinstance(assigned, Unmatched):
        return assigned
    credit = clues.direction is Direction.CREDIT
    ours = {
        document: document_of(document, history)
        for each in assigned
        if organisation == (each.seller if credit else each.payer)
        for document in (DocumentId(each.seller, each.year, each.number),)
    }
    if not ours:
        return Unmatched.OTHER_PAYEE if credit else Unmatched.OTHER_PAYER
    if clues.paid_to and not credit:
        ours = {d: said for d, said in ours.items() if said.account == clues.paid_to}
    if not ours:
        return Unmatched.OTHER_PAYEE
    if len(ours) > 1:
        ours = {d: said for d, said in ours.items() if _gross(said) == clues.amount_ore}
    return next(iter(ours)) if len(ours) == 1 else Unmatched.SEVERAL_DOCUMENTS


def assigned_with(kid: str, history: History) -> Sequence[KidAssigned] | Unmatched:
    """Return whose a KID is, whoever pays with it, or why it is nobody's."""
    if not kid:
        return Unmatched.NO_KID
    if not any(is_kid(kid, check, len(kid)) for check in KidCheck):
        return Unmatched.WRONG_CHECK_DIGIT
    return history.state(KIDS, kid).facts or Unmatched.UNKNOWN_KID


def _gross(document: InvoiceIssued) -> int:
    return document.net_ore + document.vat_ore
