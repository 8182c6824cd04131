"""Which documents an entry of a bank may pay: by its KID, or by its amount."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.history import History
from domain.payments.matching import Direction, Unmatched, assigned_with
from projections.bank import BankEntry
from projections.claims import DocumentKey
from projections.invoice_list import ListedInvoice


class BankProposal(NamedTuple):
    """A document that an entry may pay, and by what it was found."""

    invoice: ListedInvoice
    by: str
    """``kid`` or ``amount``."""


def bank_proposals(
    entry: BankEntry, mine: Sequence[ListedInvoice], history: History
) -> Sequence[BankProposal]:
    """Documents of the entry's organisation, those with its KID first.

    Money that came in is on one that it is paid, what went out on one that it pays;
    what came or went back has the other sign.
    """
    ours = {each.key: each for each in mine if _may_pay(entry, each)}
    assigned = assigned_with(entry.kid, history)
    named: list[DocumentKey] = []
    if not isinstance(assigned, Unmatched):
        named = [(each.seller, each.year, each.number) for each in assigned]
    by_kid = [BankProposal(ours[key], "kid") for key in named if key in ours]
    fitting = [
        BankProposal(each, "amount")
        for key, each in ours.items()
        if key not in named and entry.amount_ore == _left_ore(entry, each)
    ]
    return [*by_kid, *fitting]


def _may_pay(entry: BankEntry, invoice: ListedInvoice) -> bool:
    came_in = entry.direction == Direction.CREDIT
    return entry.organisation == (invoice.payee if came_in else invoice.payer)


def _left_ore(entry: BankEntry, invoice: ListedInvoice) -> int:
    """What is left by the organisation's own copy of what is paid."""
    if entry.organisation == invoice.payee:
        return invoice.claim.gross_ore - invoice.claim.received_ore
    return invoice.outstanding_ore
