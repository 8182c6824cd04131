"""What is owed on a document by both copies of what is paid, its payer's and its payee's.

- Paid is what both know: what only one of the two has is open.
- A credit is set off against its document; what was paid beyond that is owed back.
- undisputed + disputed + open = outstanding by the payer's copy.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Claim(NamedTuple):
    """What a document bills, VAT included, and what each party has as paid on it."""

    gross_ore: int
    paid_ore: int
    """Registered by the payer."""
    received_ore: int
    """Recorded by the payee, as its bank booked it."""

    @property
    def is_open(self) -> bool:
        """Whether the two have different payments."""
        return self.paid_ore != self.received_ore

    @property
    def outstanding_ore(self) -> int:
        """What the payer owes by its own word; below zero what it is owed."""
        return self.gross_ore - self.paid_ore

    def with_credits(self, notes: Sequence["Claim"]) -> "Claim":
        """Claim that its credits leave of a document."""
        both = (self, *notes)
        return Claim(
            sum(claim.gross_ore for claim in both),
            sum(claim.paid_ore for claim in both),
            sum(claim.received_ore for claim in both),
        )


def outstanding_ore(document: Claim, notes: Sequence[Claim]) -> list[int]:
    """Øre outstanding on a document, then on each of its credits.

    Credits are set off against the document. What is paid beyond what they leave is
    owed back on the credits, the last one first, and then on the document.

    >>> outstanding_ore(Claim(181, 0, 0), [Claim(-50, 0, 0)])
    [131, 0]
    >>> outstanding_ore(Claim(181, 181, 181), [Claim(-50, 0, 0)])
    [0, -50]
    """
    total_ore = document.with_credits(notes).outstanding_ore
    parts = []
    for note in reversed(notes):
        part_ore = _nearest(*sorted((total_ore, note.outstanding_ore)))
        parts.append(part_ore)
        total_ore -= part_ore
    return [total_ore, *reversed(parts)]


class Owed(NamedTuple):
    """What is owed on a document, in three parts."""

    undisputed_ore: int
    """What is owed whatever comes of the rest: it may be netted."""
    disputed_ore: int
    """On disputed lines, as far as it is not paid."""
    open_ore: int
    """By the payer's copy, beyond what is owed by both."""


def owed(claim: Claim, disputed_ore: int) -> Owed:
    """Split what is owed on a document that is left, in part disputed.

    >>> owed(Claim(181, 0, 181), 0)
    Owed(undisputed_ore=0, disputed_ore=0, open_ore=181)
    >>> owed(Claim(181, 100, 100), 50)
    Owed(undisputed_ore=31, disputed_ore=50, open_ore=0)
    """
    low_ore, high_ore = sorted((claim.gross_ore - disputed_ore, claim.gross_ore))
    first, last = sorted((claim.paid_ore, claim.received_ore))
    by_payer_ore = _nearest(low_ore - claim.paid_ore, high_ore - claim.paid_ore)
    undisputed_ore = _nearest(low_ore - last, high_ore - first)
    return Owed(
        undisputed_ore,
        claim.outstanding_ore - by_payer_ore,
        by_payer_ore - undisputed_ore,
    )


def _nearest(low: int, high: int) -> int:
    """Amount between two that is nearest to zero."""
    return max(low, min(high, 0))
