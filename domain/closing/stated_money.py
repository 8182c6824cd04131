"""What a statement says of money: payments as each of the two has them, and balances.

Paid is what both know: what only one of the two has is named, and netted by nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.closing.books import BookedDocument, BookedPayment
from domain.fact import Message
from domain.parties.pair import Pair
from domain.values import AmountOre, OrganisationNumber


class StatedPayment(Message):
    """A payment on a document of this statement or an earlier one."""

    seller: OrganisationNumber
    year: int
    number: int
    entry: str
    amount_ore: AmountOre


class OpenPayment(Message):
    """A document on which the two have different payments, credits included."""

    seller: OrganisationNumber
    year: int
    number: int
    left_ore: AmountOre
    """What its credits leave of it, VAT included."""
    paid_ore: AmountOre
    """As its payer registered."""
    received_ore: AmountOre
    """As its payee's bank booked."""


class Balance(Message):
    """What one trust owes the other on documents, in øre with VAT."""

    payer: OrganisationNumber
    payee: OrganisationNumber
    opening_ore: AmountOre
    invoiced_ore: AmountOre
    paid_ore: AmountOre
    disputed_ore: AmountOre
    """The part of the closing balance that stands on disputed lines."""
    received_ore: AmountOre | None = None
    """What the payee's bank booked since the statement before: beside what is paid."""
    open_ore: AmountOre | None = None
    """The part of it that is paid by one of the two copies alone; absent if none."""

    @property
    def closing_ore(self) -> int:
        """What is owed at the end."""
        return self.opening_ore + self.invoiced_ore - self.paid_ore

    @property
    def undisputed_ore(self) -> int:
        """What may be netted."""
        return self.closing_ore - self.disputed_ore - (self.open_ore or 0)


Moves = Sequence[tuple[BookedDocument, BookedPayment]]


class Moved(NamedTuple):
    """What was paid since the last statement, as each of the two has it."""

    payments: Moves
    receipts: Moves


def _on(payee: str, moves: Moves) -> int:
    return sum(paid.amount_ore for sale, paid in moves if sale.document.payee == payee)


def payment_of(booked: BookedDocument, paid: BookedPayment) -> StatedPayment:
    """State a booked payment, with its entry."""
    return StatedPayment(
        **booked.id._asdict(), entry=str(paid.entry.place), amount_ore=paid.amount_ore
    )


def open_payments(documents: Iterable[BookedDocument]) -> Iterator[OpenPayment]:
    """Yield the documents on which the two have different payments."""
    for document in documents:
        left = document.left
        if document.document.credited is None and left.is_open:
            yield OpenPayment(
                **document.id._asdict(),
                left_ore=left.gross_ore,
                paid_ore=left.paid_ore,
                received_ore=left.received_ore,
            )


def balances(
    pair: Pair,
    documents: Sequence[BookedDocument],
    fresh: Sequence[BookedDocument],
    moved: Moved,
    before: Iterable[Balance],
) -> Iterator[Balance]:
    """Yield a balance for each direction in which something was ever billed."""
    opening = {
        (balance.payer, balance.payee): balance.closing_ore for balance in before
    }
    for payer, payee in (pair, (pair.second, pair.first)):
        ours = [each for each in documents if each.document.payee == payee]
        if not ours:
            continue
        claims = [each.owed for each in ours if each.document.credited is None]
        yield Balance(
            payer=payer,
            payee=payee,
            opening_ore=opening.get((payer, payee), 0),
            invoiced_ore=sum(e.gross_ore for e in fresh if e.document.payee == payee),
            paid_ore=_on(payee, moved.payments),
            disputed_ore=sum(each.disputed_ore for each in claims),
            received_ore=_on(payee, moved.receipts) or None,
            open_ore=sum(each.open_ore for each in claims) or None,
        )
