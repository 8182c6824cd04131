"""One invoice, with all that its pages show and send."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.access import name_read, require_between
from api.pages.register import Register, register
from api.pages.visit import Visit
from api.problems import ProblemError
from api.routes.invoices import ShownInvoice, get_invoice
from domain.agreements.accrual import VersionTerms
from domain.agreements.known import known_agreement
from domain.invoicing.invoice import DocumentId
from projections.agreements import AgreementView, agreement_views
from projections.disputes import Dispute, DisputeFilter, DisputeState, disputes
from projections.documents import Issued, issued_document
from projections.staffing_changes import RecordedChange, recorded_changes


@dataclass(frozen=True, slots=True)
class OneInvoice:
    """What a visitor may know of an invoice or a credit note."""

    visit: Visit
    invoice: ShownInvoice
    issued: Issued
    known: Register
    disputes: Sequence[Dispute]
    """Of its lines, the oldest first, also those that have ended."""
    agreement: AgreementView | None
    costs: Sequence[VersionTerms]
    """What the agreement's versions say about money by now."""
    changes: Mapping[str, Sequence[RecordedChange]]
    """Of the agreement's posts."""
    corrected: Sequence[Issued]
    """Documents of which it restates something."""

    @property
    def document(self) -> DocumentId:
        """Seller, year of issue and number."""
        return self.issued.document

    @property
    def address(self) -> str:
        """Where its page is."""
        return invoice_address(*self.document)

    @property
    def gross_ore(self) -> int:
        """With VAT; below zero on a credit note."""
        return self.issued.fact.gross_ore

    @property
    def is_payer(self) -> bool:
        """Whether the visitor acts for who is to pay."""
        return self.visit.organisation == self.invoice.payer

    @property
    def is_payee(self) -> bool:
        """Whether the visitor acts for who issued it."""
        return self.visit.organisation == self.invoice.payee

    @property
    def open_disputes(self) -> Sequence[Dispute]:
        """What holds lines up."""
        return [each for each in self.disputes if each.state is DisputeState.OPEN]

    @property
    def undecided(self) -> Sequence[str]:
        """Posts whose lines are neither approved nor in dispute."""
        decided: dict[str, bool] = {}
        posts = [line.post for line in self.invoice.lines]
        for verdict in self.invoice.decisions:
            for post in posts if verdict.post is None else [verdict.post]:
                decided[post] = True
        return [post for post in posts if post not in decided]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the entry that issued it, in hex digits."""
        return hashlib.sha256(self.issued.entry.body).hexdigest()

    @property
    def tag(self) -> str:
        """Fingerprint, and how far the document has come: what a form rests on."""
        of = self.invoice
        said = (of.registrations, of.decisions, of.credited_by, of.payments)
        counts = "-".join(str(len(each)) for each in said)
        return f"{self.fingerprint}-{counts}"

    def name(self, organisation: str) -> str:
        """What an organisation is called."""
        of = self.known.get(organisation)
        return of.name if of else organisation

    def person(self, pseudonym: str | None, organisation: str) -> str:
        """Name of one of the visitor's own people, and of nobody else's."""
        if pseudonym is None or organisation != self.visit.organisation:
            return ""
        return name_read(self.visit.node, self.visit.caller, pseudonym) or ""


def invoice_address(payee: str, year: int, number: int) -> str:
    """Where the page of a document is."""
    return f"/invoices/{payee}/{year}/{number}"


def one_invoice(visit: Visit, payee: str, year: int, number: int) -> OneInvoice:
    """Read an invoice; raise the problem where it is not there, or not for the visitor."""
    node, document = visit.node, DocumentId(payee, year, number)
    issued = issued_document(node.journal, document)
    if issued is None:
        raise ProblemError("not_found")
    require_between(node, visit.caller, issued.fact.payer, payee)
    shown = get_invoice(*document, node, visit.views, visit.language, visit.day)
    with visit.views() as connection:
        known = register(connection, visit.day)
        views = agreement_views(connection, visit.day, [shown.agreement])
        agreement = views.get(shown.agreement)
        changes = (
            recorded_changes(connection, visit.day, agreement) if agreement else {}
        )
        of_agreement = disputes(
            connection, visit.day, DisputeFilter(agreement=shown.agreement)
        )
    with node.executor.history() as history:
        agreed = known_agreement(shown.agreement, history)
    corrected = [
        found
        for each in issued.fact.corrects
        if (found := _issued(visit, payee, each.year, each.number))
    ]
    return OneInvoice(
        visit=visit,
        invoice=shown,
        issued=issued,
        known=known,
        disputes=[d for d in of_agreement if (d.payee, d.year, d.number) == document],
        agreement=agreement,
        costs=agreed.costs if agreed else (),
        changes=changes,
        corrected=corrected,
    )


def _issued(visit: Visit, payee: str, year: int, number: int) -> Issued | None:
    return issued_document(visit.node.journal, DocumentId(payee, year, number))


def unchanged_since(one: OneInvoice, form: Mapping[str, str]) -> None:
    """Refuse a form that rests on what has changed since it was shown."""
    if form.get("tag") != one.tag:
        raise ProblemError("outdated")
