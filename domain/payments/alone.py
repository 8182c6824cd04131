"""Of what one command tells, what is on a document by its amount must be alone there.

A file may tell of two payments of one amount with one KID: one of a document that is
here, and one of another payee's, which has not come. Each alone would be on the one.
"""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.invoicing.invoice import DocumentId
from domain.payments.bank import BankEntryImported, BankEntryMatched
from domain.payments.telling import BookedEntry, EntryVerdict, Found, New


class _On(NamedTuple):
    """The document that an entry is on, and whether it is taken back there."""

    document: DocumentId
    is_back: bool


def not_alone(
    verdicts: Sequence[EntryVerdict], entries: Sequence[BookedEntry]
) -> frozenset[int]:
    """Places of entries whose document is not sure after all.

    What is new comes before what waited and is told again: what waits on is not
    recorded again, and so may decide nothing of the rest.
    """
    on = {
        place: _On(document, entries[place].amount_ore < 0)
        for place, verdict in enumerate(verdicts)
        if (document := _document(verdict)) is not None
    }
    guessed = {
        place for place in on if entries[place].kid and entries[place].clues.is_untold
    }
    new = {place for place in guessed if isinstance(verdicts[place], New)}
    sure = {on[place] for place in on if place not in guessed}
    lost = _lost(new, on, sure) | _lost(
        guessed - new, on, sure | {on[place] for place in new}
    )
    return frozenset(lost | _taking_back(lost, on, entries))


def _lost(
    guessed: Iterable[int], on: Mapping[int, _On], others: Container[_On]
) -> set[int]:
    """Guesses that share their document with a sure entry, or with each other."""
    count = Counter(on[place] for place in guessed)
    return {place for place in guessed if on[place] in others or count[on[place]] > 1}


def _taking_back(
    lost: Iterable[int], on: Mapping[int, _On], entries: Sequence[BookedEntry]
) -> set[int]:
    """Entries that by the bank's reference alone take back what is lost."""
    named = {(entries[place].reference, on[place].document) for place in lost}
    return {
        place
        for place, (document, is_back) in on.items()
        if is_back and not entries[place].kid
        if (entries[place].reference, document) in named
    }


def _document(verdict: EntryVerdict) -> DocumentId | None:
    if not isinstance(verdict, New | Found):
        return None
    fact = verdict.recorded[0].fact
    if isinstance(fact, BankEntryImported):
        return fact.document
    assert isinstance(fact, BankEntryMatched)
    return DocumentId(fact.seller, fact.year, fact.number)
