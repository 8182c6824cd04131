"""What the payer says of documents, and what both say in a dispute."""

from domain.invoicing.dispute import DisputeCommented
from domain.invoicing.invoice_decision import (
    DisputeResolved,
    InvoiceApproved,
    InvoiceDisputed,
    InvoiceRegistered,
)
from projections import tables
from projections.folds.place import Place, Rows


def registration(place: Place, fact: InvoiceRegistered) -> Rows:
    """Return the row of a registration."""
    document = (fact.seller, fact.year, fact.number)
    said = (fact.registered_by, fact.ehf_sha256)
    yield tables.registration, (*place.start, *document, *said)


def verdict(place: Place, fact: InvoiceApproved | InvoiceDisputed) -> Rows:
    """Return the row of a decision."""
    document = (fact.seller, fact.year, fact.number)
    disputed = isinstance(fact, InvoiceDisputed)
    said = (fact.post, disputed, fact.reason, fact.decided_by, None)
    yield tables.verdict, (*place.start, *document, *said)


def resolution(place: Place, fact: DisputeResolved) -> Rows:
    """Return the row of the end of a dispute, among the decisions on the line."""
    document = (fact.seller, fact.year, fact.number)
    said = (fact.post, False, fact.text, fact.decided_by, fact.outcome.value)
    yield tables.verdict, (*place.start, *document, *said)


def comment(place: Place, fact: DisputeCommented) -> Rows:
    """Return the row of a comment."""
    document = (fact.seller, fact.year, fact.number)
    said = (fact.post, fact.text, fact.written_by, fact.organisation)
    yield tables.dispute_comment, (*place.start, *document, *said)
