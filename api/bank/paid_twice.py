"""Payments that somebody registered by hand and the bank then tells: told, not refused."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from domain.history import History, RecordedFact
from domain.invoicing.invoice import DocumentId
from domain.payments.bank import BankEntryImported, BankEntryMatched, EntryState
from domain.payments.matching import Direction
from domain.payments.payment import PAYMENTS, PaymentRegistered
from federation.journal.store import Journal
from federation.signed.facts import fact_of

PAID_BY_HAND = "bank_paid_by_hand"
"""The code of what is told."""


def paid_by_hand(
    became: Mapping[str, EntryState], history: History, journal: Journal
) -> set[str]:
    """Names of entries whose amount is registered on the document by hand too.

    What was registered below zero by hand sets off what was registered above.
    """
    out = {
        name: (state.document, state.imported.amount_ore)
        for name, state in became.items()
        if state.document and state.imported
        if state.imported.direction is Direction.DEBIT
    }
    documents = {document for document, _ in out.values()}
    of = {each.key: each for each in documents}
    by_hand: Counter[tuple[DocumentId, int]] = Counter()
    for key, payments in history.entries(PAYMENTS, of).items():
        amounts = {ore for document, ore in out.values() if document == of[key]}
        for ore in _by_hand(payments, amounts, journal):
            by_hand[of[key], abs(ore)] += 1 if ore > 0 else -1
    return {name for name, (document, ore) in out.items() if by_hand[document, ore] > 0}


def _by_hand(
    payments: Collection[RecordedFact], amounts: set[int], journal: Journal
) -> Iterator[int]:
    """Find the amounts of payments that no entry of a bank led to."""
    for payment in payments:
        fact = payment.fact
        assert isinstance(fact, PaymentRegistered)
        if abs(fact.amount_ore) in amounts and not _is_of_bank(payment, fact, journal):
            yield fact.amount_ore


def _is_of_bank(
    payment: RecordedFact, paid: PaymentRegistered, journal: Journal
) -> bool:
    """Whether an entry of a bank led to a payment: it stands right before it."""
    origin, _, position = payment.place
    rows = journal.entries(origin, position - 2, 1) if position > 1 else ()
    if not rows or rows[0].type not in _OF_BANK:
        return False
    before = fact_of(rows[0])
    assert isinstance(before, BankEntryImported | BankEntryMatched)
    document = before.seller, before.year, before.number
    return document == (paid.seller, paid.year, paid.number)


_OF_BANK = {
    name
    for kind in (BankEntryImported, BankEntryMatched)
    for name in (kind.TYPE, *kind.EARLIER)
}
