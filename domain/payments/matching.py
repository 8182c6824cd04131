"""Finding the document that an entry of a bank pays, by its KID.

A KID is its payee's own: another payee's document, which may not have come yet, may
have the same. Who was paid is told by the account. From the streams alone: the node
of the organisation decides, and everybody can decide it again.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final, NamedTuple

from pydantic import StringConstraints

from domain.history import History
from domain.invoicing.invoice import BILLING, DocumentId, document_of
from domain.invoicing.kid_assignment import KIDS, KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.billing_details import BILLING_DETAILS
from domain.parties.kid import KidCheck, is_kid
from domain.payments.claim import Claim, outstanding_ore
from domain.payments.payment import PAYMENTS

NOBODYS_ACCOUNT: Final = "00000000000"
"""Stands for an account that no payee here can have."""
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
    PAYEE_NOT_TOLD = "payee_not_told"
    """It may pay the document here, or one of another payee with the same KID."""


class Clues(NamedTuple):
    """What an entry says of what it pays."""

    kid: str
    direction: Direction
    amount_ore: int
    paid_to: str = ""
    """The account that was paid, where the bank names it."""

    @property
    def is_untold(self) -> bool:
        """Whether it went out, and the bank does not say to whom."""
        return self.direction is Direction.DEBIT and not self.paid_to


_Documents = Mapping[DocumentId, InvoiceIssued]


def match(clues: Clues, organisation: str, history: History) -> DocumentId | Unmatched:
    """Find the document of an entry by its KID, or say why there is none.

    What came in is on a document of the organisation. What went out is on one that
    it is to pay, of the payee whose account was paid; where the bank does not tell
    the account, on the only one of which the amount is exactly what is outstanding.
    """
    assigned = assigned_with(clues.kid, history)
    if isinstance(assigned, Unmatched):
        return assigned
    credit = clues.direction is Direction.CREDIT
    ours: _Documents = {
        document: document_of(document, history)
        for each in assigned
        if organisation == (each.seller if credit else each.payer)
        for document in (DocumentId(each.seller, each.year, each.number),)
    }
    if not ours:
        return Unmatched.OTHER_PAYEE if credit else Unmatched.OTHER_PAYER
    if clues.is_untold:
        return _by_amount(ours, clues.amount_ore, history)
    if not credit:
        ours = _of_account(ours, clues.paid_to, history)
    if not ours:
        return Unmatched.OTHER_PAYEE
    if len(ours) > 1 and len({document.seller for document in ours}) == 1:
        ours = {d: said for d, said in ours.items() if _gross(said) == clues.amount_ore}
    return next(iter(ours)) if len(ours) == 1 else Unmatched.SEVERAL_DOCUMENTS


def _of_account(ours: _Documents, account: str, history: History) -> _Documents:
    """Return the documents that name an account, or else those of its holder."""
    named = {d: said for d, said in ours.items() if said.account == account}
    return named or {
        document: said
        for document, said in ours.items()
        if account in history.state(BILLING_DETAILS, document.seller).accounts
    }


def _by_amount(
    ours: _Documents, amount_ore: int, history: History
) -> DocumentId | Unmatched:
    """Return the only document that an amount fits exactly."""
    fitting = [
        document
        for document, said in ours.items()
        if _fits(amount_ore, document, said, history)
    ]
    if len(fitting) == 1:
        return fitting[0]
    several = len(ours) > 1
    return Unmatched.SEVERAL_DOCUMENTS if several else Unmatched.PAYEE_NOT_TOLD


def _fits(
    amount_ore: int, document: DocumentId, said: InvoiceIssued, history: History
) -> bool:
    """Say whether an amount is what is outstanding, or takes back all that is paid."""
    if amount_ore < 0:
        return amount_ore == -history.state(PAYMENTS, document.key).paid_ore
    credits_ = history.state(BILLING, said.agreement).credits.get(document, ())
    of_it, *notes = (
        Claim(
            _gross(document_of(each, history)),
            history.state(PAYMENTS, each.key).paid_ore,
            0,
        )
        for each in (document, *credits_)
    )
    return amount_ore == outstanding_ore(of_it, notes)[0]


def assigned_with(kid: str, history: History) -> Sequence[KidAssigned] | Unmatched:
    """Return whose a KID is, whoever pays with it, or why it is nobody's."""
    if not kid:
        return Unmatched.NO_KID
    if not any(is_kid(kid, check, len(kid)) for check in KidCheck):
        return Unmatched.WRONG_CHECK_DIGIT
    return history.state(KIDS, kid).facts or Unmatched.UNKNOWN_KID


def _gross(document: InvoiceIssued) -> int:
    return document.net_ore + document.vat_ore
