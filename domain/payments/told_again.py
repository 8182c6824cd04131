"""What of a bank's entries is not recorded, put together from what it led to.

The account that was paid may be a person's, and which entry is taken back is told by
the document alone. What is put together tells as much as the bank did, and no more.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Final, NamedTuple

from domain.history import History
from domain.invoicing.invoice import DocumentId, document_of
from domain.invoicing.kid_assignment import KIDS
from domain.kind import Facts
from domain.parties.billing_details import BILLING_DETAILS
from domain.payments.bank import (
    BANK_ENTRIES,
    BankEntryImported,
    BankEntryMatched,
    entry_key,
)
from domain.payments.matching import (
    NOBODYS_ACCOUNT,
    Clues,
    Direction,
    Matching,
    Unmatched,
    matching,
)
from domain.payments.recognising import takes_back

BACK_MAX: Final = 1000
"""Entries under one reference that are searched for the one taken back."""


_Finding = Callable[[str], Matching]
"""Finds the documents of an organisation's entries; each is made once."""


class ToldEntry(NamedTuple):
    """An entry as it is recorded, and what the bank may have told with it."""

    entry: BankEntryImported
    paid_to: str
    takes_back: str | None


def told_again(facts: Facts, history: History) -> Sequence[ToldEntry]:
    """Put together what was told: new entries, and those that waited before.

    Raises ``AssertionError`` where what was matched is not there.
    """
    new = [fact for fact in facts if isinstance(fact, BankEntryImported)]
    find = cache(partial(matching, history=history))
    waited = [fact for fact in facts if isinstance(fact, BankEntryMatched)]
    return [
        *(
            ToldEntry(
                fact,
                _paid_to(fact, fact.document or fact.unmatched, find, history),
                _taken_back_by(fact, new, history),
            )
            for fact in new
        ),
        *(_that_waited(fact, find, history) for fact in waited),
    ]


def numbered(reference: str, number: int) -> str:
    """Name of an entry with a number under one reference of a bank.

    A name that is read from a bank's file has no ``~`` of its own.
    """
    return reference if number == 1 else f"{reference}~{number}"


def base_of(reference: str) -> str:
    """Bank's reference under which an entry has its name."""
    return reference.partition("~")[0]


def _that_waited(
    matched: BankEntryMatched, find: _Finding, history: History
) -> ToldEntry:
    key = entry_key(matched.organisation, matched.reference)
    entry = history.state(BANK_ENTRIES, key).imported
    assert entry is not None
    document = DocumentId(matched.seller, matched.year, matched.number)
    return ToldEntry(entry, _paid_to(entry, document, find, history), None)


def _taken_back_by(
    entry: BankEntryImported, beside: Sequence[BankEntryImported], history: History
) -> str | None:
    """Name the entry that one takes back, where that alone tells its document."""
    if entry.document is None or entry.kid or entry.amount_ore >= 0:
        return None
    base, _, number = entry.reference.partition("~")
    for other in beside:
        same = base_of(other.reference) == base
        if same and takes_back(entry, other) and other.document == entry.document:
            return other.reference
    last = int(number) if number.isascii() and number.isdigit() else 1
    for name in (numbered(base, n) for n in range(1, min(last, BACK_MAX) + 1)):
        state = history.state(BANK_ENTRIES, entry_key(entry.organisation, name))
        is_taken = state.imported is not None and takes_back(entry, state.imported)
        if is_taken and state.document == entry.document:
            return name
    return None


def _paid_to(
    entry: BankEntryImported,
    became: DocumentId | Unmatched | None,
    find: _Finding,
    history: History,
) -> str:
    """Choose an account that tells as much as the bank's did, which is not kept.

    Of what is on a document it is the document's, where it has one: what else is
    told with it then leaves the entry there.
    """
    clues = Clues(entry.kid, entry.direction, entry.amount_ore)
    for paid_to in _accounts(entry, became, history):
        if find(entry.organisation)(clues._replace(paid_to=paid_to)) == became:
            return paid_to
    return ""


def _accounts(
    entry: BankEntryImported, became: DocumentId | Unmatched | None, history: History
) -> Iterator[str]:
    if entry.direction is Direction.CREDIT:
        return
    if isinstance(became, DocumentId):
        yield document_of(became, history).account
        yield from sorted(history.state(BILLING_DETAILS, became.seller).accounts)
    yield ""
    for assigned in history.state(KIDS, entry.kid).facts if entry.kid else ():
        document = DocumentId(assigned.seller, assigned.year, assigned.number)
        yield document_of(document, history).account
        yield from sorted(history.state(BILLING_DETAILS, assigned.seller).accounts)
    yield NOBODYS_ACCOUNT
