"""Finding the document that an entry of a bank pays, by its KID.

A KID is its payee's own: another payee's document, which may not have come yet, may
have the same. Who was paid is told by the account. From the streams alone: the node
of the organisation decides, and everybody can decide it again.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Final, NamedTuple

from pydantic import StringConstraints

from domain.earlier import BANK_ENTRY, is_recorded_under
from domain.history import History
from domain.invoicing.invoice import BILLING, DocumentId, document_of
from domain.invoicing.kid_assignment import KIDS, KidAssigned
from domain.invoicing.sales_document import InvoiceIssued
from domain.parties.billing_details import BILLING_DETAILS, HOLDERS
from domain.parties.kid import KidCheck, is_kid
from domain.parties.pair import PAIR, pair_of
from domain.payments.claim import Claim, outstanding_ore
from domain.payments.payment import PAYMENTS

NOBODYS_ACCOUNT: Final = "00000000000"
"""An account that no payee here can have."""
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


class _Payable(NamedTuple):
    """A document with a KID, and what tells whether something pays it."""

    id: DocumentId
    account: str
    holds: frozenset[str]
    """All accounts that its payee has recorded."""
    gross_ore: int
    outstanding_ore: int
    paid_ore: int


Matching = Callable[[Clues], DocumentId | Unmatched]


def matching(organisation: str, history: History) -> Matching:
    """Make the function that finds the documents of an organisation's entries.

    It looks up once what has a KID. What came in is on a document of the organisation.
    What went out is on one that it is to pay, of the payee whose account was paid, if
    the account is no other's whom it may owe; where the bank does not tell the account, on the only one of which the amount is
    exactly what is outstanding. Once a KID alone told the document.
    """
    to_it = cache(partial(_with_kid, organisation=organisation, history=history))
    others_hold = cache(partial(_others_hold, organisation, history))
    kid_alone = is_recorded_under(BANK_ENTRY)

    def found(clues: Clues) -> DocumentId | Unmatched:
        credit = clues.direction is Direction.CREDIT
        ours = to_it(clues.kid, credit=credit)
        if isinstance(ours, Unmatched):
            return ours
        if clues.is_untold and not kid_alone:
            return _by_amount(ours, clues.amount_ore)
        here = _sellers(ours)
        if not credit and clues.paid_to:
            ours = _of_account(ours, clues.paid_to)
        if not ours:
            return Unmatched.OTHER_PAYEE
        if not credit and not kid_alone and others_hold(clues.paid_to, here):
            return Unmatched.SEVERAL_DOCUMENTS
        if len(ours) > 1 and len(_sellers(ours)) == 1:
            ours = [each for each in ours if each.gross_ore == clues.amount_ore]
        return ours[0].id if len(ours) == 1 else Unmatched.SEVERAL_DOCUMENTS

    return cache(found)


def match(clues: Clues, organisation: str, history: History) -> DocumentId | Unmatched:
    """Find the document of one entry by its KID, or say why there is none."""
    return matching(organisation, history)(clues)


def _with_kid(
    kid: str, *, credit: bool, organisation: str, history: History
) -> Sequence[_Payable] | Unmatched:
    """Documents with a KID: the organisation's own, or those it is to pay."""
    assigned = assigned_with(kid, history)
    if isinstance(assigned, Unmatched):
        return assigned
    ours = {
        DocumentId(fact.seller, fact.year, fact.number): None
        for fact in assigned
        if organisation == (fact.seller if credit else fact.payer)
    }
    if not ours:
        return Unmatched.OTHER_PAYEE if credit else Unmatched.OTHER_PAYER
    return [_payable(document, history) for document in ours]


def _payable(document: DocumentId, history: History) -> _Payable:
    issued = document_of(document, history)
    credits_ = history.state(BILLING, issued.agreement).credits.get(document, ())
    of_it, *notes = (
        Claim(
            _gross(document_of(part, history)),
            history.state(PAYMENTS, part.key).paid_ore,
            0,
        )
        for part in (document, *credits_)
    )
    return _Payable(
        document,
        issued.account,
        history.state(BILLING_DETAILS, document.seller).accounts,
        of_it.gross_ore,
        outstanding_ore(of_it, notes)[0],
        of_it.paid_ore,
    )


def _of_account(ours: Sequence[_Payable], account: str) -> Sequence[_Payable]:
    """Documents that name an account, else those of its holder."""
    named = [payable for payable in ours if payable.account == account]
    return named or [payable for payable in ours if account in payable.holds]


def _sellers(ours: Sequence[_Payable]) -> frozenset[str]:
    return frozenset(payable.id.seller for payable in ours)


def _others_hold(
    organisation: str, history: History, account: str, here: frozenset[str]
) -> bool:
    """Whether somebody else has an account, with whom the organisation has an agreement.

    Its document may be on its way, with the same KID. Of whom that is ``here`` it says
    the account.
    """
    others = history.state(HOLDERS, account) - here
    pairs = {pair_of(organisation, other).key for other in others}
    return any(pair.names for pair in history.states(PAIR, pairs).values())


def _by_amount(ours: Sequence[_Payable], amount_ore: int) -> DocumentId | Unmatched:
    """Find the only document that an amount fits exactly.

    It is what is outstanding, or takes back all that is paid.
    """
    fitting = [
        each.id
        for each in ours
        if amount_ore == (each.outstanding_ore if amount_ore > 0 else -each.paid_ore)
    ]
    if len(fitting) == 1:
        return fitting[0]
    several = len(ours) > 1
    return Unmatched.SEVERAL_DOCUMENTS if several else Unmatched.PAYEE_NOT_TOLD


def assigned_with(kid: str, history: History) -> Sequence[KidAssigned] | Unmatched:
    """Find whose a KID is, whoever pays with it, or why it is nobody's."""
    if not kid:
        return Unmatched.NO_KID
    if not any(is_kid(kid, check, len(kid)) for check in KidCheck):
        return Unmatched.WRONG_CHECK_DIGIT
    return history.state(KIDS, kid).facts or Unmatched.UNKNOWN_KID


def _gross(document: InvoiceIssued) -> int:
    return document.net_ore + document.vat_ore
